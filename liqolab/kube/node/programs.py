"""Finds the program behind an image.

Programs come from entry points of group ``liqolab.programs``; each names a mapping from image repository to
``package.module:function``. A program's module is imported when its first container starts, unless the process has
imported all of them before it forked (`preload`).
"""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import entry_points

from liqolab.kube.node.images import ImageReference
from liqolab.program import ENTRY_POINT_GROUP, Program

_log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def installed() -> Mapping[str, str]:
    """Image repository → ``package.module:function``, from all entry points. A broken one is logged and left out."""
    found: dict[str, str] = {}
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            found.update(entry.load())
        except Exception as error:
            # Importing runs other people's code: anything may come of it.
            _log.warning("programs of entry point %s cannot be used: %s", entry.value, error)
    return found


def preload() -> None:
    """Import all programs, so that clusters forked from here share one copy and start their containers at once.

    What cannot be imported is left to the first container, whose log is where the reason is looked for.
    """
    for where in installed().values():
        with contextlib.suppress(Exception):
            load(where)


class Programs:
    """The programs that a node can run."""

    def __init__(self, table: Mapping[str, str | Program] | None = None) -> None:
        """`table` replaces the installed programs (image repository → where the program is, or the program)."""
        self._table = table

    def find(self, image: ImageReference) -> str | Program | None:
        """Where the program of an image is; None when the image has none."""
        table = installed() if self._table is None else self._table
        return table.get(image.repository)


def load(where: str | Program) -> Program:
    """Import a program.

    Raises:
        Exception: whatever importing its module raises; the caller writes it to the container's log.
    """
    if not isinstance(where, str):
        return where
    module, _, function = where.partition(":")
    program: Program = getattr(importlib.import_module(module), function)
    return program
