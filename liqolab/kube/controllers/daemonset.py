"""Daemon sets: one pod on every node that suits it.

The controller judges suitability (selector, affinity, taints), pins each pod to its node by an affinity on the node's
name and leaves the binding to the scheduler. Liqo's virtual nodes repel daemon pods by their taint.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DAEMON_SETS, NODES, PODS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import node_affinity_matches, untolerated_taint
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.workload import pods as pod_tools
from liqolab.kube.controllers.workload.history import REVISION_LABEL, HashCollisionError, History
from liqolab.kube.controllers.workload.owned import Dependents, label_selector
from liqolab.kube.controllers.workload.percent import scaled
from liqolab.kube.controllers.workload.pods import BURST, Failure, PodControl
from liqolab.kube.schema.workload_defaults import TEMPLATE_GENERATION

WORKERS = 2
GENERATION_LABEL = "pod-template-generation"

_TOLERATED = (
    (texts.TAINT_NOT_READY, "NoExecute"),
    (texts.TAINT_UNREACHABLE, "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    (texts.TAINT_UNSCHEDULABLE, "NoSchedule"),
)
_TOLERATED_ON_HOST_NETWORK = (("node.kubernetes.io/network-unavailable", "NoSchedule"),)


@dataclass(slots=True)
class _Plan:
    """What one sync will do."""

    create_on: list[str] = field(default_factory=list)
    delete: Objects = field(default_factory=list)


class DaemonSetController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.DAEMON_SET_CONTROLLER)
        self._sets = manager.informer(DAEMON_SETS)
        self._nodes = manager.informer(NODES)
        pods = manager.informer(PODS)
        self._pods = Dependents(manager.client, self._sets, pods)
        self._control = PodControl(manager.client, self._recorder, self._pods.expectations)
        self._history = History(manager, self._sets, REVISION_LABEL)
        self._controller = manager.add(Controller(texts.DAEMON_SET_CONTROLLER, self._reconcile, workers=WORKERS))
        self._controller.watches(self._sets).watches(pods, self._pods.owner_keys)
        self._history.wire(self._controller)
        self._nodes.add_handler(self._observe_node)

    def _observe_node(self, change: Change, new: Object, old: Object | None) -> None:
        """Heartbeats are no news; labels and taints are."""
        if old is None or (old["spec"].get("taints"), meta.labels(old)) != (
            new["spec"].get("taints"),
            meta.labels(new),
        ):
            for item in self._sets.list():
                self._controller.queue.add(meta.key(item))

    async def _reconcile(self, key: str) -> float | None:
        owner = self._sets.by_key(key)
        if owner is None or meta.is_deleting(owner):
            return None
        if label_selector(owner).empty:
            await self._recorder.event(owner, "Warning", texts.SELECTING_ALL, texts.DAEMON_SET_SELECTS_ALL)
            return None
        try:
            current, old = await self._history.sync(owner)
        except HashCollisionError:
            collisions = (meta.get_path(owner, "status", "collisionCount") or 0) + 1
            await self._write_status(owner, {**(owner.get("status") or {}), "collisionCount": collisions})
            return None
        revision = meta.labels(current)[REVISION_LABEL]
        by_node = _by_node(await self._pods.claim(owner))
        failure = None
        if self._pods.expectations.satisfied(key):
            failure = await self._act(key, owner, self._plan(owner, by_node, revision), revision)
            hashes = {meta.labels(pod).get(REVISION_LABEL) for pods in by_node.values() for pod in pods}
            in_use = {f"{meta.name(owner)}-{found}" for found in hashes}
            await self._history.trim(owner, old, in_use)
        await self._write_status(owner, self._status(owner, by_node, revision))
        if failure is not None:
            raise failure
        return pod_tools.next_availability(owner, chain.from_iterable(by_node.values()))

    def _plan(self, owner: Object, by_node: dict[str, Objects], revision: str) -> _Plan:
        plan = _Plan()
        for node in self._nodes.list():
            pods = by_node.get(meta.name(node), [])
            runs, stays = _suits(owner, node)
            finished = [pod for pod in pods if meta.pod_is_terminal(pod) and not meta.is_deleting(pod)]
            living = sorted((pod for pod in pods if pod_tools.is_active(pod)), key=_seniority)
            if not stays:
                plan.delete += living
                continue
            plan.delete += finished + living[1:]
            if runs and not pods:
                plan.create_on.append(meta.name(node))
        if not plan.create_on and not plan.delete:
            plan.delete = self._outdated(owner, by_node, revision)
        return plan

    def _outdated(self, owner: Object, by_node: dict[str, Objects], revision: str) -> Objects:
        """Pods of an older template to replace now: unavailable ones all, others as the update strategy allows."""
        if meta.get_path(owner, "spec", "updateStrategy", "type", default="RollingUpdate") != "RollingUpdate":
            return []
        now, minimum = time.time(), owner["spec"].get("minReadySeconds") or 0
        nodes = [meta.name(node) for node in self._nodes.list() if _suits(owner, node)[0]]
        limit = meta.get_path(owner, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable", default=1)
        budget = max(1, scaled(limit, len(nodes), up=True))
        broken, candidates = [], []
        for node in nodes:
            living = pod_tools.active(by_node.get(node, []))
            available = [pod for pod in living if pod_tools.is_available(pod, minimum, now)]
            stale = [pod for pod in living if meta.labels(pod).get(REVISION_LABEL) != revision]
            if not available:
                budget -= 1
                broken += stale
            else:
                candidates += stale
        return broken + candidates[: max(0, budget)]

    async def _act(self, key: str, owner: Object, plan: _Plan, revision: str) -> Failure | None:
        nodes = plan.create_on[:BURST]
        queue = iter(nodes)
        failure = await self._control.start(key, owner, len(nodes), lambda: _pod(owner, next(queue), revision))
        return await self._control.stop(key, owner, plan.delete[:BURST], self._remove) or failure

    async def _remove(self, pod: Object, owner: Object) -> None:
        phase = meta.get_path(pod, "status", "phase")
        if phase in texts.FINISHED_DAEMON_POD:
            severity, reason, message = texts.FINISHED_DAEMON_POD[phase]
            text = message.format(key=meta.key(pod), node=_node_of(pod))
            await self._recorder.event(owner, severity, reason, text)
        await self._control.delete(pod, owner)

    def _status(self, owner: Object, by_node: dict[str, Objects], revision: str) -> Object:
        now, minimum = time.time(), owner["spec"].get("minReadySeconds") or 0
        counts: dict[str, int] = defaultdict(int)
        for node in self._nodes.list():
            pods = pod_tools.active(by_node.get(meta.name(node), []))
            if not _suits(owner, node)[0]:
                counts["numberMisscheduled"] += bool(pods)
                continue
            counts["desiredNumberScheduled"] += 1
            if pods:
                pod = min(pods, key=_seniority)
                counts["currentNumberScheduled"] += 1
                counts["numberReady"] += meta.pod_is_ready(pod)
                counts["numberAvailable"] += pod_tools.is_available(pod, minimum, now)
                counts["updatedNumberScheduled"] += meta.labels(pod).get(REVISION_LABEL) == revision
        counts["numberUnavailable"] = counts["desiredNumberScheduled"] - counts["numberAvailable"]
        always = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
        status: Object = {field: counts[field] for field in always}
        status |= {field: count for field, count in counts.items() if count}
        status["observedGeneration"] = meta.generation(owner)
        known = owner.get("status") or {}
        return status | {field: known[field] for field in ("collisionCount", "conditions") if field in known}

    async def _write_status(self, owner: Object, status: Object) -> None:
        if status != owner.get("status"):
            await self._client.update(DAEMON_SETS, {**owner, "status": status}, subresource="status")


def _by_node(pods: Iterable[Object]) -> dict[str, Objects]:
    """Pods by the node that they are bound or pinned to."""
    found: dict[str, Objects] = defaultdict(list)
    for pod in pods:
        found[_node_of(pod)].append(pod)
    return found


def _node_of(pod: Object) -> str:
    bound = pod["spec"].get("nodeName")
    if bound:
        return str(bound)
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    for term in meta.get_path(pod, "spec", *path, default=[]):
        for row in term.get("matchFields") or []:
            if row.get("key") == "metadata.name" and row.get("values"):
                return str(row["values"][0])
    return ""


def _suits(owner: Object, node: Object) -> tuple[bool, bool]:
    """Whether a pod should be started on `node`, and whether one that runs there may stay."""
    spec = owner["spec"]["template"].get("spec") or {}
    probe = {"spec": {**spec, "tolerations": _tolerations(spec)}}
    fits = spec.get("nodeName", meta.name(node)) == meta.name(node) and node_affinity_matches(probe, node)
    stays = fits and untolerated_taint(probe, node, ("NoExecute",)) is None
    return stays and untolerated_taint(probe, node, ("NoSchedule",)) is None, stays


def _tolerations(spec: Object) -> Objects:
    """The template's tolerations and those that every daemon pod has."""
    own: Objects = list(spec.get("tolerations") or [])
    pairs = (*_TOLERATED, *(_TOLERATED_ON_HOST_NETWORK if spec.get("hostNetwork") else ()))
    return own + [{"key": key, "operator": "Exists", "effect": effect} for key, effect in pairs]


def _pod(owner: Object, node: str, revision: str) -> Object:
    pod = pod_tools.pod_from_template(owner["spec"]["template"], owner)
    labels = pod["metadata"].setdefault("labels", {})
    labels[REVISION_LABEL] = revision
    if generation := meta.annotations(owner).get(TEMPLATE_GENERATION):
        labels[GENERATION_LABEL] = generation
    spec = pod["spec"]
    spec["tolerations"] = _tolerations(spec)
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]
    affinity = spec.setdefault("affinity", {}).setdefault("nodeAffinity", {})
    affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": terms}
    return pod


def _seniority(pod: Object) -> tuple[bool, str, str]:
    """Of several pods on a node the bound one stays, then the oldest."""
    return not pod["spec"].get("nodeName"), pod["metadata"].get("creationTimestamp") or "", meta.name(pod)
