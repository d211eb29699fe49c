"""The agent of a node: a worker for every pod that is assigned to it."""

from __future__ import annotations

import asyncio
import logging
import shutil

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.resources import Object
from liqolab.controller.informer import Change, Informer
from liqolab.kube.node.admission import refusal
from liqolab.kube.node.context import NodeContext
from liqolab.kube.node.pod_worker import PodWorker
from liqolab.kube.node.storage import pod_disk

_log = logging.getLogger(__name__)


class Kubelet:
    """Follows the pods of one node.

    Args:
        context: the node's.
        pods: an informer of this node's pods.
        nodes: an informer of nodes.

    Attributes:
        workers: by pod uid.
    """

    def __init__(self, context: NodeContext, pods: Informer, nodes: Informer) -> None:
        self.workers: dict[str, PodWorker] = {}
        self._context = context
        self._pods = pods
        self._nodes = nodes
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look after the pods until cancelled; then their containers end, and nobody is told."""
        lookups = self._context.lookups
        await asyncio.gather(self._pods.synced(), self._nodes.synced(), lookups.synced())
        await self._forget_strangers()
        lookups.config_maps.add_handler(self._on_reference)
        lookups.secrets.add_handler(self._on_reference)
        self._pods.add_handler(self._on_pod)
        try:
            await asyncio.Event().wait()
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def worker(self, namespace: str, name: str) -> PodWorker | None:
        """The worker of a pod."""
        pod = self._pods.get(name, namespace)
        return self.workers.get(meta.uid(pod)) if pod is not None else None

    def _on_pod(self, change: Change, new: Object, _: Object | None) -> None:
        uid = meta.uid(new)
        worker = self.workers.get(uid)
        if change == "DELETED":
            if worker is not None:
                self._drop(uid)
        elif worker is not None:
            worker.update(new)
        elif not meta.pod_is_terminal(new) or meta.is_deleting(new):
            self._take_on(uid, new)

    def _take_on(self, uid: str, pod: Object) -> None:
        worker = self.workers[uid] = PodWorker(self._context, pod, self._refusal)
        task = asyncio.get_running_loop().create_task(worker.run(), name=f"pod {meta.key(pod)}")
        self._tasks[uid] = task
        task.add_done_callback(_report)

    def _drop(self, uid: str) -> None:
        """The API server has forgotten the pod: stop what is left of it, and forget it too."""
        worker, task = self.workers.pop(uid), self._tasks[uid]
        task.cancel()

        def forget(_: asyncio.Task[None]) -> None:
            self._tasks.pop(uid, None)
            worker.remove_files()

        task.add_done_callback(forget)

    def _refusal(self, pod: Object) -> tuple[str, str] | None:
        node = self._nodes.get(self._context.config.name)
        if node is None:
            return None
        others = [
            worker.pod
            for uid, worker in self.workers.items()
            if uid != meta.uid(pod) and not meta.pod_is_terminal(worker.pod)
        ]
        return refusal(pod, node, others)

    def _on_reference(self, _: Change, new: Object, __: Object | None) -> None:
        namespace = meta.namespace(new)
        for worker in self.workers.values():
            if meta.namespace(worker.pod) == namespace:
                worker.references_changed()

    async def _forget_strangers(self) -> None:
        """Remove the folders and disks of pods that were deleted while the cluster was away."""
        root, disks = self._context.pods_directory, self._context.disks
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        uids = {folder.name for folder in root.iterdir()}
        uids |= {name.removeprefix(pod_disk("")) for name in disks.names(pod_disk(""))}
        if not uids - {meta.uid(pod) for pod in self._pods.list()}:
            return
        # Or pods of other nodes, which are nobody's strangers.
        for uid in uids - {meta.uid(pod) for pod in (await self._context.client.list(PODS)).items}:
            shutil.rmtree(root / uid, ignore_errors=True)
            disks.drop(pod_disk(uid))


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("%s: %s", task.get_name(), task.exception(), exc_info=task.exception())
