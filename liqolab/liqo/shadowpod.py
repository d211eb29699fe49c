"""ShadowPods, the provider's own wish that a consumer's pod runs here: one pod for each, made again when it disappears.

The indirection is what makes offloaded pods outlive the consumer: the consumer's virtual kubelet writes a ShadowPod
once, and from then on this cluster keeps the pod alive by itself, evicted, deleted or not.

The consumer may write ShadowPods but no pods, so what it writes goes through this controller. Whatever it asks for, it
gets neither the host's network or namespaces, nor a service account of this cluster, nor a place or a rank that the
scheduler has not found: a virtual kubelet asks for none of that, so whoever does is no virtual kubelet.

Where no pod can be made (a quota, an admission plugin, a pod of that name), the ShadowPod says why, so that the virtual
kubelet can tell it at home.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError, missing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import SHADOW_PODS
from liqolab.liqo.offloading.terminating import namespace_is_terminating

_WITHHELD = ("hostNetwork", "hostPID", "hostIPC", "automountServiceAccountToken")
_OWN_NOTES = (names.ANNOTATION_SHADOW_FAILURE, names.ANNOTATION_TERMINAL_PHASE)
_DROPPED = ("nodeName", "priority", "priorityClassName", "schedulerName", "serviceAccount", "serviceAccountName")


class ShadowPodController:
    """Keyed by the ShadowPod, whose pod has the same namespace and name."""

    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._events = EventRecorder(manager.client, "shadowpod-controller")
        self._shadows = manager.informer(SHADOW_PODS)
        self._pods = manager.informer(PODS, labels=f"{names.LABEL_MANAGED_BY_LIQO}={names.MANAGED_BY_SHADOW_POD}")
        controller = Controller("shadowpod", self.reconcile, workers=4)
        controller.watches(self._shadows)
        controller.watches(self._pods, _owners)
        manager.add(controller)

    async def reconcile(self, key: str) -> None:
        namespace, name = meta.split_key(key)
        shadow = self._shadows.get(name, namespace)
        if shadow is None or meta.is_deleting(shadow):
            return
        pod = self._pods.get(name, namespace)
        if pod is None:
            if names.ANNOTATION_TERMINAL_PHASE not in meta.annotations(shadow):
                await self._create_or_say_why(shadow)
        elif meta.is_controlled_by(pod, shadow):
            await self._follow(shadow, pod)

    async def _create_or_say_why(self, shadow: Object) -> None:
        try:
            await self._create(shadow)
        except ApiError as error:
            await self._note(shadow, error.message)
            reason, message = texts.EVENT_SHADOW_POD_FAILED
            await self._events.event(shadow, "Warning", reason, message.format(error=error.message))
            raise
        await self._note(shadow, None)

    async def _note(self, shadow: Object, failure: str | None) -> None:
        if meta.annotations(shadow).get(names.ANNOTATION_SHADOW_FAILURE) == failure:
            return
        patch = {"metadata": {"annotations": {names.ANNOTATION_SHADOW_FAILURE: failure}}}
        with missing_ok:
            await self._client.patch(SHADOW_PODS, meta.name(shadow), patch, meta.namespace(shadow))

    async def _create(self, shadow: Object) -> None:
        asked = meta.get_path(shadow, "spec", "pod", default=None) or {}
        spec = {field: value for field, value in asked.items() if field not in _DROPPED}
        spec |= dict.fromkeys(_WITHHELD, False)
        labels = {**meta.labels(shadow), names.LABEL_MANAGED_BY_LIQO: names.MANAGED_BY_SHADOW_POD}
        body: Object = PODS.manifest(
            meta.name(shadow),
            meta.namespace(shadow),
            labels=labels,
            annotations={key: value for key, value in meta.annotations(shadow).items() if key not in _OWN_NOTES},
            owners=[meta.owner_reference(shadow, SHADOW_PODS)],
            spec=spec,
        )
        try:
            await self._client.create(PODS, body, meta.namespace(shadow))
        except ApiError as error:
            if namespace_is_terminating(error):
                return
            if not error.already_exists:
                raise
            # Either the informer is about to bring our own pod, or a pod of that name is in the way: look again later.
            if not meta.is_controlled_by(
                await self._client.get(PODS, meta.name(shadow), meta.namespace(shadow)), shadow
            ):
                raise

    async def _follow(self, shadow: Object, pod: Object) -> None:
        """Keep labels in line, and remember the end of the pod. A pod that ends because it is being deleted has not
        done its work; it is created again.
        """
        if meta.is_deleting(pod):
            return
        wanted = {**meta.labels(shadow), names.LABEL_MANAGED_BY_LIQO: names.MANAGED_BY_SHADOW_POD}
        missing = {key: value for key, value in wanted.items() if meta.labels(pod).get(key) != value}
        place = meta.name(shadow), meta.namespace(shadow)
        if missing:
            await self._client.patch(PODS, place[0], {"metadata": {"labels": missing}}, place[1])
        phase = meta.get_path(pod, "status", "phase", default="")
        if phase in meta.TERMINAL_PHASES and meta.annotations(shadow).get(names.ANNOTATION_TERMINAL_PHASE) != phase:
            patch = {"metadata": {"annotations": {names.ANNOTATION_TERMINAL_PHASE: phase}}}
            await self._client.patch(SHADOW_PODS, place[0], patch, place[1])


def _owners(pod: Object) -> Iterable[str]:
    owner = meta.controller_of(pod)
    if owner is not None and owner.get("kind") == SHADOW_PODS.kind:
        return (f"{meta.namespace(pod)}/{owner.get('name', '')}",)
    return ()
