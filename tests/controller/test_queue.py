import asyncio

from liqolab.controller.queue import WorkQueue


async def test_a_key_is_handed_out_once_however_often_it_was_added() -> None:
    queue = WorkQueue()
    for key in ("a", "b", "a"):
        queue.add(key)
    assert [await queue.get(), await queue.get()] == ["a", "b"]
    assert len(queue) == 0


async def test_a_key_added_while_it_is_worked_on_comes_again_afterwards_and_not_before() -> None:
    queue = WorkQueue()
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.done("a")
    assert await waiting == "a"


async def test_failures_back_off_and_success_forgets_them() -> None:
    queue = WorkQueue()
    first, second = queue.retry("a"), queue.retry("a")
    assert second > first
    queue.forget("a")
    assert queue.retry("a") == first
    queue.close()


async def test_of_two_delays_the_shorter_counts() -> None:
    queue = WorkQueue()
    queue.add_after("a", 3600)
    queue.add_after("a", 0)
    assert await queue.get() == "a"
    queue.close()


async def test_a_key_that_always_asks_to_come_again_at_once_comes_ever_later() -> None:
    queue = WorkQueue()
    first = queue.retry("patient")
    for _ in range(3):
        queue.again("hasty", 0.0)
        queue.again("patient", 60.0)
    assert (queue.retry("hasty"), queue.retry("patient")) == (8 * first, first)
    queue.close()
