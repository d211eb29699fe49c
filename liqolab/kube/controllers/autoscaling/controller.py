"""Every 15 seconds, for each autoscaler: what its target uses, and how many pods that should be.

A new autoscaler is looked at right away, where a real controller waits for its first 15 seconds to pass; so is one that
somebody has changed. Without autoscalers nothing happens at all.
"""

from __future__ import annotations

import time
from typing import Any, Final, Literal

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.client import Call, Client
from liqolab.controller.discovery import discover
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Informer
from liqolab.kube.controllers.autoscaling import texts
from liqolab.kube.controllers.autoscaling.behavior import Held, Memory, hold
from liqolab.kube.controllers.autoscaling.metrics import MetricError, Reading, Scaled, read
from liqolab.kube.kinds.autoscaling import V2

SYNC_SECONDS: Final = 15.0

Row = tuple[str, str, str]


class StopError(Exception):
    """Nothing more can be said of an autoscaler this time; its conditions say why."""


class Autoscaler:
    """Looks at one autoscaler after the other.

    Args:
        client: whose work it is.
        autoscalers, pods: what is known of them.
    """

    def __init__(self, client: Client, autoscalers: Informer, pods: Informer) -> None:
        self._client = client
        self._recorder = EventRecorder(client, texts.COMPONENT)
        self._autoscalers = autoscalers
        self._pods = pods
        self._memories: dict[str, Memory] = {}
        self._looked: dict[str, tuple[object, float]] = {}
        self._selectors: dict[str, str] = {}

    async def reconcile(self, key: str) -> float | None:
        """Look at an autoscaler, unless that was done a moment ago; seconds until the next look."""
        item = self._autoscalers.by_key(key)
        if item is None or meta.is_deleting(item):
            for known in (self._memories, self._looked, self._selectors):
                known.pop(key, None)
            return None
        spec, moment = self._looked.get(key, (None, 0.0))
        left = moment + SYNC_SECONDS - time.monotonic()
        if spec == item["spec"] and left > 0:
            return left
        self._looked[key] = item["spec"], time.monotonic()
        await _Look(self, key, item).run()
        return SYNC_SECONDS

    # ------------------------------------------------------------------ for a look

    @property
    def client(self) -> Client:
        return self._client

    def memory(self, key: str, current: int) -> Memory:
        """What is remembered of an autoscaler; at first, that all was well as it was."""
        if key not in self._memories:
            self._memories[key] = Memory([(current, time.monotonic())])
        return self._memories[key]

    async def tell(self, about: Object, type: Literal["Normal", "Warning"], reason: str, message: str) -> None:
        await self._recorder.event(about, type, reason, message)

    def pods(self, key: str, namespace: str, selector: str) -> tuple[Objects, list[str]]:
        """The pods of a selector, and the names of all autoscalers that have any of them."""
        self._selectors[key] = selector
        found = self._pods.list(namespace, LabelSelector.parse(selector))
        sharing = [
            other
            for other, text in self._selectors.items()
            if other.partition("/")[0] == namespace
            and any(LabelSelector.parse(text).matches(meta.labels(pod)) for pod in found)
        ]
        return found, sharing


