"""Pods from templates: making and deleting them in the name of an owner, with the events that tell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.client import Client
from liqolab.controller.events import EventRecorder
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.workload.expectations import Expectations

Failure = ApiError | OSError
"""How a request fails: refused, or never answered."""

BURST = 500
"""Most pods that one reconcile of one owner creates or deletes."""


Delete = Callable[[Object, Object], Awaitable[None]]
"""Deletes a pod of an owner."""


class PodControl:
    """Creates and deletes pods, records on the owner what became of it, and notes what the cache has yet to show."""

    def __init__(self, client: Client, recorder: EventRecorder, expectations: Expectations) -> None:
        self._client = client
        self._recorder = recorder
        self._expectations = expectations

    async def start(self, key: str, owner: Object, count: int, make: Callable[[], Object]) -> Failure | None:
        """Create `count` pods, slowly at first (see `slow_start`); returns the first failure."""
        self._expectations.expect_creations(key, count)
        done, failure = await slow_start(count, lambda: self.create(make(), owner))
        for _ in range(count - done):
            self._expectations.creation_observed(key)
        return failure

    async def stop(self, key: str, owner: Object, doomed: Objects, delete: Delete | None = None) -> Failure | None:
        """Delete pods, all at once and with `delete` if given; returns the first failure."""
        self._expectations.expect_deletions(key, map(meta.uid, doomed))
        results = await asyncio.gather(*((delete or self.delete)(pod, owner) for pod in doomed), return_exceptions=True)
        failure: Failure | None = None
        for pod, result in zip(doomed, results, strict=True):
            if isinstance(result, BaseException):
                self._expectations.deletion_observed(key, meta.uid(pod))
                if not isinstance(result, Failure):
                    raise result
                failure = failure or result
        return failure

    async def create(self, pod: Object, owner: Object) -> Object:
        """Create `pod`, made by `pod_from_template`.

        Raises:
            ApiError: the API server refused; a Warning event on `owner` says why, unless the reason is that the
                namespace is going away.
        """
        try:
            made = await self._client.create(PODS, pod, meta.namespace(owner))
        except ApiError as error:
            if not namespace_is_terminating(error):
                message = texts.ERROR_CREATING.format(error=error.message)
                await self._recorder.event(owner, "Warning", texts.FAILED_CREATE, message)
            raise
        message = texts.CREATED_POD.format(name=meta.name(made))
        await self._recorder.event(owner, "Normal", texts.SUCCESSFUL_CREATE, message)
        return made

    async def delete(self, pod: Object, owner: Object) -> None:
        """Delete `pod`; one that is gone already is no error.

        Raises:
            ApiError: the API server refused.
        """
        try:
            await self._client.delete(PODS, meta.name(pod), meta.namespace(pod), uid=meta.uid(pod))
        except ApiError as error:
            if error.not_found or error.conflict:
                return
            message = texts.ERROR_DELETING.format(error=error.message)
            await self._recorder.event(owner, "Warning", texts.FAILED_DELETE, message)
            raise
        message = texts.DELETED_POD.format(name=meta.name(pod))
        await self._recorder.event(owner, "Normal", texts.SUCCESSFUL_DELETE, message)


def pod_from_template(template: Object, owner: Object, *, name: str = "") -> Object:
    """A pod of `owner`: named `name`, or after the owner with a random suffix."""
    metadata = meta.deep_copy(template.get("metadata") or {})
    kept = {key: metadata[key] for key in ("labels", "annotations", "finalizers") if metadata.get(key)}
    given = {"name": name} if name else {"generateName": f"{meta.name(owner)}-"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**given, **kept, "ownerReferences": [meta.owner_reference(owner)]},
        "spec": meta.deep_copy(template.get("spec") or {}),
    }


def namespace_is_terminating(error: Failure) -> bool:
    """Whether the server refused because the namespace is being deleted."""
    if not isinstance(error, ApiError):
        return False
    causes = (error.status.get("details") or {}).get("causes") or []
    return any(cause.get("reason") == "NamespaceTerminating" for cause in causes)


def active(pods: Iterable[Object]) -> Objects:
    """Pods that count as running replicas: neither finished nor being deleted."""
    return [pod for pod in pods if is_active(pod)]


def is_active(pod: Object) -> bool:
    return not meta.pod_is_terminal(pod) and not meta.is_deleting(pod)


def available_in(pod: Object, min_ready_seconds: int, now: float) -> float | None:
    """Seconds until `pod` counts as available: 0 when it does, None when it is not even ready."""
    if not meta.pod_is_ready(pod):
        return None
    since = (meta.find_condition(pod, "Ready") or {}).get("lastTransitionTime")
    if min_ready_seconds == 0:
        return 0.0
    if not since:
        return None
    return max(0.0, timestamps.parse(since).timestamp() + min_ready_seconds - now)


def is_available(pod: Object, min_ready_seconds: int, now: float) -> bool:
    return available_in(pod, min_ready_seconds, now) == 0.0


def next_availability(owner: Object, pods: Iterable[Object]) -> float | None:
    """Seconds until the next ready pod has been ready for long enough to count as available."""
    minimum, now = owner["spec"].get("minReadySeconds") or 0, clock.time()
    waits = [wait for pod in pods if (wait := available_in(pod, minimum, now))]
    return min(waits) if waits else None


async def slow_start(count: int, create: Callable[[], Awaitable[object]]) -> tuple[int, Failure | None]:
    """Call `create` `count` times in batches of 1, 2, 4 …, and stop after the first batch with a failure.

    A template that the server refuses then costs one refused request and one event, not `count` of them.

    Returns:
        How many succeeded, and the first failure.
    """
    done, batch = 0, 1
    while done < count:
        size = min(batch, count - done)
        results = await asyncio.gather(*(create() for _ in range(size)), return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        done += size - len(failures)
        for failure in failures:
            if not isinstance(failure, Failure):
                raise failure
            return done, failure
        batch *= 2
    return done, None
