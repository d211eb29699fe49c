"""Writes a pod's status whenever it differs from what was written last.

Changes that come while a write is under way are written together by the next one; a server that is away is asked again
until it is back, because a status that got lost would never be made good.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client

_FIRST_RETRY_SECONDS = 0.05
_LONGEST_RETRY_SECONDS = 5.0

_log = logging.getLogger(__name__)


class StatusWriter:
    """One a pod.

    Args:
        client: to write with.
        pod: whose status it is.
        compute: the status as it should be.
        written: told of the pod as the server has it after a write.
    """

    def __init__(
        self, client: Client, pod: Object, compute: Callable[[], Object], written: Callable[[Object], None]
    ) -> None:
        self._client = client
        self._name = meta.name(pod)
        self._namespace = meta.namespace(pod)
        self._uid = meta.uid(pod)
        self._compute = compute
        self._written = written
        self._last: Object = {}
        self._dirty = asyncio.Event()
        self._lock = asyncio.Lock()

    def changed(self) -> None:
        """The status may have to be written."""
        self._dirty.set()

    async def run(self) -> None:
        """Write changes until cancelled."""
        while True:
            await self._dirty.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write now, if there is anything to write."""
        async with self._lock:
            delay = _FIRST_RETRY_SECONDS
            while not await self._write():
                # A server that is away gives no sign when it is back.
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_RETRY_SECONDS)

    async def _write(self) -> bool:
        self._dirty.clear()
        status = self._compute()
        plain = _without_nulls(status)
        if plain == self._last:
            return True
        gone = {field: None for field in self._last if field not in plain}
        body = {"metadata": {"uid": self._uid}, "status": status | gone}
        try:
            answer = await self._client.patch(
                PODS, self._name, body, self._namespace, type="strategic", subresource="status"
            )
        except ApiError as error:
            if error.not_found or error.conflict:
                # The pod is gone, or another one has its name: nobody waits for this status.
                self._last = plain
                return True
            _log.warning("status of pod %s/%s: %s", self._namespace, self._name, error.message)
            return False
        except OSError as error:
            _log.debug("status of pod %s/%s: %s", self._namespace, self._name, error)
            return False
        self._last = plain
        self._written(answer)
        return True


def _without_nulls(status: Object) -> Object:
    rows = [{key: value for key, value in row.items() if value is not None} for row in status["conditions"]]
    return status | {"conditions": rows}
