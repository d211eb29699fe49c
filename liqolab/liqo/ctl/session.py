"""A command's connection to its cluster, from the connection flags."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from liqolab.controller.kubeconfig import KubeconfigError, load
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
            access = load(
                invocation.option(f"{prefix}kubeconfig") or None,
                invocation.option(f"{prefix}context") or None,
                cluster_name=invocation.option(f"{prefix}cluster") or None,
                user_name=invocation.option(f"{prefix}user") or None,
            )
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
