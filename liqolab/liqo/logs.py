"""What a program logs belongs into its container's log, where ``kubectl logs`` finds it.

Several programs share one process in an embedded cluster, so the logging module's records have to be told apart: each
program's tasks inherit the context in which the program was started, and with it the log that is theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar

from liqolab.program import Container

_LOGGERS = ("liqolab.liqo", "liqolab.controller")

_own: ContextVar[Callable[[str], None] | None] = ContextVar("container_log", default=None)


class _ToContainer(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        write = _own.get()
        if write is not None:
            for line in self.format(record).splitlines():
                write(line)


def log_to(container: Container) -> None:
    """Send what this task, and every task that it starts, logs from now on to the container's log."""
    _own.set(container.log)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, _ToContainer) for handler in logger.handlers):
            handler = _ToContainer(logging.INFO)
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            logger.addHandler(handler)
            if not logger.isEnabledFor(logging.INFO):
                logger.setLevel(logging.INFO)
