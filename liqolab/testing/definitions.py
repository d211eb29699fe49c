"""Step definitions that a scenario sees: the vocabulary's sentences, and pytest-bdd's of conftests and modules.

pytest-bdd takes the nearest definition that matches and says nothing of the others; here a step has to have exactly one
meaning. A definition with the same sentence in a nearer conftest replaces the farther one, which is pytest's own rule
for fixtures. It also drops what a step returns, which of ``async def`` is a coroutine that never runs, so that a check
that could not hold passes; here such a step is run to its end, in the one loop of its scenario.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.compat import get_fixture_names, getfixturedefs
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry
from pytest_bdd.utils import get_required_args

from liqolab.steps.execute import misfits
from liqolab.steps.registry import Step
from liqolab.steps.text import StepText
from liqolab.testing.running import running_scenario
from liqolab.testing.vocabulary import claims

_sentences: dict[int, Definition] = {}

_LIBRARIES = ("liqolab.", "pytest_bdd.")


@dataclass(frozen=True, slots=True)
class Definition:
    """One way to run a step.

    Attributes:
        sentence: as it was registered.
        place: ``file:line`` of the function.
        function: what is called.
        step: the vocabulary's entry; None for pytest-bdd's own kind.
    """

    sentence: str
    place: str
    function: Callable[..., Any]
    step: Step | None = None

    @property
    def own(self) -> bool:
        """Whether the users wrote it, and no library did."""
        return not f"{self.function.__module__}.".startswith(_LIBRARIES)

    @property
    def arguments(self) -> frozenset[str]:
        """Names of what the function takes."""
        return frozenset(inspect.signature(self.function).parameters)

    @property
    def file(self) -> Path:
        return Path(inspect.unwrap(self.function).__code__.co_filename)

    def misfits(self, text: StepText) -> str:
        """Why a step's text block or table is not what this takes; empty when it is."""
        if self.step is not None:
            return misfits(self.step, text)
        taken = inspect.signature(self.function).parameters
        needed = get_required_args(self.function)
        for name, argument, given in (
            ("text block", "docstring", text.docstring is not None),
            ("table", "datatable", text.datatable is not None),
        ):
            if argument in needed and not given:
                return f"this step needs a {name} below it: {text.text}"
            if given and argument not in taken:
                return f"this step takes no {name}: {text.text}"
        return ""


class Definitions:
    """All that the tests of one collector see."""

    def __init__(self, item: pytest.Item) -> None:
        """Look through the fixtures that `item` sees, among which pytest-bdd keeps its definitions.

        Coroutines among them are wrapped on the way, so that they are awaited when they are called.
        """
        manager = item.session._fixturemanager
        self._contexts: list[tuple[StepFunctionContext, Definition]] = []
        for name in get_fixture_names(manager):
            visible = getfixturedefs(manager, name, item) or ()
            contexts = [found for each in visible if (found := step_function_context_registry.get(each.func))]
            for context in contexts:
                context.step_func = awaited(context.step_func)
            if contexts:
                self._contexts.append((contexts[-1], _definition(contexts[-1])))

    def __iter__(self) -> Iterator[Definition]:
        return (definition for _, definition in self._contexts)

    def elsewhere(self, text: StepText) -> list[tuple[str, Definition]]:
        """Definitions that would claim a step behind another keyword, each with that keyword."""
        return [
            (context.type.capitalize(), definition)
            for context, definition in self._contexts
            if context.type not in (None, text.kind) and context.parser.is_matching(text.text)
        ]

    def matching(self, text: StepText) -> list[Definition]:
        """Every definition that claims a step, those of the users first, in the order of their places."""
        own = [
            definition
            for context, definition in self._contexts
            if context.type in (None, text.kind)
            and not context.step_func.__module__.startswith("liqolab.testing.")
            and context.parser.is_matching(text.text)
        ]
        return sorted(own, key=lambda each: each.place) + [of_step(step) for step in claims(text.text)]


def of_step(step: Step) -> Definition:
    """A sentence of the vocabulary as a definition."""
    found = _sentences.get(id(step))
    if found is None or found.step is not step:
        found = _sentences[id(step)] = Definition(step.sentence, place(step.function), step.function, step)
    return found


def place(function: Callable[..., Any]) -> str:
    """``file:line`` of a function, the file as one would name it from where one stands."""
    code = inspect.unwrap(function).__code__
    path = Path(code.co_filename)
    for base, prefix in ((Path.cwd(), Path()), (Path(__file__).parents[1], Path("liqolab"))):
        if path.is_relative_to(base):
            path = prefix / path.relative_to(base)
            break
    return f"{path}:{code.co_firstlineno}"


def _definition(context: StepFunctionContext) -> Definition:
    return Definition(context.parser.name, place(context.step_func), context.step_func)


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
