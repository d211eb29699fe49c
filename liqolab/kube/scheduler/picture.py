"""Keeps the scheduler's cache and queue in step with the API server."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    SERVICES,
    STATEFUL_SETS,
    STORAGE_CLASSES,
)
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.indices import SELECTING, selected_by, selecting
from liqolab.controller.informer import Change, Informer
from liqolab.controller.manager import Manager
from liqolab.kube.scheduler import changes
from liqolab.kube.scheduler.cache import Cache
from liqolab.kube.scheduler.node_info import PodInfo
from liqolab.kube.scheduler.opinions import Opinions
from liqolab.kube.scheduler.queue import SchedulingQueue
from liqolab.kube.scheduler.snapshot import Snapshot

_OWNERS = {resource.kind: resource for resource in (REPLICA_SETS, STATEFUL_SETS, REPLICATION_CONTROLLERS)}


class Picture:
    """Informers of everything that a decision depends on.

    Attributes:
        cache: nodes and their pods.
        queue: pods that wait.
        claims: the informer of PersistentVolumeClaims.
        promised: names of volumes that are as good as taken.
    """

    def __init__(self, manager: Manager, scheduler: str) -> None:
        self.cache = Cache()
        self.queue = SchedulingQueue()
        self.promised: AbstractSet[str] = frozenset()
        self._opinions = Opinions()
        self._scheduler = scheduler
        self._pods = manager.informer(PODS)
        self._nodes = manager.informer(NODES)
        self._namespaces = manager.informer(NAMESPACES)
        self._labels_of_namespaces: dict[str, Mapping[str, str]] = {}
        self._services = manager.informer(SERVICES)
        self._services.add_indexer(SELECTING, selecting)
        self._owners = {kind: manager.informer(resource) for kind, resource in _OWNERS.items()}
        self._budgets = manager.informer(POD_DISRUPTION_BUDGETS)
        self.claims = manager.informer(PERSISTENT_VOLUME_CLAIMS)
        self._volumes = manager.informer(PERSISTENT_VOLUMES)
        self._classes = manager.informer(STORAGE_CLASSES)

    async def synced(self) -> None:
        """Subscribe, and wait until the first lists are in."""
        self._nodes.add_handler(self._on_node)
        self._pods.add_handler(self._on_pod)
        self._namespaces.add_handler(self._on_namespace)
        for informer in (self.claims, self._volumes, self._classes):
            informer.add_handler(lambda *_: self.queue.move(changes.VOLUME_CHANGED))
        for informer in self._needed():
            await informer.synced()

    def snapshot(self) -> Snapshot:
        return Snapshot(
            nodes=self.cache.nodes,
            namespaces=self._labels_of_namespaces,
            claim=self.claims.get,
            volume=self._volumes.get,
            storage_class=self._classes.get,
            volumes=self._free_volumes,
            owner_selectors=self._owner_selectors,
            opinions=self._opinions,
            nominated={node: list(pods.values()) for node, pods in self.cache.nominated.items()},
        )

    def _free_volumes(self) -> Objects:
        return [volume for volume in self._volumes.list() if meta.name(volume) not in self.promised]

    def budgets(self) -> Objects:
        return self._budgets.list()

    def _needed(self) -> list[Informer]:
        # Budgets only choose among victims, and API servers before 1.21 do not have them: no reason to wait.
        rest = [self.claims, self._volumes, self._classes]
        return [self._nodes, self._pods, self._namespaces, self._services, *self._owners.values(), *rest]

    def _on_node(self, change: Change, new: Object, old: Object | None) -> None:
        if change == "DELETED":
            self.cache.remove_node(meta.name(new))
            self.queue.move(changes.POD_PLACED)
            return
        self.cache.set_node(new)
        if old is None:
            self.queue.move()
        elif plugins := changes.of_node(new, old):
            self.queue.move(plugins)

    def _on_pod(self, change: Change, new: Object, old: Object | None) -> None:
        uid = meta.uid(new)
        if change == "DELETED" or meta.pod_is_terminal(new):
            self.queue.remove(uid)
            self.cache.withdraw(uid)
            if self.cache.node_of(uid) is not None:
                self.cache.remove_pod(uid)
                self.queue.move(changes.ROOM_MADE)
        elif new["spec"].get("nodeName"):
            self.queue.remove(uid)
            self.cache.withdraw(uid)
            self.cache.set_pod(PodInfo(new), new["spec"]["nodeName"])
            if plugins := changes.of_placed_pod(new, old):
                self.queue.move(plugins)
        elif new["spec"].get("schedulerName") == self._scheduler:
            self._on_waiting_pod(PodInfo(new))

    def _on_waiting_pod(self, pod: PodInfo) -> None:
        if pod.terminating:
            self.queue.remove(pod.uid)
            self.cache.withdraw(pod.uid)
        elif self.cache.node_of(pod.uid) is None:
            self.queue.set(pod)

    def _on_namespace(self, change: Change, new: Object, old: Object | None) -> None:
        if change == "DELETED":
            self._labels_of_namespaces.pop(meta.name(new), None)
        else:
            self._labels_of_namespaces[meta.name(new)] = meta.labels(new)
        if old is None or meta.labels(new) != meta.labels(old):
            self.queue.move(changes.NAMESPACE_CHANGED)

    def _owner_selectors(self, pod: PodInfo) -> list[LabelSelector]:
        """Selectors of the services that select the pod, and of the workload that owns it."""
        found = []
        for service in selected_by(self._services, pod.namespace, pod.labels):
            found.append(LabelSelector.from_labels(service["spec"]["selector"]))
        owner = meta.controller_of(pod.pod)
        informer = self._owners.get(owner["kind"]) if owner else None
        workload = informer.get(owner["name"], pod.namespace) if informer and owner else None
        if workload is not None:
            selector = workload["spec"].get("selector")
            if workload["kind"] == REPLICATION_CONTROLLERS.kind:
                selector = {"matchLabels": selector}
            found.append(LabelSelector.from_object(selector))
        return found
