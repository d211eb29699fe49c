"""The scheduler's events: ``events.k8s.io/v1``, as kube-scheduler writes them.

They differ from what controllers write: ``eventTime`` instead of first and last timestamps, an action, and repetition
counted as a series.
"""

from __future__ import annotations

import logging
import socket
import time
from collections import OrderedDict
from typing import Literal

from liqolab.apimachinery.builtin import EVENTS_V1
from liqolab.apimachinery.errors import ApiError, missing_ok
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now_micro
from liqolab.controller.client import Client
from liqolab.controller.events import object_reference

_REMEMBERED = 1024
_SERIES_SECONDS = 360.0

_log = logging.getLogger(__name__)


class SchedulingEvents:
    """Losing an event is never worth failing for: errors are logged and forgotten."""

    def __init__(self, client: Client, scheduler: str) -> None:
        self._client = client
        self._controller = scheduler
        self._instance = f"{scheduler}-{socket.gethostname()}"
        self._known: OrderedDict[tuple[str, ...], tuple[str, str, int, float]] = OrderedDict()

    async def event(
        self,
        about: Object,
        type: Literal["Normal", "Warning"],
        reason: str,
        action: str,
        note: str,
        related: Object | None = None,
    ) -> None:
        """Record something about `about`; `related` is the other object that it is about."""
        regarding = object_reference(about)
        key = (regarding.get("uid", ""), type, reason, action, note)
        known = self._known.get(key)
        try:
            if known is not None and time.monotonic() - known[3] < _SERIES_SECONDS:
                with missing_ok:
                    await self._again(key, *known[:3])
                    return
            await self._first(key, regarding, type, reason, action, note, related)
        except (ApiError, OSError) as error:
            self._known.pop(key, None)
            _log.debug("event %s %s: %s", reason, regarding.get("name"), error)

    async def _first(
        self,
        key: tuple[str, ...],
        regarding: Object,
        type: str,
        reason: str,
        action: str,
        note: str,
        related: Object | None,
    ) -> None:
        namespace = regarding.get("namespace") or "default"
        name = f"{regarding['name']}.{time.time_ns():x}"
        body: Object = EVENTS_V1.manifest(
            name,
            namespace,
            eventTime=now_micro(),
            reportingController=self._controller,
            reportingInstance=self._instance,
            action=action,
            reason=reason,
            regarding=regarding,
            note=note,
            type=type,
        )
        if related is not None:
            body["related"] = object_reference(related)
        await self._client.create(EVENTS_V1, body, namespace)
        self._known[key] = (namespace, name, 1, time.monotonic())
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def _again(self, key: tuple[str, ...], namespace: str, name: str, count: int) -> None:
        series = {"count": count + 1, "lastObservedTime": now_micro()}
        await self._client.patch(EVENTS_V1, name, {"series": series}, namespace)
        self._known[key] = (namespace, name, count + 1, time.monotonic())
