"""One cluster's objects, kept current by informers for as long as one connection to it lasts.

Kinds of Liqo come and go with their CustomResourceDefinitions, so those are followed too: when a definition appears its
objects are followed, when it vanishes they are forgotten. Projection is incremental: a change costs the projection of
the one object that changed, and a view is put together only when somebody looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, NODES, PODS
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.atlas import terms
from liqolab.atlas.identities import Identities
from liqolab.atlas.pods import is_refused_copy, pod_view
from liqolab.atlas.project import Raw, project_cluster
from liqolab.atlas.world import ClusterView, Pod
from liqolab.controller.client import Client
from liqolab.controller.informer import Change, Informer

_LIQO_SECONDS: Final = 1.0
"""How long a first view waits for kinds whose definition is there but whose objects cannot be listed."""

_Key = tuple[str, str]


class Mirror:
    """Run `run` as a task; `view` makes the view."""

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        """`changed` is called after every change that a view could show, once all is there for a first one."""
        self._client = client
        self._changed = changed
        self._informers: dict[str, Informer] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._synced = asyncio.Event()
        self._pods: dict[_Key, Pod] = {}
        self._shown: tuple[Pod, ...] | None = None
        self._known: dict[str, str] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Follow the cluster until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            for resource in terms.BUILTIN:
                self._start(resource)
            self._start(CONFIG_MAPS, fields=terms.IDENTITY_FIELDS)
            for informer in list(self._informers.values()):
                await informer.synced()
            # The definitions are in, so the informers of Liqo's kinds have been started.
            waiting = [asyncio.ensure_future(informer.synced()) for informer in self._informers.values()]
            _, late = await asyncio.wait(waiting, timeout=_LIQO_SECONDS)
            for task in late:
                task.cancel()
            self._synced.set()
            self._changed()

    async def synced(self) -> None:
        """Wait until there is enough for a first frame."""
        await self._synced.wait()

    def identity(self) -> tuple[Objects, Objects]:
        """What tells the cluster's own ID, and the ForeignClusters that tell those of its peers."""
        return self._objects(CONFIG_MAPS.plural), self._objects(terms.FOREIGN_CLUSTERS)

    def view(self, name: str, error: str, known: Identities) -> ClusterView:
        """The view of the cluster, called `name` and with that error."""
        if known != self._known:
            self._known = dict(known)
            shown = (item for item in self._objects(PODS.plural) if not is_refused_copy(item))
            self._pods = {meta_key(item): pod_view(item, known) for item in shown}
            self._shown = None
        if self._shown is None:
            self._shown = tuple(self._pods[key] for key in sorted(self._pods))
        raw = Raw(
            namespaces=self._objects(NAMESPACES.plural),
            nodes=self._objects(NODES.plural),
            pods=self._objects(PODS.plural, terms.LIQO),
            foreign_clusters=self._objects(terms.FOREIGN_CLUSTERS),
            offloadings=self._objects(terms.NAMESPACE_OFFLOADINGS),
            namespace_maps=self._objects(terms.NAMESPACE_MAPS),
            error=error,
        )
        return project_cluster(name, raw, known, self._shown)

    def _objects(self, plural: str, namespace: str | None = None) -> Objects:
        informer = self._informers.get(plural)
        return informer.list(namespace) if informer is not None else []

    def _start(self, resource: Resource, fields: str = "") -> None:
        assert self._group is not None
        informer = Informer(self._client, resource, fields=fields)
        self._informers[resource.plural] = informer
        informer.add_handler(self._handler(resource))
        self._tasks[resource.plural] = self._group.create_task(informer.run())

    def _stop(self, plural: str) -> None:
        """Forget a kind that is no longer served."""
        if plural in self._tasks:
            self._tasks.pop(plural).cancel()
            del self._informers[plural]

    def _handler(self, resource: Resource) -> Callable[[Change, Object, Object | None], None]:
        if resource == PODS:
            return self._pod_changed
        return self._definition_changed if resource == CUSTOM_RESOURCE_DEFINITIONS else self._something_changed

    def _pod_changed(self, change: Change, new: Object, _: Object | None) -> None:
        key = meta_key(new)
        pod = None if change == "DELETED" or is_refused_copy(new) else pod_view(new, self._known)
        if self._pods.get(key) == pod:
            return
        if pod is None:
            del self._pods[key]
        else:
            self._pods[key] = pod
        self._shown = None
        self._tell()

    def _definition_changed(self, change: Change, new: Object, _: Object | None) -> None:
        resource = terms.liqo_resource(new)
        plural = str(meta.get_path(new, "spec", "names", "plural", default=""))
        if change == "DELETED" or meta.is_deleting(new) or resource is None:
            if meta.name(new).endswith(terms.LIQO_GROUP_END) and plural in terms.LIQO_KINDS:
                self._stop(plural)
                self._tell()
        elif resource.plural not in self._informers:
            self._start(resource)

    def _something_changed(self, change: Change, new: Object, old: Object | None) -> None:
        self._tell()

    def _tell(self) -> None:
        if self._synced.is_set():
            self._changed()


def meta_key(item: Object) -> _Key:
    """Namespace and name."""
    return meta.namespace(item), meta.name(item)
