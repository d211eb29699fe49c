"""A command's connection to its cluster, from the connection flags."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from liqolab.controller.kubeconfig import Access, KubeconfigError, load
from liqolab.controller.short_lived import ShortLivedClient
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import TRACEBACK, CommandError, StepFailedError, explain
from liqolab.liqo.ctl.output import Printer, Spinner
from liqolab.liqo.gen05.messages import Step


class Session(ShortLivedClient):
    """The client of one invocation, and its progress.

    A command about two clusters opens two, each with a `scope` that its lines show; the connection flags of the second
    one are called as the first one's behind a prefix (``--remote-kubeconfig``).
    """

    def __init__(self, invocation: Invocation, scope: str = "", prefix: str = "") -> None:
        """Raises CommandError when the kubeconfig gives no access."""
        try:
            access = _access(invocation, prefix)
        except KubeconfigError as error:
            raise CommandError(f"error: {error}") from None
        if not access.server:
            raise CommandError("error: the kubeconfig names no server; set clusters[].cluster.server in it")
        try:
            super().__init__(access, user_agent="liqoctl")
        except (ValueError, OSError) as error:
            raise CommandError(f"error: the kubeconfig's certificates cannot be used: {error}") from None
        self.printer = Printer(invocation.printer.stream, scope) if scope else invocation.printer

    @contextmanager
    def step(self, step: Step) -> Iterator[Spinner]:
        """A step of the command: announced, then reported as done or failed.

        Raises:
            StepFailedError: it failed, and its line has been printed.
        """
        spinner = self.printer.start(step)
        try:
            yield spinner
        except Exception as error:  # every step fails in the same way, whatever the error
            spinner.fail(explain(error))
            if os.environ.get(TRACEBACK):
                raise
            raise StepFailedError from error
        except BaseException:
            spinner.clear()
            raise
        spinner.success()


def _access(invocation: Invocation, prefix: str) -> Access:
    """What the kubeconfig says, and the flags say otherwise.

    Raises:
        CommandError: a flag asks for what is not to be had.
        KubeconfigError: the kubeconfig gives no access.
    """

    def given(name: str) -> Any:
        return invocation.option(f"{prefix}{name}")

    for name in ("as", "as-group", "as-uid"):
        if given(name):
            raise CommandError(f"error: --{prefix}{name} is not supported here; use the credentials of that user")
    try:
        access = load(
            given("kubeconfig") or None,
            given("context") or None,
            cluster_name=given("cluster") or None,
            user_name=given("user") or None,
        )
    except KubeconfigError:
        if not given("server") or given("kubeconfig") or given("context"):
            raise
        # The flags say all that is needed.
        access = Access("")
    changes: dict[str, Any] = {
        "server": str(given("server")).rstrip("/"),
        "token": given("token"),
        "tls_server_name": given("tls-server-name"),
        "insecure": given("insecure-skip-tls-verify"),
    }
    files = {"ca": "certificate-authority", "certificate": "client-certificate", "key": "client-key"}
    changes |= {field: _content(given(flag), f"{prefix}{flag}") for field, flag in files.items()}
    return replace(access, **{field: value for field, value in changes.items() if value})


def _content(path: str, flag: str) -> bytes | None:
    try:
        return Path(path).read_bytes() if path else None
    except OSError as error:
        raise CommandError(f"error: --{flag} {path}: {error.strerror}") from None
