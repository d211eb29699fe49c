"""Events, as client-go's recorder writes them: what happened to an object, counted when it happens again.

Losing an event is never worth failing for: the recorder logs and goes on.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from typing import Literal

from liqolab.apimachinery.builtin import EVENTS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now
from liqolab.controller.client import Client

_REMEMBERED = 4096

_log = logging.getLogger(__name__)


class EventRecorder:
    """Writes core/v1 Events in the name of `component` (and of `host`, for node agents)."""

    def __init__(self, client: Client, component: str, host: str = "") -> None:
        self._client = client
        self._component = component
        self._host = host
        self._seen: OrderedDict[tuple[str, ...], tuple[str, str, int]] = OrderedDict()

    async def event(self, about: Object, type: Literal["Normal", "Warning"], reason: str, message: str) -> None:
        """Record one event about an object (or an object reference)."""
        reference = object_reference(about)
        namespace = reference.get("namespace") or "default"
        key = (reference.get("uid", ""), reference.get("name", ""), reference.get("kind", ""), type, reason, message)
        try:
            known = self._seen.get(key)
            if known is None or not await self._count(*known):
                await self._first(key, reference, namespace, type, reason, message)
            else:
                self._seen[key] = (known[0], known[1], known[2] + 1)
        except (ApiError, OSError) as error:
            _log.debug("event %s %s: %s", reason, reference.get("name"), error)

    async def _count(self, namespace: str, name: str, count: int) -> bool:
        """Bump a known event; False when it is gone (events expire)."""
        body: Object = {"count": count + 1, "lastTimestamp": now()}
        try:
            await self._client.patch(EVENTS, name, body, namespace)
        except ApiError as error:
            if error.not_found:
                return False
            raise
        return True

    async def _first(
        self, key: tuple[str, ...], reference: Object, namespace: str, type: str, reason: str, message: str
    ) -> None:
        source = {"component": self._component}
        if self._host:
            source["host"] = self._host
        moment = now()
        name = f"{reference.get('name', '')}.{time.time_ns():x}"
        body: Object = EVENTS.manifest(
            name,
            namespace,
            involvedObject=reference,
            reason=reason,
            message=message,
            source=source,
            reportingComponent=self._component,
            reportingInstance=self._host,
            firstTimestamp=moment,
            lastTimestamp=moment,
            count=1,
            type=type,
            eventTime=None,
        )
        await self._client.create(EVENTS, body, namespace)
        self._seen[key] = (namespace, name, 1)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)


def object_reference(item: Object) -> Object:
    """The ObjectReference of an object; references pass through."""
    if "metadata" not in item:
        return item
    metadata = item["metadata"]
    reference = {
        "kind": item.get("kind", ""),
        "namespace": metadata.get("namespace", ""),
        "name": metadata.get("name", ""),
        "uid": metadata.get("uid", ""),
        "apiVersion": item.get("apiVersion", ""),
        "resourceVersion": metadata.get("resourceVersion", ""),
    }
    return {key: value for key, value in reference.items() if value}
