"""Every write that binds a claim and a volume to each other, in the order in which a crash leaves nothing half bound:
the volume is reserved first, then the claim says so, then both show it in their status.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.kube.kinds import volumes as rules


class VolumeWriter:
    """Writes only what is not yet so, and at the version that was looked at: a conflict is raised."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def bind(self, volume: Object, claim: Object) -> None:
        """Make two that suit each other say so."""
        volume = await self.reserve(volume, claim)
        await self.set_volume_phase(volume, "Bound")
        annotations = {**meta.annotations(claim), rules.BIND_COMPLETED: "yes"}
        if not claim["spec"].get("volumeName"):
            annotations[rules.BOUND_BY_CONTROLLER] = "yes"
        if annotations != meta.annotations(claim):
            body = {
                **claim,
                "metadata": {**claim["metadata"], "annotations": annotations},
                "spec": {**claim["spec"], "volumeName": meta.name(volume)},
            }
            claim = await self.client.update(PERSISTENT_VOLUME_CLAIMS, body)
        await self.set_claim_phase(claim, "Bound", volume)

    async def reserve(self, volume: Object, claim: Object) -> Object:
        """Name the claim in the volume; returns the volume as it is then."""
        reference = volume["spec"].get("claimRef")
        if reference and reference.get("uid") == meta.uid(claim):
            return volume
        return await self.client.update(PERSISTENT_VOLUMES, rules.reserved(volume, claim))

    async def unbind(self, volume: Object) -> None:
        """Take the reservation back; one that its author made keeps the claim's name."""
        annotations, spec = dict(meta.annotations(volume)), dict(volume["spec"])
        reference = spec.pop("claimRef")
        if annotations.pop(rules.BOUND_BY_CONTROLLER, None) is None:
            spec["claimRef"] = {key: value for key, value in reference.items() if key not in ("uid", "resourceVersion")}
        body = {**volume, "metadata": {**volume["metadata"], "annotations": annotations}, "spec": spec}
        await self.set_volume_phase(await self.client.update(PERSISTENT_VOLUMES, body), "Available")

    async def annotate_claim(self, claim: Object, annotations: dict[str, str]) -> None:
        wanted = {**meta.annotations(claim), **annotations}
        if wanted != meta.annotations(claim):
            body = {**claim, "metadata": {**claim["metadata"], "annotations": wanted}}
            await self.client.update(PERSISTENT_VOLUME_CLAIMS, body)

    async def set_claim_phase(self, claim: Object, phase: str, volume: Object | None = None) -> bool:
        """Write phase, access modes and capacity (none without a `volume`); False when all of that is so already."""
        known = claim.get("status") or {}
        status = {key: value for key, value in known.items() if key not in ("accessModes", "capacity")}
        status["phase"] = phase
        if volume is not None:
            status["accessModes"] = volume["spec"].get("accessModes") or []
            # What the volume has grown to since is the business of whoever resizes it.
            status["capacity"] = known.get("capacity") or volume["spec"].get("capacity") or {}
        if status == known:
            return False
        await self.client.update(PERSISTENT_VOLUME_CLAIMS, {**claim, "status": status}, subresource="status")
        return True

    async def set_volume_phase(self, volume: Object, phase: str, message: str = "") -> Object | None:
        """Write a volume's phase; None when it is so already, else the volume as it is then."""
        known = volume.get("status") or {}
        if (known.get("phase"), known.get("message", "")) == (phase, message):
            return None
        status = {key: value for key, value in known.items() if key not in ("message", "lastPhaseTransitionTime")}
        status |= {"phase": phase} | ({"message": message} if message else {})
        return await self.client.update(PERSISTENT_VOLUMES, {**volume, "status": status}, subresource="status")
