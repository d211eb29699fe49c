"""kube-scheduler: gives every pod without a node a node, or says why there is none.

Decisions are made one after the other, synchronously, on a picture that already counts the pods assumed to be placed;
writing them down (binding, events, conditions) happens beside the next decisions.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from random import Random
from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now
from liqolab.controller.client import Client
from liqolab.controller.manager import Manager
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.algorithm import Placement, place
from liqolab.kube.scheduler.diagnosis import Diagnosis
from liqolab.kube.scheduler.events import SchedulingEvents
from liqolab.kube.scheduler.node_info import PodInfo
from liqolab.kube.scheduler.picture import Picture
from liqolab.kube.scheduler.preemption import Eviction, preempt
from liqolab.kube.scheduler.queue import QueuedPod
from liqolab.kube.scheduler.volumes import Promise, VolumeBinder

DEFAULT_NAME = "default-scheduler"

_YIELD_SECONDS = 0.008
"""A node in this process has a bound pod ready within five to eight milliseconds, if nothing else is done on the event
loop meanwhile. With this pause and that of the nodes' announcer (`node/context.py`) the median was 5 to 6 ms, without
them 7 to 16, over 40 pods one after another. Nobody misses the event for so long.
"""

_log = logging.getLogger(__name__)


class Scheduler:
    """Schedules the pods whose ``spec.schedulerName`` is `name`.

    Args:
        client: how to reach the API server.
        manager: whose informers to share; without one the scheduler runs informers of its own.
        name: the scheduler's name.
        seed: decides among equally good nodes; the same seed and the same events give the same placements.
    """

    def __init__(
        self, client: Client, manager: Manager | None = None, *, name: str = DEFAULT_NAME, seed: int = 0
    ) -> None:
        self._client = client
        self._own_manager = Manager(client) if manager is None else None
        self._picture = Picture(manager or self._own_manager or Manager(client), name)
        self._binder = VolumeBinder(client, self._picture.claims)
        self._picture.promised = self._binder.assumed
        self._events = SchedulingEvents(client, name)
        self._name = name
        self._ties = Random(seed)  # noqa: S311 - chooses nodes, protects nothing
        self._start = 0

    async def run(self) -> None:
        """Schedule until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                if self._own_manager is not None:
                    group.create_task(self._own_manager.run())
                await self._picture.synced()
                while True:
                    queued = await self._picture.queue.get()
                    try:
                        writing = self._decide(queued)
                    except Exception:
                        # One pod that breaks a plugin must not keep all others waiting.
                        _log.exception("%s: scheduling failed", queued.pod.key)
                        self._picture.queue.park(queued, frozenset(), self._picture.queue.moves, failed=True)
                    else:
                        group.create_task(writing)
                    # Lets the decisions be written down although more pods may be waiting.
                    await asyncio.sleep(0)
        finally:
            self._picture.queue.close()

    def _decide(self, queued: QueuedPod) -> Coroutine[Any, Any, None]:
        """Decide at once; what is returned writes the decision down."""
        queue, cache = self._picture.queue, self._picture.cache
        pod, moves = queued.pod, queue.moves
        snapshot = self._picture.snapshot()
        outcome = place(pod, snapshot, self._ties, self._start)
        self._start = (self._start + outcome.asked) % max(1, len(snapshot.nodes))
        if isinstance(outcome, Placement):
            cache.set_pod(pod, outcome.node)
            cache.withdraw(pod.uid)
            promises = self._binder.assume(outcome, snapshot.nodes)
            return self._guarded(pod, self._bind(queued, outcome.node, promises, moves))
        eviction = preempt(pod, snapshot, outcome, self._picture.budgets()) if outcome.verdicts else None
        if eviction is not None:
            cache.nominate(pod, eviction.node)
        queue.park(queued, outcome.plugins, moves)
        return self._guarded(pod, self._report(pod, outcome, eviction))

    async def _guarded(self, pod: PodInfo, work: Coroutine[Any, Any, None]) -> None:
        """Keep one pod's trouble from ending the scheduler."""
        try:
            await work
        except ApiError as error:
            _log.debug("%s: %s", pod.key, error.message)
        except OSError as error:
            _log.debug("%s: %s", pod.key, error)
        except Exception:
            # A defect, to be found in the log; the other pods go on.
            _log.exception("%s: scheduling failed", pod.key)

    async def _bind(self, queued: QueuedPod, node: str, promises: list[Promise], moves: int) -> None:
        pod, queue = queued.pod, self._picture.queue
        try:
            await self._binder.bind(promises, node)
            await self._client.create(PODS, _binding(pod, node), pod.namespace, name=pod.name, subresource="binding")
        except (ApiError, OSError) as error:
            self._picture.cache.remove_pod(pod.uid)
            if isinstance(error, ApiError) and error.not_found:
                queue.remove(pod.uid)
                return
            queue.park(queued, frozenset(), moves, failed=True)
            await self._say_failed(pod, "SchedulerError", texts.BINDING_REJECTED.format(why=error))
            return
        queue.remove(pod.uid)
        # The node starts the pod now; saying so can wait until it has.
        await asyncio.sleep(_YIELD_SECONDS)
        note = texts.SCHEDULED.format(pod=pod.key, node=node)
        await self._events.event(pod.pod, "Normal", "Scheduled", "Binding", note)

    async def _report(self, pod: PodInfo, diagnosis: Diagnosis, eviction: Eviction | None) -> None:
        nominated = eviction.node if eviction is not None else None
        await self._say_failed(pod, "Unschedulable", diagnosis.message, nominated)
        if eviction is not None:
            for victim in eviction.victims:
                if not victim.terminating:
                    await self._guarded(victim, self._evict(victim, pod, eviction.node))

    async def _say_failed(self, pod: PodInfo, reason: str, message: str, nominated: str | None = None) -> None:
        status: Object = {}
        known = meta.find_condition(pod.pod, "PodScheduled") or {}
        if (known.get("status"), known.get("reason"), known.get("message")) != ("False", reason, message):
            moved = known.get("status") != "False"
            condition = {
                "type": "PodScheduled",
                "observedGeneration": meta.generation(pod.pod),
                "status": "False",
                "reason": reason,
                "message": message,
                "lastProbeTime": None,
                "lastTransitionTime": now() if moved else known.get("lastTransitionTime"),
            }
            status["conditions"] = [condition]
        if nominated:
            status["nominatedNodeName"] = nominated
        if status:
            await self._client.patch(
                PODS, pod.name, {"status": status}, pod.namespace, type="strategic", subresource="status"
            )
        await self._events.event(pod.pod, "Warning", "FailedScheduling", "Scheduling", message)

    async def _evict(self, victim: PodInfo, pod: PodInfo, node: str) -> None:
        condition = {
            "type": "DisruptionTarget",
            "observedGeneration": meta.generation(victim.pod),
            "status": "True",
            "reason": "PreemptionByScheduler",
            "message": texts.DISRUPTION.format(scheduler=self._name),
            "lastTransitionTime": now(),
        }
        body = {"status": {"conditions": [condition]}}
        await self._client.patch(PODS, victim.name, body, victim.namespace, type="strategic", subresource="status")
        await self._client.delete(PODS, victim.name, victim.namespace, uid=victim.uid)
        note = texts.PREEMPTED.format(uid=pod.uid, node=node)
        await self._events.event(victim.pod, "Normal", "Preempted", "Preempting", note, related=pod.pod)


def _binding(pod: PodInfo, node: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
        "target": {"kind": "Node", "name": node},
    }
