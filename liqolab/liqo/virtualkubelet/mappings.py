"""Which namespaces the provider has accepted, and the reflection of each while that lasts.

Both clusters have a say. This one decides what leaves it: a namespace with an offloading whose selector picks the
provider's node (`permitted`), and asked for in the NamespaceMap. The provider says in the map's status what it has
accepted. Its word alone moves nothing: it writes the status, and, as a tenant of this cluster, might write more.

Losing a mapping costs running pods their lives, so only a clear word ends one: the namespace is not wanted any more, or
its phase says that it is being deleted or could not be created. A namespace that is wanted and for which no phase is
known (yet, or because a status is just being rewritten) is *pending*: what is reflected stays reflected, and nothing
new is.
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
    if namespace_map is None or not is_desired(namespace_map, namespace):
        return Mapping.ABSENT, ""
    phase = mapping_phase(namespace_map, namespace)
    if phase == MAPPING_ACCEPTED:
        current = namespace_map["status"]["currentMapping"][namespace]
        return Mapping.ACCEPTED, current.get("remoteNamespace") or namespace
    if phase is None and not meta.is_deleting(namespace_map):
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
        permitted: Callable[[str], bool],
        make: Callable[[str, str], NamespaceReflection],
        changed: Callable[[str], None],
    ) -> None:
        """`permitted(local)` says whether this cluster offloads a namespace to the provider; `make(local, remote)`
        builds a reflection; `changed(local)` is called when a namespace's mapping changes and when its reflection has
        caught up with the provider.
        """
        self.active: dict[str, NamespaceReflection] = {}
        self._maps = maps
        self._permitted = permitted
        self._make = make
        self._changed = changed
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._broken = asyncio.Event()
        maps.add_handler(self._mapped)

    def state(self, namespace: str) -> Mapping:
        """What holds for the pods of `namespace` now."""
        found, _ = self._mapping(self._map(), namespace)
        return Mapping.ACCEPTED if found is Mapping.PENDING and namespace in self.active else found

    def local_namespace(self, remote: str) -> str | None:
        return next((local for local, item in self.active.items() if item.remote == remote), None)

    def reconsider(self, namespace: str = "") -> None:
        """What is permitted may have changed, for a namespace or (empty) for all."""
        if namespace:
            self._adjust(self._map(), namespace)
            return
        for mentioned in sorted(_mentioned(self._map()) | set(self.active)):
            self._adjust(self._map(), mentioned)

    async def run(self) -> None:
        """Hold the reflections until cancelled.

        Raises:
            RuntimeError: one has ended by itself; half of the reflections is worse than a restart.
        """
        try:
            await self._broken.wait()
            raise RuntimeError("a reflection has ended")
        finally:
            for namespace in list(self.active):
                self._stop(namespace)
            await asyncio.gather(*self._stopping, return_exceptions=True)

    def _map(self) -> Object | None:
        return next(iter(self._maps.list()), None)

    def _mapped(self, change: Change, new: Object, old: Object | None) -> None:
        current = None if change == "DELETED" else new
        for namespace in sorted(_mentioned(current) | _mentioned(old) | set(self.active)):
            self._adjust(current, namespace)

    def _mapping(self, namespace_map: Object | None, namespace: str) -> tuple[Mapping, str]:
        return mapping_of(namespace_map, namespace) if self._permitted(namespace) else (Mapping.ABSENT, "")

    def _adjust(self, namespace_map: Object | None, namespace: str) -> None:
        state, remote = self._mapping(namespace_map, namespace)
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
        task.add_done_callback(self._ended)

    def _stop(self, namespace: str) -> None:
        self.active.pop(namespace, None)
        task = self._tasks.pop(namespace, None)
        if task is not None:
            task.cancel()
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a reflection ended: %s", error, exc_info=error)
            self._broken.set()


def _mentioned(namespace_map: Object | None) -> set[str]:
    """The namespaces that a map says anything about."""
    current = meta.get_path(namespace_map, "status", "currentMapping", default=None) or {}
    desired = meta.get_path(namespace_map, "spec", "desiredMapping", default=None) or {}
    return {*current, *desired}
