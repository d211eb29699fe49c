"""Pods on the virtual node that the provider does not take, or takes no more.

Scheduler, taint and admission keep such pods away, but a pod can name its node itself. What happens to it is decided
here: one that never ran waits as Pending/OffloadingBackOff, one that ran ends as Failed/OffloadingAborted so that its
controller replaces it, and one that is done stays as it is.
"""

from __future__ import annotations

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError, missing_ok
from liqolab.apimachinery.patches import diff_merge
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Informer
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.virtualkubelet import podstatus
from liqolab.liqo.virtualkubelet.pair import Pair


class Refusal:
    """Writes the status of refused pods, and lets deleted ones go."""

    def __init__(self, client: Client, pair: Pair, offloadings: Informer) -> None:
        self._client = client
        self._pair = pair
        self._offloadings = offloadings
        self._events = EventRecorder(client, texts.EVENT_SOURCE.format(kind="pod"))

    def objection(self, pod: Object) -> str:
        """Why a pod of an accepted namespace must not be taken; empty if it may.

        The strategy Local keeps pods at home while the namespace's other objects are offloaded. A change of strategy
        does not move pods, so a pod that was taken before (only a kubelet writes a start time) is not held to it.
        """
        namespace = meta.namespace(pod)
        offloading = self._offloadings.get(names.NAMESPACE_OFFLOADING, namespace)
        strategy = meta.get_path(offloading, "spec", "podOffloadingStrategy")
        if strategy == texts.STRATEGY_LOCAL and not meta.get_path(pod, "status", "startTime"):
            return texts.REFUSED_LOCAL_ONLY.format(namespace=namespace)
        return ""

    async def refuse(self, pod: Object, why: str = "") -> None:
        """Bring the status of a pod that is not taken in line with that."""
        if meta.is_deleting(pod):
            await self.release(pod)
            return
        if meta.pod_is_terminal(pod):
            return
        why = why or texts.REFUSED_NOT_OFFLOADED.format(namespace=meta.namespace(pod), cluster=self._pair.foreign_name)
        before = pod.get("status") or {}
        waiting = before.get("phase", "Pending") == "Pending"
        status = podstatus.backing_off(pod, why) if waiting else podstatus.aborted(pod, why, timestamps.now())
        await self._write(pod, status, texts.EVENT_REFLECTION_DISABLED, namespace=meta.namespace(pod))

    async def hold_back(self, pod: Object, error: str) -> None:
        """A pod that should be on the provider and cannot be, because of `error`: it waits, and says so."""
        await self._write(pod, podstatus.backing_off(pod, error), texts.EVENT_REFLECTION_FAILED, error=error)

    async def _write(self, pod: Object, status: Object, event: tuple[str, str], **values: str) -> None:
        patch = diff_merge(pod.get("status") or {}, status)
        if not patch:
            return
        with missing_ok:
            await self._client.patch(PODS, meta.name(pod), {"status": patch}, meta.namespace(pod), subresource="status")
        reason, message = event
        await self._events.event(pod, "Warning", reason, message.format(cluster=self._pair.foreign_name, **values))

    async def release(self, pod: Object) -> None:
        """Finish the deletion of a pod of which nothing runs any more."""
        try:
            await self._client.delete(PODS, meta.name(pod), meta.namespace(pod), grace_seconds=0, uid=meta.uid(pod))
        except ApiError as error:
            if not error.not_found and not error.conflict:
                raise
