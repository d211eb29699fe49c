"""Pods: forward as ShadowPods, back as status, and away again, whichever side goes first.

Keyed by the local pod. What is done about a pod follows from three facts: what the local pod is (running, being
deleted, finished, gone), what the NamespaceMap says about its namespace, and what there is of it on the provider.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError, missing_ok
from liqolab.apimachinery.patches import diff_merge
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import SHADOW_PODS
from liqolab.liqo.offloading.terminating import namespace_is_terminating
from liqolab.liqo.virtualkubelet import podstatus
from liqolab.liqo.virtualkubelet.addresses import Addresses
from liqolab.liqo.virtualkubelet.home import HomeServer, NotYetError
from liqolab.liqo.virtualkubelet.mappings import Mapping, Mappings
from liqolab.liqo.virtualkubelet.pair import Pair
from liqolab.liqo.virtualkubelet.reflection import NamespaceReflection
from liqolab.liqo.virtualkubelet.refusal import Refusal
from liqolab.liqo.virtualkubelet.shadow import shadow_metadata, shadow_pod


@dataclass(slots=True)
class _Incarnation:
    """The remote pod that was seen last, and how many came before it."""

    uid: str
    restarts: int


class PodReflector:
    """The controller of all pods on the virtual node.

    `alive` says whether the provider answers; while it does not, what is known of its pods is history and is not
    written into their status. `abandoned` says whether it does not answer and is not waited for any more: pods that
    are to go then go without its word.
    """

    def __init__(
        self,
        clients: tuple[Client, Client],
        pair: Pair,
        pods: Informer,
        addresses: Addresses,
        refusal: Refusal,
        home: HomeServer,
        alive: Callable[[], bool],
        abandoned: Callable[[], bool],
    ) -> None:
        self._local, self._remote = clients
        self._pair = pair
        self._pods = pods
        self._addresses = addresses
        self._refusal = refusal
        self._home = home
        self._alive = alive
        self._abandoned = abandoned
        self._mappings: Mappings | None = None
        self._incarnations: dict[str, _Incarnation] = {}
        self._events = EventRecorder(clients[0], texts.EVENT_SOURCE.format(kind="pod"))
        self.controller = Controller("pod-reflection", self.reconcile, workers=8)
        self.controller.watches(pods)

    def follow(self, mappings: Mappings) -> None:
        """Take the mappings from `mappings`; to be called once, before the controller runs."""
        self._mappings = mappings

    def recheck(self, key: str = "") -> None:
        """Look again at one pod (``namespace/name``), at those of a namespace (``namespace/``), or at all (empty)."""
        if key and not key.endswith("/"):
            self.controller.queue.add(key)
            return
        for found in self._keys(key.removesuffix("/") or None):
            self.controller.queue.add(found)

    def _keys(self, namespace: str | None) -> Iterable[str]:
        """Every pod that exists on either side, of one namespace when given."""
        keys = {meta.key(pod) for pod in self._pods.list(namespace)}
        active = self._mappings.active if self._mappings else {}
        for local in active if namespace is None else active.keys() & {namespace}:
            keys |= {f"{local}/{meta.name(shadow)}" for shadow in active[local].shadows.list()}
        return keys

    async def reconcile(self, key: str) -> None:
        namespace, name = meta.split_key(key)
        assert self._mappings is not None
        local = self._pods.get(name, namespace)
        if local is None:
            self._incarnations.pop(key, None)
        elif meta.is_deleting(local) and self._abandoned():
            await self._refusal.release(local)
            return
        state = self._mappings.state(namespace)
        if state is Mapping.ABSENT:
            if local is not None:
                await self._refusal.refuse(local)
            return
        reflection = self._mappings.active.get(namespace)
        if reflection is None or not reflection.synced:
            return
        shadow, remote = reflection.shadows.get(name, reflection.remote), reflection.pods.get(name, reflection.remote)
        if local is None:
            await self._remove(name, reflection, shadow)
        elif meta.is_deleting(local):
            await self._terminate(local, reflection, shadow, remote)
        elif not meta.pod_is_terminal(local):
            await self._offload(local, reflection, shadow, remote)

    async def _offload(
        self, local: Object, reflection: NamespaceReflection, shadow: Object | None, remote: Object | None
    ) -> None:
        if shadow is None:
            why = self._refusal.objection(local)
            if why:
                await self._refusal.refuse(local, why)
            else:
                await self._create(local, reflection)
            return
        if meta.is_deleting(shadow):
            return
        await self._sync_metadata(local, shadow)
        if not self._alive():
            return
        if remote is not None:
            await self._sync_status(local, remote)
        elif failure := meta.annotations(shadow).get(names.ANNOTATION_SHADOW_FAILURE):
            await self._refusal.hold_back(local, failure)

    async def _create(self, local: Object, reflection: NamespaceReflection) -> None:
        try:
            home = await self._home.access(local, reflection.remote)
        except NotYetError:
            # The addresses bring all pods back here when they change.
            return
        except ApiError as error:
            await self._event(local, "Warning", texts.EVENT_REFLECTION_FAILED, error=error.message)
            raise
        body = shadow_pod(local, reflection.remote, self._pair, home)
        try:
            await self._remote.create(SHADOW_PODS, body, reflection.remote)
        except ApiError as error:
            if error.already_exists and await self._is_ours(body):
                return
            if error.already_exists:
                error.status["message"] = texts.REMOTE_ALREADY_EXISTS
            if not namespace_is_terminating(error):
                await self._refusal.hold_back(local, error.message)
            raise
        await self._mark(local)
        await self._event(local, "Normal", texts.EVENT_REFLECTED)

    async def _is_ours(self, body: Object) -> bool:
        """Whether the ShadowPod that is in the way is the one we wanted, seen too late."""
        return self._pair.owns(await self._remote.get(SHADOW_PODS, meta.name(body), meta.namespace(body)))

    async def _mark(self, local: Object) -> None:
        if meta.labels(local).get(names.LABEL_SHADOW_POD) == "true":
            return
        patch = {"metadata": {"labels": {names.LABEL_SHADOW_POD: "true"}}}
        with missing_ok:
            await self._local.patch(PODS, meta.name(local), patch, meta.namespace(local))

    async def _sync_metadata(self, local: Object, shadow: Object) -> None:
        await self._mark(local)
        wanted = shadow_metadata(local, self._pair)
        kept = meta.annotations(shadow)
        present: Object = {
            "labels": meta.labels(shadow),
            "annotations": {key: kept[key] for key in wanted["annotations"] if key in kept},
        }
        patch = diff_merge(present, wanted)
        if patch:
            place = meta.name(shadow), {"metadata": patch}, meta.namespace(shadow)
            async with self._told(local, texts.EVENT_REFLECTION_FAILED):
                await self._remote.patch(SHADOW_PODS, *place, field_manager=names.REFLECTION_FIELD_MANAGER)

    async def _sync_status(self, local: Object, remote: Object) -> None:
        phase = meta.get_path(remote, "status", "phase", default="")
        if meta.is_deleting(remote) and phase in meta.TERMINAL_PHASES:
            # It will be created anew; to its owner the pod has not ended.
            return
        address = meta.get_path(remote, "status", "podIP", default="")
        if address and self._addresses.from_remote(address) is None:
            return
        restarts = self._restarts(local, remote)
        status = podstatus.local_status(remote, self._translate, self._pair.address, restarts)
        before = local.get("status") or {}
        patch = diff_merge(before, status)
        if not patch:
            return
        name, namespace = meta.name(local), meta.namespace(local)
        async with self._told(local, texts.EVENT_STATUS_REFLECTION_FAILED):
            with missing_ok:
                await self._local.patch(PODS, name, {"status": patch}, namespace, subresource="status")
        if phase != before.get("phase"):
            await self._event(local, "Normal", texts.EVENT_STATUS_REFLECTED)

    def _translate(self, address: str) -> str:
        return self._addresses.from_remote(address) or address

    def _restarts(self, local: Object, remote: Object) -> int:
        key, uid = meta.key(local), meta.uid(remote)
        known = self._incarnations.get(key)
        if known is None:
            known = self._incarnations[key] = _Incarnation(uid, podstatus.earlier_restarts(local, remote))
        elif known.uid != uid:
            known.uid, known.restarts = uid, max(known.restarts + 1, podstatus.earlier_restarts(local, remote))
        return known.restarts

    async def _terminate(
        self, local: Object, reflection: NamespaceReflection, shadow: Object | None, remote: Object | None
    ) -> None:
        """The local pod is being deleted: it goes once nothing of it is left on the provider."""
        if shadow is not None and self._pair.owns(shadow):
            await self._remove(meta.name(local), reflection, shadow)
        elif remote is None:
            await self._refusal.release(local)

    async def _remove(self, name: str, reflection: NamespaceReflection, shadow: Object | None) -> None:
        if shadow is None or meta.is_deleting(shadow):
            return
        await self._remote.remove(SHADOW_PODS, name, reflection.remote, uid=meta.uid(shadow))

    @asynccontextmanager
    async def _told(self, local: Object, text: tuple[str, str]) -> AsyncIterator[None]:
        """What is refused within is told about the local pod, and raised."""
        try:
            yield
        except ApiError as error:
            if not error.conflict:
                await self._event(local, "Warning", text, error=error.message)
            raise

    async def _event(
        self, about: Object, type: Literal["Normal", "Warning"], text: tuple[str, str], **values: str
    ) -> None:
        reason, message = text
        message = message.format(cluster=self._pair.foreign_name, **values)
        await self._events.event(about, type, reason, message)
