"""What the scheduler does about volumes before it binds a pod: it reserves free volumes for the claims that wait for
their first consumer, names the chosen node to the others' provisioners, and holds the pod until all claims are bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.client import Client
from liqolab.controller.informer import Informer
from liqolab.kube.kinds import volumes as rules
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.algorithm import Placement
from liqolab.kube.scheduler.node_info import NodeInfo
from liqolab.kube.scheduler.plugins.volume_binding import VolumeBinding

_TIMEOUT_SECONDS = 600.0

Promise = tuple[Objects, dict[str, Object]]
"""Claims that are yet to be bound, and the volumes that are there for some of them, by the claim's name."""


class ClaimNotBoundError(OSError):
    """A claim will not be bound for a pod on the node that was chosen for it; where else, is to be decided anew."""

    def __init__(self, why: str) -> None:
        super().__init__(texts.VOLUMES_NOT_BOUND.format(why=why))


class VolumeBinder:
    """Waits on the claims' informer; nothing is polled.

    Attributes:
        assumed: names of volumes that were promised to a pod and are about to be reserved: no other pod gets them.
    """

    def __init__(self, client: Client, claims: Informer) -> None:
        self.assumed: set[str] = set()
        self._client = client
        self._claims = claims
        self._changed = asyncio.Event()
        claims.add_handler(lambda *_: self._changed.set())

    def assume(self, placement: Placement, nodes: Mapping[str, NodeInfo]) -> list[Promise]:
        """What is to be done about the claims of a pod that has been placed; to be handed to `bind`."""
        promises = [
            (plugin.unbound, plugin.static(nodes[placement.node].node) or {})
            for plugin in placement.plugins
            if isinstance(plugin, VolumeBinding) and plugin.unbound
        ]
        self.assumed.update(meta.name(volume) for _, static in promises for volume in static.values())
        return promises

    async def bind(self, promises: list[Promise], node: str) -> None:
        """Keep promises; see `_bind`."""
        try:
            for claims, static in promises:
                await self._bind(claims, static, node)
        finally:
            self.assumed.difference_update(meta.name(volume) for _, static in promises for volume in static.values())

    async def _bind(self, claims: Iterable[Object], static: Mapping[str, Object], node: str) -> None:
        """Have `claims` bound for a pod that goes to `node`.

        Args:
            claims: all that are unbound.
            static: claim's name → the volume that is there for it.
            node: the chosen one.

        Raises:
            TimeoutError: a claim stayed unbound for ten minutes.
            ClaimNotBoundError: a claim has gone, or its provisioner has taken the node's name back.
            ApiError: a claim could not be annotated, or a volume has been taken meanwhile.
        """
        asked: Objects = []
        for claim in claims:
            volume = static.get(meta.name(claim))
            if volume is None:
                body = {"metadata": {"annotations": {rules.SELECTED_NODE: node}}}
                where = PERSISTENT_VOLUME_CLAIMS, meta.name(claim), body, meta.namespace(claim)
                asked.append(await self._client.patch(*where))
            elif not rules.claim_key(volume):
                await self._client.update(PERSISTENT_VOLUMES, rules.reserved(volume, claim))
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            while not all(self._is_bound(claim) for claim in claims):
                for claim in asked:
                    self._see_wanted(claim, node)
                self._changed.clear()
                await self._changed.wait()

    def _is_bound(self, claim: Object) -> bool:
        current = self._claims.get(meta.name(claim), meta.namespace(claim))
        if current is None or meta.uid(current) != meta.uid(claim):
            raise ClaimNotBoundError(texts.CLAIM_NOT_FOUND.format(name=meta.name(claim)))
        return rules.is_bound(current)

    def _see_wanted(self, claim: Object, node: str) -> None:
        """Raise when a claim's provisioner, which was asked for a volume on `node`, will have another node."""
        current = self._claims.get(meta.name(claim), meta.namespace(claim)) or claim
        is_news = int(meta.resource_version(current)) >= int(meta.resource_version(claim))
        if is_news and not rules.is_bound(current) and meta.annotations(current).get(rules.SELECTED_NODE) != node:
            raise ClaimNotBoundError(texts.PROVISIONING_FAILED.format(claim=meta.name(claim)))
