"""Generic ephemeral volumes: each gets a claim of its own, named ``POD-VOLUME``, that goes with the pod."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts


class EphemeralVolumes:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.EPHEMERAL_VOLUME_CONTROLLER)
        self._pods = manager.informer(PODS)
        self._claims = manager.informer(PERSISTENT_VOLUME_CLAIMS)
        controller = Controller("ephemeral-volume-controller", self._reconcile)
        manager.add(controller.watches(self._pods, lambda pod: (meta.key(pod),) if _templates(pod) else ()))

    async def _reconcile(self, key: str) -> None:
        pod = self._pods.by_key(key)
        if pod is None or meta.is_deleting(pod):
            return
        for volume, template in _templates(pod).items():
            name = f"{meta.name(pod)}-{volume}"
            known = self._claims.get(name, meta.namespace(pod))
            if known is None:
                await self._create(pod, volume, name, template)
            elif not meta.is_controlled_by(known, pod):
                await self._complain(pod, volume, texts.FOREIGN_CLAIM.format(claim=meta.key(known), pod=meta.key(pod)))

    async def _complain(self, pod: Object, volume: str, why: str) -> None:
        message = texts.EPHEMERAL_VOLUME_FAILED.format(volume=volume, why=why)
        await self._recorder.event(pod, "Warning", texts.FAILED_BINDING, message)

    async def _create(self, pod: Object, volume: str, name: str, template: Object) -> None:
        metadata = template.get("metadata") or {}
        body = PERSISTENT_VOLUME_CLAIMS.manifest(
            name,
            meta.namespace(pod),
            labels=metadata.get("labels") or {},
            annotations=metadata.get("annotations") or {},
            owners=[meta.owner_reference(pod, PODS)],
            spec=template.get("spec") or {},
        )
        try:
            await self._client.create(PERSISTENT_VOLUME_CLAIMS, body, meta.namespace(pod))
        except ApiError as error:
            if error.already_exists:
                return
            await self._complain(pod, volume, texts.EPHEMERAL_CLAIM_REFUSED.format(claim=name, error=error.message))
            raise


def _templates(pod: Object) -> dict[str, Object]:
    """Volume → the template of its claim."""
    return {
        volume["name"]: volume["ephemeral"].get("volumeClaimTemplate") or {}
        for volume in pod["spec"].get("volumes") or ()
        if volume.get("ephemeral")
    }
