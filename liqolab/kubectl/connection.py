"""Options of every command, and the connection they describe."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from liqolab.controller.kubeconfig import load
from liqolab.controller.short_lived import ShortLivedClient
from liqolab.kubectl.discovery import Discovery


@dataclass(frozen=True, slots=True)
class Connection:
    """What a command works with.

    Attributes:
        namespace: the one given with ``-n``, else the context's own.
        explicit_namespace: whether it was given.
    """

    client: ShortLivedClient
    discovery: Discovery
    namespace: str
    explicit_namespace: bool


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
        namespace = self.namespace or access.namespace
        return Connection(client, Discovery(client), namespace, self.namespace is not None)


def connected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command kubectl's global options, and its function a `Target` as first argument."""

    @click.option("--kubeconfig", help="Path to the kubeconfig file.")
    @click.option("--context", help="The name of the kubeconfig context to use.")
    @click.option("-n", "--namespace", help="The namespace scope of this request.")
    @functools.wraps(command)
    def wrapped(kubeconfig: str | None, context: str | None, namespace: str | None, **arguments: Any) -> Any:
        return command(Target(kubeconfig, context, namespace), **arguments)

    return wrapped
