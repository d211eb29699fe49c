"""A local, indexed, always current copy of one resource, kept by one LIST and then one WATCH.

A reconciler asks for what concerns its key: by name, by namespace, or by an index of its own. `list` of everything is
for those who look once; who calls it at every event makes a cluster's work grow with the square of its objects.

Handlers are told of every change after the copy has taken it in, in order, and are plain functions: they map objects to
keys of a work queue and return. Whatever goes wrong on the way (server gone, stream cut, revision too old) ends in
another LIST whose differences arrive at the handlers as ordinary events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Literal

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.client import Client, WatchEvent

Change = Literal["ADDED", "MODIFIED", "DELETED"]
Handler = Callable[[Change, Object, Object | None], None]
"""Called with the change, the new state (for DELETED the last one) and, for MODIFIED, the state before."""

Indexer = Callable[[Object], Iterable[str]]
Key = tuple[str, str]

_FIRST_RETRY_SECONDS = 0.05
_LONGEST_RETRY_SECONDS = 10.0
_STEADY_SECONDS = 1.0
"""A watch that has lasted this long was no failure."""
_REOPEN_SECONDS = 0.01
"""An ended stream is normal, and the next goes on where it ended, so nothing is missed meanwhile. But a server that
ends each as soon as it begins must not be asked without a pause: this makes it a hundred times a second at most, and is
too short for anybody to see a change come late.
"""

_log = logging.getLogger(__name__)


class Informer:
    """Start it by running `run` as a task; objects it hands out are frozen."""

    def __init__(
        self,
        client: Client,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        indexers: Mapping[str, Indexer] | None = None,
    ) -> None:
        self.resource = resource
        self._client = client
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self._objects: dict[str, dict[str, Object]] = {}
        """By namespace and name, so that what a namespace holds is found without a look at the others."""
        self._indexers: dict[str, Indexer] = {}
        self._indices: dict[str, dict[str, set[Key]]] = {}
        self._handlers: list[Handler] = []
        self._synced = asyncio.Event()
        for name, indexer in (indexers or {}).items():
            self.add_indexer(name, indexer)

    def add_handler(self, handler: Handler) -> None:
        """Tell `handler` of every change from now on, and of every object already known as ADDED."""
        self._handlers.append(handler)
        for known in self.list():
            handler("ADDED", known, None)

    def add_indexer(self, name: str, indexer: Indexer) -> None:
        """Make objects findable with `by_index(name, value)` for each value that `indexer` yields; again: nothing."""
        if self._indexers.get(name) is indexer:
            return
        self._indexers[name] = indexer
        index = self._indices[name] = {}
        for known in self._everything():
            for value in indexer(known):
                index.setdefault(value, set()).add(_key(known))

    async def synced(self) -> None:
        """Wait until the first LIST is in."""
        await self._synced.wait()

    @property
    def has_synced(self) -> bool:
        return self._synced.is_set()

    def get(self, name: str, namespace: str | None = None) -> Object | None:
        return self._objects.get(namespace or "", {}).get(name)

    def by_key(self, key: str) -> Object | None:
        """The object with a key of a work queue (see `manager.object_key`)."""
        namespace, _, name = key.rpartition("/")
        return self._objects.get(namespace, {}).get(name)

    def list(self, namespace: str | None = None, selector: LabelSelector | None = None) -> Objects:
        """The known objects, of one namespace when given, that match `selector` when given."""
        found = self._everything() if namespace is None else self._objects.get(namespace, {}).values()
        if selector is None:
            return [*found]
        return [known for known in found if selector.matches(known["metadata"].get("labels") or {})]

    def by_index(self, name: str, value: str) -> Objects:
        """The known objects for which indexer `name` yields `value`."""
        return [self._objects[space][own] for space, own in self._indices[name].get(value, ())]

    def count(self, name: str, value: str) -> int:
        """How many `by_index` would find, without a look at them."""
        return len(self._indices[name].get(value, ()))

    def _everything(self) -> Iterator[Object]:
        return chain.from_iterable(space.values() for space in self._objects.values())

    async def run(self) -> None:
        """Follow the server until cancelled."""
        loop = asyncio.get_running_loop()
        delay = _FIRST_RETRY_SECONDS
        while True:
            began = loop.time()
            try:
                await self._follow(await self._relist())
            except ApiError as error:
                _log.debug("%s: %s", self.resource.group_resource, error.message)
            except OSError as error:
                _log.debug("%s: %s", self.resource.group_resource, error)
            if loop.time() - began > _STEADY_SECONDS:
                delay = _FIRST_RETRY_SECONDS
            # A server that refuses, or lists but breaks every watch, is not asked faster and faster.
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_RETRY_SECONDS)

    async def follow(self, source: Informer) -> None:
        """Instead of `run`: take the objects from `source`, which has the same ones without a selector."""
        selector = LabelSelector.parse(self._labels)

        def take(change: Change, new: Object, _: Object | None) -> None:
            if change != "DELETED" and selector.matches(new["metadata"].get("labels") or {}):
                self._store(_key(new), new)
            else:
                self._remove(_key(new), new)

        source.add_handler(take)
        await source.synced()
        self._synced.set()

    async def _relist(self) -> str:
        answer = await self._client.list(self.resource, self._namespace, labels=self._labels, fields=self._fields)
        fresh = {_key(item): item for item in answer.items}
        for gone in [known for known in self._everything() if _key(known) not in fresh]:
            self._remove(_key(gone), gone)
        for key, item in fresh.items():
            self._store(key, item)
        self._synced.set()
        return answer.resource_version

    async def _follow(self, revision: str) -> None:
        """Watch, and watch on from the last revision each time the server ends the stream."""
        while True:
            async for event in self._client.watch(
                self.resource,
                self._namespace,
                resource_version=revision,
                labels=self._labels,
                fields=self._fields,
            ):
                revision = event.object["metadata"].get("resourceVersion", revision)
                self._apply(event)
            await asyncio.sleep(_REOPEN_SECONDS)

    def _apply(self, event: WatchEvent) -> None:
        if event.type in ("ADDED", "MODIFIED"):
            self._store(_key(event.object), event.object)
        elif event.type == "DELETED":
            self._remove(_key(event.object), event.object)

    def _store(self, key: Key, new: Object) -> None:
        space, name = key
        old = self._objects.get(space, {}).get(name)
        if old is not None:
            if old["metadata"].get("resourceVersion") == new["metadata"].get("resourceVersion"):
                return
            if old["metadata"].get("uid") != new["metadata"].get("uid"):
                self._remove(key, old)
                old = None
        self._objects.setdefault(space, {})[name] = new
        self._reindex(key, old, new)
        self._notify("ADDED" if old is None else "MODIFIED", new, old)

    def _remove(self, key: Key, last: Object) -> None:
        space, name = key
        known = self._objects.get(space, {}).pop(name, None)
        if known is None:
            return
        if not self._objects[space]:
            del self._objects[space]
        self._reindex(key, known, None)
        self._notify("DELETED", last, None)

    def _reindex(self, key: Key, old: Object | None, new: Object | None) -> None:
        for name, indexer in self._indexers.items():
            index = self._indices[name]
            for value in indexer(old) if old is not None else ():
                if (keys := index.get(value)) is not None:
                    keys.discard(key)
                    if not keys:
                        del index[value]
            for value in indexer(new) if new is not None else ():
                index.setdefault(value, set()).add(key)

    def _notify(self, change: Change, new: Object, old: Object | None) -> None:
        for handler in self._handlers:
            try:
                handler(change, new, old)
            except Exception:
                # One broken handler must not blind the others or stop the informer.
                _log.exception("%s: a handler failed", self.resource.group_resource)


def _key(item: Object) -> Key:
    metadata = item["metadata"]
    return metadata.get("namespace") or "", metadata["name"]