class _Look:
    """One look at one autoscaler."""

    def __init__(self, owner: Autoscaler, key: str, item: Object) -> None:
        self._owner = owner
        self._key = key
        self._item = item
        self._spec = item["spec"]
        self._status: Object = dict(item.get("status") or {})
        self._conditions: Objects = [dict(row) for row in self._status.get("conditions") or ()]

    async def run(self) -> None:
        namespace = meta.namespace(self._item)
        try:
            resource, scale = await self._scale(namespace)
        except StopError:
            await self._write(self._status | {"conditions": self._conditions})
            return
        self._mark(texts.ABLE_TO_SCALE, texts.GOT_SCALE)
        current = int(scale["spec"].get("replicas") or 0)
        memory = self._owner.memory(self._key, current)
        try:
            desired, reason, readings = await self._desired(namespace, scale, current, memory)
            if desired != current:
                await self._rescale(resource, scale, current, desired, reason, memory)
        except StopError as stopped:
            kept = self._status.get("desiredReplicas") or 0
            await self._write(self._sizes(current, kept, stopped.args[0] if stopped.args else []))
            return
        await self._write(self._sizes(current, desired, readings, rescaled=desired != current))

    async def _scale(self, namespace: str) -> tuple[Resource, Object]:
        target = self._spec["scaleTargetRef"]
        kind, version = target["kind"], target.get("apiVersion") or "v1"
        try:
            resource = await self._resource(version, kind)
            return resource, await self._owner.client.answer(Call("get", resource, namespace, target["name"], "scale"))
        except ApiError as error:
            await self._owner.tell(self._item, "Warning", texts.NO_SCALE[1], error.message)
            self._mark(texts.ABLE_TO_SCALE, texts.NO_SCALE, error=error.message)
            raise StopError from error

    async def _resource(self, api_version: str, kind: str) -> Resource:
        group = api_version.rpartition("/")[0]
        for row in (await discover(self._owner.client)).preferred:
            if (row.resource.group, row.resource.kind) == (group, kind):
                return row.resource
        raise ApiError({"code": 404, "message": f'no matches for kind "{kind}" in group "{group}"'})

    async def _desired(
        self, namespace: str, scale: Object, current: int, memory: Memory
    ) -> tuple[int, str, list[Object]]:
        """How many pods there should be, why, and what was found on the way."""
        least, most = self._spec.get("minReplicas", 1), self._spec["maxReplicas"]
        if current == 0 and least != 0:
            self._mark(texts.SCALING_ACTIVE, texts.DISABLED)
            return 0, "", []
        if current > most:
            return most, texts.ABOVE_MAXIMUM, []
        if current < least:
            return least, texts.BELOW_MINIMUM, []
        best, readings = await self._proposal(namespace, scale, current)
        reason = texts.ABOVE_TARGET.format(metric=best.name) if best.replicas > current else ""
        reason = texts.BELOW_TARGET if best.replicas < current else reason
        held: Held = hold(memory, self._spec, current, best.replicas, time.monotonic())
        self._mark(texts.ABLE_TO_SCALE, held.able)
        self._mark(texts.SCALING_LIMITED, held.limited)
        return held.replicas, reason, readings

    async def _proposal(self, namespace: str, scale: Object, current: int) -> tuple[Reading, list[Object]]:
        scaled = await self._scaled(namespace, scale, current)
        best: Reading | None = None
        statuses: list[Object] = []
        errors: list[MetricError] = []
        for metric in self._spec.get("metrics") or ():
            try:
                reading = await read(self._owner.client, metric, scaled)
            except MetricError as error:
                await self._owner.tell(self._item, "Warning", error.reason, error.why)
                errors.append(error)
                statuses.append({"type": ""})
                continue
            statuses.append(reading.status)
            if best is None or reading.replicas > best.replicas:
                best = reading
        if errors and (best is None or best.replicas < current):
            first = errors[0]
            self._mark(texts.SCALING_ACTIVE, ("False", first.reason, texts.UNABLE.format(error=first.why)))
            await self._fail(statuses, first.whole, len(errors))
        assert best is not None, "an autoscaler has at least one metric"
        self._mark(texts.SCALING_ACTIVE, texts.METRIC_FOUND, metric=best.name)
        return best, statuses

    async def _fail(self, statuses: list[Object], error: str, invalid: int = 0) -> None:
        if invalid:
            error = texts.INVALID_METRICS.format(invalid=invalid, all=len(statuses), error=error)
        await self._owner.tell(self._item, "Warning", texts.FAILED_COMPUTE, error)
        raise StopError(statuses)

    async def _scaled(self, namespace: str, scale: Object, current: int) -> Scaled:
        selector = (scale.get("status") or {}).get("selector") or ""
        if not selector:
            await self._owner.tell(self._item, "Warning", *texts.SELECTOR_REQUIRED)
            self._mark(texts.SCALING_ACTIVE, texts.NO_SELECTOR)
            await self._fail([], texts.SELECTOR_REQUIRED[1])
        pods, sharing = self._owner.pods(self._key, namespace, selector)
        if len(sharing) > 1:
            error = texts.AMBIGUOUS_SELECTOR.format(selector=selector, all=f"[{' '.join(sorted(sharing))}]")
            await self._owner.tell(self._item, "Warning", texts.AMBIGUOUS[1], error)
            self._mark(texts.SCALING_ACTIVE, texts.AMBIGUOUS, error=error)
            await self._fail([], error)
        return Scaled(namespace, selector, current, pods)

    async def _rescale(
        self, resource: Resource, scale: Object, current: int, desired: int, reason: str, memory: Memory
    ) -> None:
        namespace, told = meta.namespace(self._item), {"size": desired, "reason": reason}
        # Only the number: whatever else has changed meanwhile is none of the autoscaler's business.
        patch = {"spec": {"replicas": desired}}
        try:
            await self._owner.client.patch(resource, meta.name(scale), patch, namespace, subresource="scale")
        except ApiError as error:
            text = texts.NEW_SIZE_FAILED.format(error=error.message, **told)
            await self._owner.tell(self._item, "Warning", texts.FAILED_RESCALE, text)
            self._mark(texts.ABLE_TO_SCALE, texts.NOT_RESCALED, error=error.message)
            raise StopError from error
        self._mark(texts.ABLE_TO_SCALE, texts.RESCALED, size=desired)
        await self._owner.tell(self._item, "Normal", texts.SUCCESSFUL_RESCALE, texts.NEW_SIZE.format(**told))
        memory.note(current, desired, self._spec.get("behavior"), time.monotonic())

    # ------------------------------------------------------------------ the status

    def _mark(self, type: str, row: Row, **names: Any) -> None:
        status, reason, message = row
        if names:
            message = message.format(**names)
        found = next((each for each in self._conditions if each["type"] == type), None)
        if found is None:
            found = {"type": type, "status": ""}
            self._conditions.append(found)
        if found["status"] != status:
            found["lastTransitionTime"] = timestamps.now()
        found |= {"status": status, "reason": reason, "message": message}

    def _sizes(self, current: int, desired: int, metrics: list[Object], *, rescaled: bool = False) -> Object:
        moment = timestamps.now() if rescaled else self._status.get("lastScaleTime")
        return {
            **({"lastScaleTime": moment} if moment else {}),
            "currentReplicas": current,
            "desiredReplicas": desired,
            "currentMetrics": metrics or None,
            "conditions": self._conditions,
        }

    async def _write(self, status: Object) -> None:
        if status != self._item.get("status"):
            await self._owner.client.update(V2, {**self._item, "status": status}, subresource="status")
