"""Daemon sets: one pod on every node that suits it.

The controller judges suitability (selector, affinity, taints), pins each pod to its node by an affinity on the node's
name and leaves the binding to the scheduler. Liqo's virtual nodes repel daemon pods by their taint.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from liqolab.apimachinery import clock, meta
from liqolab.apimachinery.builtin import DAEMON_SETS, NODES, PODS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.daemonset.rollcall import Plan, Rollcall, standing
from liqolab.kube.controllers.daemonset.suitability import node_of, tolerations
from liqolab.kube.controllers.workload import pods as pod_tools
from liqolab.kube.controllers.workload.history import REVISION_LABEL, HashCollisionError, History
from liqolab.kube.controllers.workload.owned import Dependents, label_selector
from liqolab.kube.controllers.workload.pods import BURST, Failure, PodControl
from liqolab.kube.schema.workload_defaults import TEMPLATE_GENERATION

WORKERS = 2
GENERATION_LABEL = "pod-template-generation"

_ON_NODE = "daemons on a node"
_OF_REVISION = "daemons of a revision"


class DaemonSetController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.DAEMON_SET_CONTROLLER)
        self._sets = manager.informer(DAEMON_SETS)
        self._nodes = manager.informer(NODES)
        pods = manager.informer(PODS)
        pods.add_indexer(_ON_NODE, _on_node)
        pods.add_indexer(_OF_REVISION, _of_revision)
        self._all_pods = pods
        self._rollcalls: dict[str, Rollcall] = {}
        self._pods = Dependents(manager.client, self._sets, pods)
        self._control = PodControl(manager.client, self._recorder, self._pods.expectations)
        self._history = History(manager, self._sets, REVISION_LABEL)
        self._controller = manager.add(Controller(texts.DAEMON_SET_CONTROLLER, self._reconcile, workers=WORKERS))
        self._controller.watches(self._sets).watches(pods, self._pods.owner_keys)
        self._history.wire(self._controller)
        self._sets.add_handler(self._observe_set)
        pods.add_handler(self._observe_pod)
        self._nodes.add_handler(self._observe_node)

    def _observe_set(self, change: Change, new: Object, _: Object | None) -> None:
        if change == "DELETED":
            self._rollcalls.pop(meta.uid(new), None)

    def _observe_pod(self, _: Change, new: Object, old: Object | None) -> None:
        for pod in (new, old) if old is not None else (new,):
            if (rollcall := self._rollcalls.get((meta.controller_of(pod) or {}).get("uid", ""))) is not None:
                rollcall.touch(node_of(pod))

    def _observe_node(self, change: Change, new: Object, old: Object | None) -> None:
        """Heartbeats are no news; labels and taints are."""
        if old is None or (old["spec"].get("taints"), meta.labels(old)) != (
            new["spec"].get("taints"),
            meta.labels(new),
        ):
            for rollcall in self._rollcalls.values():
                rollcall.touch(meta.name(new))
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
        rollcall = await self._call(owner, revision)
        failure = None
        if self._pods.expectations.satisfied(key):
            failure = await self._act(key, owner, rollcall.plan(owner), revision)
            await self._history.trim(owner, old, self._in_use(owner, old))
        await self._write_status(owner, rollcall.status(owner))
        if failure is not None:
            raise failure
        look_at = rollcall.next_look()
        return None if look_at is None else max(0.0, look_at - clock.time())

    async def _call(self, owner: Object, revision: str) -> Rollcall:
        """How the set stands on its nodes, after a look at those that something happened to."""
        basis = meta.generation(owner), revision
        known = self._rollcalls.get(meta.uid(owner))
        if known is None or known.basis != basis:
            claimed = await self._pods.claim(owner)
            rollcall = self._rollcalls[meta.uid(owner)] = Rollcall(basis, map(meta.name, self._nodes.list()))
            names = rollcall.take(clock.time())
        else:
            rollcall = known
            names = rollcall.take(clock.time())
            try:
                claimed = await self._pods.claim(owner, [pod for name in names for pod in self._pods_on(owner, name)])
            except BaseException:
                rollcall.touch(*names)
                raise
        # Nothing is waited for from here on: what happens to a node now is seen the next time.
        adopted: dict[str, Objects] = defaultdict(list)
        for pod in claimed:
            if not self._is_known(pod, owner):
                adopted[node_of(pod)].append(pod)
        selector, now = label_selector(owner), clock.time()
        for name in dict.fromkeys((*names, *adopted)):
            node = self._nodes.get(name)
            pods = [pod for pod in self._pods_on(owner, name) if selector.matches(meta.labels(pod))]
            found = None if node is None else standing(owner, node, pods + adopted[name], revision, now)
            rollcall.note(name, found)
        return rollcall

    def _is_known(self, pod: Object, owner: Object) -> bool:
        """Whether the informer shows already that a pod is the owner's."""
        known = self._all_pods.get(meta.name(pod), meta.namespace(pod))
        return known is None or meta.uid(known) != meta.uid(pod) or meta.is_controlled_by(known, owner)

    def _pods_on(self, owner: Object, node: str) -> Objects:
        return self._all_pods.by_index(_ON_NODE, f"{meta.uid(owner)}/{node}")

    def _in_use(self, owner: Object, revisions: Objects) -> set[str]:
        """Names of the revisions of which there are pods."""
        return {
            meta.name(item)
            for item in revisions
            if self._all_pods.count(_OF_REVISION, f"{meta.uid(owner)}/{meta.labels(item).get(REVISION_LABEL)}")
        }

    async def _act(self, key: str, owner: Object, plan: Plan, revision: str) -> Failure | None:
        nodes = plan.create_on[:BURST]
        queue = iter(nodes)
        failure = await self._control.start(key, owner, len(nodes), lambda: _pod(owner, next(queue), revision))
        return await self._control.stop(key, owner, plan.delete[:BURST], self._remove) or failure

    async def _remove(self, pod: Object, owner: Object) -> None:
        phase = meta.get_path(pod, "status", "phase")
        if phase in texts.FINISHED_DAEMON_POD:
            severity, reason, message = texts.FINISHED_DAEMON_POD[phase]
            text = message.format(key=meta.key(pod), node=node_of(pod))
            await self._recorder.event(owner, severity, reason, text)
        await self._control.delete(pod, owner)

    async def _write_status(self, owner: Object, status: Object) -> None:
        if status != owner.get("status"):
            await self._client.update(DAEMON_SETS, {**owner, "status": status}, subresource="status")


def _on_node(pod: Object) -> Iterable[str]:
    """The set that owns a pod, and the node that it is on."""
    reference = meta.controller_of(pod)
    if reference is not None and reference["kind"] == DAEMON_SETS.kind:
        yield f"{reference['uid']}/{node_of(pod)}"


def _of_revision(pod: Object) -> Iterable[str]:
    reference = meta.controller_of(pod)
    if reference is not None and reference["kind"] == DAEMON_SETS.kind:
        yield f"{reference['uid']}/{meta.labels(pod).get(REVISION_LABEL)}"


def _pod(owner: Object, node: str, revision: str) -> Object:
    pod = pod_tools.pod_from_template(owner["spec"]["template"], owner)
    labels = pod["metadata"].setdefault("labels", {})
    labels[REVISION_LABEL] = revision
    if generation := meta.annotations(owner).get(TEMPLATE_GENERATION):
        labels[GENERATION_LABEL] = generation
    spec = pod["spec"]
    spec["tolerations"] = tolerations(spec)
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]
    affinity = spec.setdefault("affinity", {}).setdefault("nodeAffinity", {})
    affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": terms}
    return pod
