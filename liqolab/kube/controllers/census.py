"""Every resource that the cluster serves, with an informer for each: garbage collection and namespace deletion need it.

Built-in resources come from discovery, once. Custom resources come from their CustomResourceDefinitions, as these are
established and deleted: asking discovery again for each of the dozens of definitions that an installation creates would
cost more than all other work of these controllers.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CUSTOM_RESOURCE_DEFINITIONS
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.client import Client
from liqolab.controller.informer import Change, Informer
from liqolab.controller.manager import Manager

Handler = Callable[[Resource, Change, Object, Object | None], None]

_TRACKED_VERBS = frozenset(("delete", "list", "watch"))
_UNTRACKED = frozenset((("", "events"), ("events.k8s.io", "events")))
"""Events own nothing and are owned by nothing, and they are the busiest kind of all."""

Plural = tuple[str, str]
"""Group and plural: what identifies a resource whatever its version."""


@dataclass(frozen=True, slots=True)
class Served:
    """A resource with the verbs it understands."""

    resource: Resource
    verbs: frozenset[str]


class Census:
    """Run `run` as a task; `complete` waits until every resource known so far has been listed once."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._definitions = manager.informer(CUSTOM_RESOURCE_DEFINITIONS)
        self._served: dict[Plural, Served] = {}
        self._informers: dict[Plural, Informer] = {}
        self._tasks: dict[Plural, asyncio.Task[None]] = {}
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
        for informer in list(self._informers.values()):
            # A definition may be deleted while its objects are being listed; then nobody will finish that list.
            if informer in self._informers.values():
                await informer.synced()

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
        informer = self._informers.get((group, plural))
        return informer.list(namespace) if informer else []

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
            for served in await discover(self._manager.client):
                self._admit(group, served, custom=False)
            self._definitions.add_handler(functools.partial(self._follow, group))
            self._discovered.set()
            await asyncio.Event().wait()

    def _follow(self, group: asyncio.TaskGroup, change: Change, new: Object, old: Object | None) -> None:
        served = _served_by(new)
        plural = (served.resource.group, served.resource.plural)
        if change == "DELETED":
            self._dismiss(plural)
        elif meta.condition_is_true(new, "Established") and self._served.get(plural) != served:
            self._dismiss(plural)
            self._admit(group, served, custom=True)

    def _admit(self, group: asyncio.TaskGroup, served: Served, *, custom: bool) -> None:
        resource = served.resource
        plural = (resource.group, resource.plural)
        self._served[plural] = served
        if served.verbs >= _TRACKED_VERBS and plural not in _UNTRACKED:
            # Informers of custom resources must be able to end, so they are not the manager's shared ones.
            informer = Informer(self._manager.client, resource) if custom else self._manager.informer(resource)
            for handler in self._handlers:
                informer.add_handler(functools.partial(handler, resource))
            self._informers[plural] = informer
            if custom:
                self._tasks[plural] = group.create_task(informer.run())
        for listener in self._listeners:
            listener()

    def _dismiss(self, plural: Plural) -> None:
        self._served.pop(plural, None)
        self._informers.pop(plural, None)
        task = self._tasks.pop(plural, None)
        if task is not None:
            task.cancel()


def _served_by(definition: Object) -> Served:
    spec = definition["spec"]
    version = next(entry["name"] for entry in spec["versions"] if entry.get("storage"))
    names = spec["names"]
    resource = Resource(spec["group"], version, names["plural"], names["kind"], spec["scope"] == "Namespaced")
    return Served(resource, _TRACKED_VERBS)


async def discover(client: Client) -> list[Served]:
    """All resources, each in its group's preferred version or else in the first version that has it."""
    versions = ["/api/v1"]
    for group in (await _document(client, "/apis"))["groups"]:
        preferred = group["preferredVersion"]["groupVersion"]
        others = [entry["groupVersion"] for entry in group["versions"] if entry["groupVersion"] != preferred]
        versions += [f"/apis/{version}" for version in (preferred, *others)]
    documents = await asyncio.gather(*(_document(client, path) for path in versions))
    found: dict[Plural, Served] = {}
    for document in documents:
        for served in _rows(document):
            found.setdefault((served.resource.group, served.resource.plural), served)
    return list(found.values())


def _rows(document: Object) -> Iterable[Served]:
    group, _, version = document["groupVersion"].rpartition("/")
    for row in document["resources"]:
        if "/" not in row["name"]:
            resource = Resource(group, version, row["name"], row["kind"], row["namespaced"])
            yield Served(resource, frozenset(row["verbs"]))


async def _document(client: Client, path: str) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(await client.raw("GET", path))
    return document
