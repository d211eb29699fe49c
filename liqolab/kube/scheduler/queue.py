"""The pods that wait for a node.

Three places, as in kube-scheduler: *active* pods are tried next, the most important first; *unschedulable* ones fit
nowhere and wait until the cluster changes in a way that concerns a plugin that refused them; pods in *back-off* wait
out a delay that doubles with every attempt. When nothing is active, pods whose back-off follows an unsuccessful (not an
erroneous) attempt are tried early: delaying them would save nothing.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field
from typing import Literal

from liqolab.kube.scheduler.node_info import PodInfo

_FIRST_BACK_OFF_SECONDS = 1.0
_LONGEST_BACK_OFF_SECONDS = 10.0
_FLUSH_SECONDS = 300.0

Place = Literal["active", "back-off", "unschedulable", "gated", "trying"]


@dataclass(slots=True, eq=False)
class QueuedPod:
    """A pod and its history in the queue.

    Attributes:
        pod: its newest state.
        attempts: how often it was tried.
        place: where it waits.
        since: loop time at which it first became active; orders pods of equal priority.
        plugins: who refused it last time; empty means that any change matters.
        failed: whether the last attempt ended in an error (then its back-off is waited out).
    """

    pod: PodInfo
    since: float
    attempts: int = 0
    place: Place = "active"
    plugins: frozenset[str] = frozenset()
    failed: bool = False
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)


class SchedulingQueue:
    """Pods by uid; `get` hands out the next one to try."""

    def __init__(self) -> None:
        self._pods: dict[str, QueuedPod] = {}
        self._unschedulable: dict[frozenset[str], dict[str, QueuedPod]] = {}
        """By who refused them, so that a change finds those that it concerns without a look at all that wait."""
        self._early: list[tuple[int, float, int, QueuedPod]] = []
        self._heap: list[tuple[int, float, int, QueuedPod]] = []
        self._order = itertools.count()
        self._wakeup = asyncio.Event()
        self._moves = 0

    def __contains__(self, uid: str) -> bool:
        return uid in self._pods

    @property
    def moves(self) -> int:
        """Grows with every change of the cluster that moved, or could have moved, pods."""
        return self._moves

    def set(self, pod: PodInfo) -> None:
        """Take a pod in, or note its new state; a change of what it asks for makes it worth trying at once."""
        known = self._pods.get(pod.uid)
        gated = bool(pod.pod["spec"].get("schedulingGates"))
        if known is None:
            known = self._pods[pod.uid] = QueuedPod(pod, asyncio.get_running_loop().time())
            if gated:
                known.place = "gated"
            else:
                self._activate(known)
            return
        changed = pod.pod["spec"] != known.pod.pod["spec"] or pod.labels != known.pod.labels
        known.pod = pod
        if gated or known.place in ("active", "trying"):
            return
        if known.place == "gated" or changed:
            self._activate(known)

    def remove(self, uid: str) -> None:
        known = self._pods.pop(uid, None)
        if known is not None:
            self._unpark(known)
            self._cancel_timer(known)

    async def get(self) -> QueuedPod:
        """The next pod; give it back with `park` unless it was placed (then `remove` it)."""
        while True:
            found = self._pop_active() or self._pop_early()
            if found is not None:
                self._cancel_timer(found)
                found.place = "trying"
                found.attempts += 1
                return found
            self._wakeup.clear()
            await self._wakeup.wait()

    def park(self, queued: QueuedPod, plugins: frozenset[str], moves: int, *, failed: bool = False) -> None:
        """Put a pod away after an attempt that began at `moves`.

        If the cluster changed meanwhile the pod goes to back-off right away, since that change may have been the one.
        """
        if self._pods.get(queued.pod.uid) is not queued:
            return
        self._unpark(queued)
        queued.plugins = plugins
        queued.failed = failed
        if failed or moves != self._moves:
            self._back_off(queued)
        else:
            queued.place = "unschedulable"
            self._unschedulable.setdefault(plugins, {})[queued.pod.uid] = queued
            self._set_timer(queued, _FLUSH_SECONDS)

    def move(self, plugins: frozenset[str] | None = None) -> None:
        """The cluster changed in a way that matters to `plugins` (None: to all)."""
        self._moves += 1
        concerned = [who for who in self._unschedulable if plugins is None or not who or who & plugins]
        for queued in [queued for who in concerned for queued in self._unschedulable.pop(who).values()]:
            self._back_off(queued)

    def _unpark(self, queued: QueuedPod) -> None:
        pods = self._unschedulable.get(queued.plugins, {})
        if pods.pop(queued.pod.uid, None) is not None and not pods:
            del self._unschedulable[queued.plugins]

    def close(self) -> None:
        """Cancel the timers."""
        for queued in self._pods.values():
            self._cancel_timer(queued)

    def _back_off(self, queued: QueuedPod) -> None:
        queued.place = "back-off"
        if not queued.failed:
            heapq.heappush(self._early, (-queued.pod.priority, queued.since, next(self._order), queued))
        seconds = _FIRST_BACK_OFF_SECONDS * 2.0 ** (queued.attempts - 1)
        self._set_timer(queued, min(seconds, _LONGEST_BACK_OFF_SECONDS))
        self._wakeup.set()

    def _activate(self, queued: QueuedPod) -> None:
        self._cancel_timer(queued)
        self._unpark(queued)
        queued.place = "active"
        heapq.heappush(self._heap, (-queued.pod.priority, queued.since, next(self._order), queued))
        self._wakeup.set()

    def _pop_active(self) -> QueuedPod | None:
        return self._pop(self._heap, "active")

    def _pop_early(self) -> QueuedPod | None:
        return self._pop(self._early, "back-off")

    def _pop(self, heap: list[tuple[int, float, int, QueuedPod]], place: Place) -> QueuedPod | None:
        """The first pod that still waits in `place`; those that have moved on meanwhile are dropped."""
        while heap:
            queued = heapq.heappop(heap)[-1]
            if queued.place == place and self._pods.get(queued.pod.uid) is queued:
                return queued
        return None

    def _set_timer(self, queued: QueuedPod, seconds: float) -> None:
        self._cancel_timer(queued)
        queued.timer = asyncio.get_running_loop().call_later(seconds, self._activate, queued)

    @staticmethod
    def _cancel_timer(queued: QueuedPod) -> None:
        if queued.timer is not None:
            queued.timer.cancel()
            queued.timer = None
