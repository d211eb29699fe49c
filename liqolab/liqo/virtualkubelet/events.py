"""What the provider's scheduler and kubelets say about an offloaded pod, told again about the pod at home.

Release 0.5 leaves these events on the provider, where whoever owns the pod may not look. Here each has one twin, named
after it, so a virtual kubelet that is started anew writes none twice, and one that is counted up is counted up at home.
The twin's source is the provider's component, with the provider's name, on this virtual node. A provider that does not
show its events (upstream's role has no right to) is asked now and then, and costs nothing else.

One worker: events may come late, and must not be in the way of what they are about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import EVENTS, PODS
from liqolab.apimachinery.errors import ApiError, missing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.events import object_reference
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller
from liqolab.liqo.virtualkubelet.pair import Pair

_BY_POD = "pod"
_ID_LENGTH = 16


class EventMirror:
    """The events of the pods in one remote namespace; `run` it as a task."""

    def __init__(
        self,
        clients: tuple[Client, Client],
        namespace: str,
        pair: Pair,
        local_pod: Callable[[str], Object | None],
        remote_pods: Informer,
    ) -> None:
        """`clients` are (local, remote), `namespace` is the remote one; `local_pod` finds the local pod of a name."""
        self._local = clients[0]
        self._namespace = namespace
        self._pair = pair
        self._local_pod = local_pod
        self._remote_pods = remote_pods
        fields = f"involvedObject.kind={PODS.kind}"
        self._events = Informer(clients[1], EVENTS, namespace, fields=fields, indexers={_BY_POD: _pod_name})
        self._told: dict[str, int] = {}
        self._controller = Controller("event-reflection", self._reconcile, workers=1)
        self._controller.watches(self._events, lambda event: (meta.name(event),))
        # An event may be here before the pod that it is about.
        self._controller.watches(remote_pods, self._about)

    async def run(self) -> None:
        """Tell until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._events.run())
            group.create_task(self._controller.run())

    def _about(self, pod: Object) -> Iterable[str]:
        return [meta.name(event) for event in self._events.by_index(_BY_POD, meta.name(pod))]

    async def _reconcile(self, name: str) -> None:
        event = self._events.get(name, self._namespace)
        if event is None:
            self._told.pop(name, None)
            return
        involved = event.get("involvedObject") or {}
        remote = self._remote_pods.get(involved.get("name", ""), self._namespace)
        local = self._local_pod(involved.get("name", ""))
        if local is None or remote is None or involved.get("uid") != meta.uid(remote):
            return
        twin = self._twin(event, local)
        if self._told.get(name) == twin["count"]:
            return
        await self._write(twin)
        self._told[name] = twin["count"]

    async def _write(self, twin: Object) -> None:
        namespace = meta.namespace(twin)
        try:
            await self._local.create(EVENTS, twin, namespace)
        except ApiError as error:
            if not error.already_exists:
                raise
            change = {"count": twin["count"], "lastTimestamp": twin["lastTimestamp"], "message": twin["message"]}
            with missing_ok:
                await self._local.patch(EVENTS, meta.name(twin), change, namespace)

    def _twin(self, event: Object, local: Object) -> Object:
        """The event about the local pod. What writes ``events.k8s.io`` leaves the older fields empty."""
        series = event.get("series") or {}
        first = event.get("firstTimestamp") or event.get("eventTime")
        component = (event.get("source") or {}).get("component") or event.get("reportingComponent") or "unknown"
        component = f"{component} ({self._pair.foreign_name})"
        identity = meta.uid(event).replace("-", "")[:_ID_LENGTH]
        body: Object = EVENTS.manifest(
            f"{meta.name(local)}.{identity}",
            meta.namespace(local),
            involvedObject=object_reference(local) | _field_path(event),
            reason=event.get("reason", ""),
            message=event.get("message", ""),
            type=event.get("type", ""),
            source={"component": component, "host": self._pair.node},
            reportingComponent=component,
            reportingInstance=self._pair.node,
            firstTimestamp=first,
            lastTimestamp=event.get("lastTimestamp") or series.get("lastObservedTime") or first,
            count=event.get("count") or series.get("count") or 1,
            eventTime=None,
        )
        return body


def _pod_name(event: Object) -> Iterable[str]:
    name = (event.get("involvedObject") or {}).get("name")
    return (name,) if name else ()


def _field_path(event: Object) -> Object:
    """Which container it is about, where it says so."""
    path = (event.get("involvedObject") or {}).get("fieldPath")
    return {"fieldPath": path} if path else {}
