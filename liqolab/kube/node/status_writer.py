"""Writes a pod's status whenever the pod says something else than the node knows.

What is compared is the object, never a memory of what was written: others write statuses too (the node lifecycle
controller when the node fell silent, whoever has ``kubectl patch --subresource=status``), and the node's word counts.
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
from liqolab.kube.node.back_off import Corrections
from liqolab.kube.node.status import status_patch

_FIRST_RETRY_SECONDS = 0.05
_LONGEST_RETRY_SECONDS = 5.0

_log = logging.getLogger(__name__)


class StatusWriter:
    """One a pod.

    Args:
        client: to write with.
        pod: the newest state of the pod.
        compute: the status as it should be.
        written: told of the pod as the server has it after a write.
    """

    def __init__(
        self,
        client: Client,
        pod: Callable[[], Object],
        compute: Callable[[], Object],
        written: Callable[[Object], None],
    ) -> None:
        self._client = client
        self._pod = pod
        self._compute = compute
        self._written = written
        self._dirty = asyncio.Event()
        self._is_news = False
        self._corrections = Corrections()
        self._lock = asyncio.Lock()

    def changed(self) -> None:
        """The status may have to be written."""
        self._is_news = True
        self._dirty.set()

    def check(self) -> None:
        """The pod has changed: write if its status is not what it should be at this very moment."""
        if status_patch(self._pod().get("status") or {}, self._compute()):
            self._dirty.set()

    async def run(self) -> None:
        """Write changes until cancelled."""
        while True:
            await self._dirty.wait()
            if not self._is_news:
                # What others write gives no sign when they have given up.
                await asyncio.sleep(self._corrections.pause(asyncio.get_running_loop().time()))
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
        self._is_news = False
        pod = self._pod()
        patch = status_patch(pod.get("status") or {}, self._compute())
        if not patch:
            return True
        body = {"metadata": {"uid": meta.uid(pod)}, "status": patch}
        name, namespace = meta.name(pod), meta.namespace(pod)
        try:
            answer = await self._client.patch(PODS, name, body, namespace, type="strategic", subresource="status")
        except ApiError as error:
            if error.not_found or error.conflict:
                # The pod is gone, or another one has its name: nobody waits for this status.
                return True
            _log.warning("status of pod %s/%s: %s", namespace, name, error.message)
            return False
        except OSError as error:
            _log.debug("status of pod %s/%s: %s", namespace, name, error)
            return False
        self._written(answer)
        return True
