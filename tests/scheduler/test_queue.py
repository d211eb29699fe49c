"""Which waiting pod is tried next, and when one is tried again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from liqolab.kube.scheduler.node_info import PodInfo
from liqolab.kube.scheduler.queue import SchedulingQueue
from tests.scheduler.scheduling_cases import pod

NONE: frozenset[str] = frozenset()


def info(name: str, priority: int = 0, **spec: Any) -> PodInfo:
    return PodInfo(pod(name, priority=priority, **spec))


@pytest.fixture
def queue() -> Any:
    made = SchedulingQueue()
    yield made
    made.close()


async def nothing_to_try(queue: SchedulingQueue) -> bool:
    task = asyncio.ensure_future(queue.get())
    for _ in range(3):
        await asyncio.sleep(0)
    waiting = not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return waiting


async def test_important_pods_first_then_first_come(queue: SchedulingQueue) -> None:
    for one in (info("a"), info("b", 5), info("c")):
        queue.set(one)
    assert [(await queue.get()).pod.name for _ in range(3)] == ["b", "a", "c"]


async def test_unschedulable_pod_waits_for_a_change_that_matters(queue: SchedulingQueue) -> None:
    queue.set(info("a"))
    queue.park(await queue.get(), frozenset({"NodeAffinity"}), queue.moves)
    queue.move(frozenset({"NodeResourcesFit"}))
    assert await nothing_to_try(queue)
    queue.move(frozenset({"NodeAffinity"}))
    assert (await queue.get()).attempts == 2


async def test_change_during_an_attempt_is_not_missed(queue: SchedulingQueue) -> None:
    queue.set(info("a"))
    queued, moves = await queue.get(), queue.moves
    queue.move()
    queue.park(queued, frozenset({"NodeAffinity"}), moves)
    assert (await queue.get()) is queued


async def test_error_is_backed_off(queue: SchedulingQueue) -> None:
    queue.set(info("a"))
    queue.park(await queue.get(), NONE, queue.moves, failed=True)
    assert await nothing_to_try(queue)


async def test_gated_pod_is_tried_when_its_gates_are_gone(queue: SchedulingQueue) -> None:
    queue.set(info("a", schedulingGates=[{"name": "g"}]))
    queue.move()
    assert await nothing_to_try(queue)
    queue.set(info("a"))
    assert (await queue.get()).pod.name == "a"


async def test_changed_pod_is_tried_again_and_its_status_alone_changes_nothing(queue: SchedulingQueue) -> None:
    queue.set(info("a"))
    queue.park(await queue.get(), frozenset({"NodeAffinity"}), queue.moves)
    queue.set(info("a"))
    assert await nothing_to_try(queue)
    queue.set(info("a", tolerations=[{"operator": "Exists"}]))
    assert (await queue.get()).pod.name == "a"
    queue.remove("uid-a")
    assert "uid-a" not in queue
