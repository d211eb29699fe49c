"""Every resource that the cluster serves, with an informer for each: garbage collection and namespace deletion need it.

Built-in resources come from discovery, once. Custom resources come from their CustomResourceDefinitions, as these are
established and deleted: asking discovery again for each of the dozens of definitions that an installation creates would
cost more than all other work of these controllers.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CUSTOM_RESOURCE_DEFINITIONS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.discovery import Served, discover
from liqolab.controller.informer import Change, Informer
from liqolab.controller.manager import Manager

Handler = Callable[[Resource, Change, Object, Object | None], None]

_TRACKED_VERBS = frozenset(("delete", "list", "watch"))
_CUSTOM_VERBS = _TRACKED_VERBS | {"deletecollection"}
_UNTRACKED = frozenset((("", "events"), ("events.k8s.io", "events")))
"""Events own nothing and are owned by nothing, and they are the busiest kind of all."""

_RETRY_SECONDS = 1.0
_SYNC_SECONDS = 30.0
"""How long the first list of a resource is waited for."""

_log = logging.getLogger(__name__)

Plural = tuple[str, str]
"""Group and plural: what identifies a resource whatever its version."""


@dataclass(frozen=True, slots=True)
class _Tracked:
    """The informer of a resource, the task that runs it (None: the manager does), and since when."""

    informer: Informer
    task: asyncio.Task[None] | None
    since: float


class Census:
    """Run `run` as a task; `complete` waits until every resource known so far has been listed once (or cannot be)."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._definitions = manager.informer(CUSTOM_RESOURCE_DEFINITIONS)
        self._served: dict[Plural, Served] = {}
        self._tracked: dict[Plural, _Tracked] = {}
        self._handlers: list[Handler] = []
        self._listeners: list[Callable[[], None]] = []
        self._discovered = asyncio.Event()

    def add_handler(self, handler: Handler) -> None:
        """Tell `handler` of every change of every tracked object. Call it before `run`."""
        self._handlers.append(handler)

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` when a resource was added."""
        self._listeners.append(listener)

    async def complete(self) -> None:
        await self._discovered.wait()
        for tracked in list(self._tracked.values()):
            if tracked.informer.has_synced:
                continue
            # One definition whose objects cannot be listed must not stop all deletion in the cluster.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(tracked.informer.synced(), tracked.since + _SYNC_SECONDS - time.monotonic())

    def namespaced(self) -> list[Served]:
        """Resources whose objects live in namespaces and can be listed and deleted."""
        return [
            served
            for served in self._served.values()
            if served.resource.namespaced and {"delete", "list"} <= served.verbs
        ]

    def items(self, group_resource: str, namespace: str) -> Objects:
        """Tracked objects of a namespace, by the resource's name in quotas: ``pods``, ``deployments.apps``."""
        plural, _, group = group_resource.partition(".")
        tracked = self._tracked.get((group, plural))
        return tracked.informer.list(namespace) if tracked else []

    def find(self, api_version: str, kind: str) -> Resource | None:
        """The resource of an owner reference; any served version stands for all of them."""
        group = api_version.rpartition("/")[0]
        for served in self._served.values():
            if served.resource.kind == kind and served.resource.group == group:
                return served.resource
        return None

    async def run(self) -> None:
        """Discover, then follow definitions until cancelled."""
        async with asyncio.TaskGroup() as group:
            defined = {_plural(_served_by(definition)) for definition in self._definitions.list()}
            for served in await self._discover():
                if _plural(served) not in defined:
                    self._admit(group, served, custom=False)
            self._definitions.add_handler(functools.partial(self._follow, group))
            self._discovered.set()
            await asyncio.Event().wait()

    async def _discover(self) -> tuple[Served, ...]:
        """Discover, however often it takes: the server may be on its way up."""
        while True:
            try:
                return (await discover(self._manager.client)).preferred
            except (ApiError, OSError) as error:
                _log.warning("discovery: %s (again in %.0f s)", error, _RETRY_SECONDS)
                # A server that is away gives no sign when it is back.
                await asyncio.sleep(_RETRY_SECONDS)

    def _follow(self, group: asyncio.TaskGroup, change: Change, new: Object, old: Object | None) -> None:
        served = _served_by(new)
        plural = _plural(served)
        if change == "DELETED":
            self._dismiss(plural)
        elif meta.condition_is_true(new, "Established") and self._served.get(plural) != served:
            self._dismiss(plural)
            self._admit(group, served, custom=True)

    def _admit(self, group: asyncio.TaskGroup, served: Served, *, custom: bool) -> None:
        resource = served.resource
        plural = _plural(served)
        self._served[plural] = served
        if served.verbs >= _TRACKED_VERBS and plural not in _UNTRACKED:
            # Informers of custom resources must be able to end, so they are not the manager's shared ones.
            informer = Informer(self._manager.client, resource) if custom else self._manager.informer(resource)
            for handler in self._handlers:
                informer.add_handler(functools.partial(handler, resource))
            task = group.create_task(informer.run()) if custom else None
            self._tracked[plural] = _Tracked(informer, task, time.monotonic())
        for listener in self._listeners:
            listener()

    def _dismiss(self, plural: Plural) -> None:
        self._served.pop(plural, None)
        tracked = self._tracked.pop(plural, None)
        if tracked is None or tracked.task is None:
            return
        tracked.task.cancel()
        # Nobody will hear of the end of these objects from the informer any more.
        for item in tracked.informer.list():
            for handler in self._handlers:
                handler(tracked.informer.resource, "DELETED", item, None)


def _plural(served: Served) -> Plural:
    return served.resource.group, served.resource.plural


def _served_by(definition: Object) -> Served:
    spec = definition["spec"]
    versions = sorted(spec["versions"], key=lambda entry: (not entry.get("served"), not entry.get("storage")))
    version = versions[0]["name"]
    names = spec["names"]
    resource = Resource(spec["group"], version, names["plural"], names["kind"], spec["scope"] == "Namespaced")
    return Served(resource, _CUSTOM_VERBS)
