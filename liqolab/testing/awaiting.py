"""Steps that are coroutines, really awaited.

pytest-bdd calls a step and drops what it returns; of ``async def`` that is a coroutine that never runs, so a check that
could not hold passes. Here such a step is wrapped in a function that runs it to its end, in the one loop of its
scenario, so that what one step opened another can use.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from liqolab.testing.running import running_scenario


def awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same step, which returns when it has ended; a function that is no coroutine is returned as it is.

    An asynchronous generator becomes a generator: what is behind its ``yield`` runs when the scenario ends.
    """
    if inspect.iscoroutinefunction(function):
        return _awaited_coroutine(function)
    if inspect.isasyncgenfunction(function):
        return _awaited_generator(function)
    return function


def _awaited_coroutine(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def step(**arguments: Any) -> Any:
        __tracebackhide__ = True
        return running_scenario().wait_for(function(**arguments))

    return _plain(step)


def _awaited_generator(function: Callable[..., AsyncIterator[Any]]) -> Callable[..., Any]:
    @functools.wraps(function)
    def step(**arguments: Any) -> Iterator[Any]:
        __tracebackhide__ = True
        generator = function(**arguments)
        scenario = running_scenario()
        yield scenario.wait_for(_next(generator))
        scenario.wait_for(_rest(generator))

    return _plain(step)


async def _next(generator: AsyncIterator[Any]) -> Any:
    return await anext(generator)


async def _rest(generator: AsyncIterator[Any]) -> None:
    async for _ in generator:
        raise RuntimeError("a step yields once")


def _plain(step: Callable[..., Any]) -> Callable[..., Any]:
    # inspect follows __wrapped__ for signatures, which is wanted, and not for whether it is a coroutine function.
    return step
