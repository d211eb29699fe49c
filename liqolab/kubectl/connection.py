"""Options of every command, and the connection they describe."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import click

from liqolab.apimachinery.resources import Resource
from liqolab.controller.kubeconfig import load
from liqolab.controller.short_lived import ShortLivedClient
from liqolab.kubectl.discovery import Discovery


@dataclass(frozen=True, slots=True)
class Connection:
    """What a command works with.

    Attributes:
        namespace: the one given with ``-n``, else the context's own.
    """

    client: ShortLivedClient
    discovery: Discovery
    namespace: str

    def place(self, resource: Resource) -> str | None:
        """The namespace to look for objects of a kind in; None for a kind that is in none."""
        return self.namespace if resource.namespaced else None


@dataclass(frozen=True, slots=True)
class Target:
    """Which cluster and namespace the command line names."""

    kubeconfig: str | None
    context: str | None
    namespace: str | None

    def open(self) -> Connection:
        """Raises `KubeconfigError` when the kubeconfig gives no access."""
        access = load(self.kubeconfig, self.context)
        client = ShortLivedClient(access, user_agent="kubectl-liqolab")
        return Connection(client, Discovery(client), self.namespace or access.namespace)


def targeted(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command kubectl's global options, and its function a `Target` as first argument."""

    @click.option("--kubeconfig", help="Path to the kubeconfig file.")
    @click.option("--context", help="The name of the kubeconfig context to use.")
    @click.option("-n", "--namespace", help="The namespace scope of this request.")
    @functools.wraps(command)
    def wrapped(kubeconfig: str | None, context: str | None, namespace: str | None, **arguments: Any) -> Any:
        return command(Target(kubeconfig, context, namespace), **arguments)

    return wrapped


def connected(command: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Any]:
    """The same for a coroutine, which gets a `Connection` that is closed when it has run."""

    async def run(target: Target, arguments: dict[str, Any]) -> None:
        connection = target.open()
        async with connection.client:
            await command(connection, **arguments)

    @functools.wraps(command)
    def wrapped(target: Target, **arguments: Any) -> None:
        asyncio.run(run(target, arguments))

    return targeted(wrapped)
