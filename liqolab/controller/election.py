"""Which of several replicas works: the one that holds a Lease, by client-go's rules and with its times.

A holder renews; who finds that a Lease has not changed for its duration takes it over. That is judged by this replica's
own clock from when it saw the last change, so clocks need not agree. A holder that ends gives the Lease back.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import LEASES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now_micro
from liqolab.controller.client import Client

_DURATION_SECONDS: Final = 15
_DEADLINE_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class LostError(Exception):
    """The Lease could not be renewed in time: somebody else may be working."""


class Election:
    """`name` and `namespace` of the Lease, and what this replica is called in it."""

    def __init__(self, client: Client, name: str, namespace: str, identity: str) -> None:
        self._client = client
        self._place = name, namespace
        self._identity = identity
        self._seen: Object = {}
        self._since = float("-inf")

    async def won(self) -> None:
        """Wait until this replica holds the Lease."""
        # Whether a Lease has run out is a matter of time, not of events.
        while not await self._try():  # noqa: ASYNC110
            await asyncio.sleep(_RETRY_SECONDS)
        _log.info("%s leads", self._identity)

    async def hold(self) -> None:
        """Renew until cancelled; the Lease is given back then.

        Raises:
            LostError: it is somebody else's, or the API server has not answered for too long.
        """
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        try:
            while loop.time() < renewed + _DEADLINE_SECONDS:
                await asyncio.sleep(_RETRY_SECONDS)
                if await self._try():
                    renewed = loop.time()
        finally:
            await asyncio.shield(self._release())
        raise LostError(f"{self._identity} does not lead any more")

    async def _try(self) -> bool:
        """Take or renew the Lease if that is due."""
        name, namespace = self._place
        try:
            lease = await self._client.find(LEASES, name, namespace)
            if lease is None:
                spec = self._spec({}, transitions=0)
                await self._client.create(LEASES, LEASES.manifest(name, namespace, spec=spec), namespace)
                return True
            spec = lease.get("spec") or {}
            if not self._may_take(spec):
                return False
            mine = spec.get("holderIdentity") == self._identity
            transitions = spec.get("leaseTransitions", 0) + (0 if mine else 1)
            await self._client.update(LEASES, {**lease, "spec": self._spec(spec if mine else {}, transitions)})
        except (ApiError, OSError) as error:
            _log.debug("lease %s: %s", name, error)
            return False
        return True

    def _may_take(self, spec: Object) -> bool:
        loop = asyncio.get_running_loop()
        if spec != self._seen:
            self._seen, self._since = dict(spec), loop.time()
        holder = spec.get("holderIdentity")
        if not holder or holder == self._identity:
            return True
        return bool(loop.time() > self._since + spec.get("leaseDurationSeconds", _DURATION_SECONDS))

    def _spec(self, before: Object, transitions: int) -> Object:
        moment = now_micro()
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": _DURATION_SECONDS,
            "acquireTime": before.get("acquireTime") or moment,
            "renewTime": moment,
            "leaseTransitions": transitions,
        }

    async def _release(self) -> None:
        name, namespace = self._place
        try:
            lease = await self._client.find(LEASES, name, namespace)
            if lease is not None and meta.get_path(lease, "spec", "holderIdentity") == self._identity:
                spec = {**lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
                await self._client.update(LEASES, {**lease, "spec": spec})
        except (ApiError, OSError) as error:
            _log.debug("lease %s: %s", name, error)
