"""Which namespaces the provider has accepted, and the reflection of each while that lasts.

The NamespaceMap is the authority. Losing a mapping costs running pods their lives, so only a clear word ends one: the
namespace is not wanted any more and has no phase, or its phase says that it is being deleted or could not be created.
A namespace that is wanted and for which no phase is known (yet, or because a status is just being rewritten) is
*pending*: what is reflected stays reflected, and nothing new is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from enum import Enum

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.informer import Change, Informer
from liqolab.liqo.gen05.texts import MAPPING_ACCEPTED
from liqolab.liqo.offloading.phases import is_desired, mapping_phase
from liqolab.liqo.virtualkubelet.reflection import NamespaceReflection

_log = logging.getLogger(__name__)


class Mapping(Enum):
    """What the NamespaceMap says about a namespace."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    ABSENT = "absent"


def mapping_of(namespace_map: Object | None, namespace: str) -> tuple[Mapping, str]:
    """The state of a namespace's mapping, and the remote namespace where it is accepted."""
    if namespace_map is None:
        return Mapping.ABSENT, ""
    phase = mapping_phase(namespace_map, namespace)
    if phase == MAPPING_ACCEPTED:
        current = namespace_map["status"]["currentMapping"][namespace]
        return Mapping.ACCEPTED, current.get("remoteNamespace") or namespace
    if phase is None and is_desired(namespace_map, namespace) and not meta.is_deleting(namespace_map):
        return Mapping.PENDING, ""
    return Mapping.ABSENT, ""


class Mappings:
    """Starts and stops a `NamespaceReflection` for each accepted namespace.

    Attributes:
        active: local namespace → its reflection, synced or not.
    """

    def __init__(
        self,
        maps: Informer,
        make: Callable[[str, str], NamespaceReflection],
        changed: Callable[[str], None],
    ) -> None:
        """`make(local, remote)` builds a reflection; `changed(local)` is called when a namespace's mapping changes and
        when its reflection has caught up with the provider.
        """
        self.active: dict[str, NamespaceReflection] = {}
        self._maps = maps
        self._make = make
        self._changed = changed
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        maps.add_handler(self._mapped)

    def state(self, namespace: str) -> Mapping:
        """What holds for the pods of `namespace` now."""
        found, _ = mapping_of(self._map(), namespace)
        return Mapping.ACCEPTED if found is Mapping.PENDING and namespace in self.active else found

    def local_namespace(self, remote: str) -> str | None:
        return next((local for local, item in self.active.items() if item.remote == remote), None)

    async def run(self) -> None:
        """Hold the reflections until cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            for namespace in list(self.active):
                self._stop(namespace)
            await asyncio.gather(*self._stopping, return_exceptions=True)

    def _map(self) -> Object | None:
        return next(iter(self._maps.list()), None)

    def _mapped(self, change: Change, new: Object, old: Object | None) -> None:
        current = None if change == "DELETED" else new
        mentioned = set(self.active)
        for version in (current, old):
            mentioned |= set(meta.get_path(version, "status", "currentMapping", default=None) or {})
            mentioned |= set(meta.get_path(version, "spec", "desiredMapping", default=None) or {})
        for namespace in sorted(mentioned):
            self._adjust(namespace, *mapping_of(current, namespace))

    def _adjust(self, namespace: str, state: Mapping, remote: str) -> None:
        running = self.active.get(namespace)
        if state is Mapping.ACCEPTED and (running is None or running.remote != remote):
            self._stop(namespace)
            self._start(namespace, remote)
        elif state is Mapping.ABSENT:
            self._stop(namespace)
        self._changed(namespace)

    def _start(self, namespace: str, remote: str) -> None:
        reflection = self.active[namespace] = self._make(namespace, remote)
        task = self._tasks[namespace] = asyncio.create_task(reflection.run())
        task.add_done_callback(_report)

    def _stop(self, namespace: str) -> None:
        self.active.pop(namespace, None)
        task = self._tasks.pop(namespace, None)
        if task is not None:
            task.cancel()
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("a reflection ended: %s", error)
