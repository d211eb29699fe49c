"""What the scheduler does about volumes before it binds a pod: it names the chosen node to the claims that wait for
their first consumer, and holds the pod until their provisioner has delivered.
"""

from __future__ import annotations

import asyncio

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.informer import Informer

SELECTED_NODE = "volume.kubernetes.io/selected-node"
_TIMEOUT_SECONDS = 600.0


class VolumeBinder:
    """Waits on the claims' informer; nothing is polled."""

    def __init__(self, client: Client, claims: Informer) -> None:
        self._client = client
        self._claims = claims
        self._changed = asyncio.Event()
        claims.add_handler(lambda *_: self._changed.set())

    async def bind(self, claims: list[Object], node: str) -> None:
        """Have `claims` bound for a pod that goes to `node`.

        Raises:
            TimeoutError: a claim stayed unbound for ten minutes.
            ApiError: a claim could not be annotated.
        """
        for claim in claims:
            body = {"metadata": {"annotations": {SELECTED_NODE: node}}}
            await self._client.patch(PERSISTENT_VOLUME_CLAIMS, meta.name(claim), body, meta.namespace(claim))
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            while not all(self._is_bound(claim) for claim in claims):
                self._changed.clear()
                await self._changed.wait()

    def _is_bound(self, claim: Object) -> bool:
        current = self._claims.get(meta.name(claim), meta.namespace(claim))
        return current is not None and bool(current["spec"].get("volumeName"))
