"""Has a walkthrough do something while the person waits: its output is printed as it comes, Ctrl-C is for its command.

Jupyter gives a cell's output to the cell whose thread prints it, so the work is done in another thread, and this one
prints.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread, current_thread, main_thread
from types import FrameType
from typing import TypeVar

from liqolab.learn.notices import BusyChanged, CommandEnded, CommandStarted, Notice, OutputArrived
from liqolab.learn.walkthrough import Walkthrough

T = TypeVar("T")


def attended(walkthrough: Walkthrough, act: Callable[[], T]) -> T:
    """What `act` answers, or raises; what happens meanwhile is printed."""
    heard: SimpleQueue[Notice | None] = SimpleQueue()
    unsubscribe = walkthrough.subscribe(heard.put)
    with ThreadPoolExecutor(1, thread_name_prefix="notebook") as worker, _interrupting(walkthrough):
        done: Future[T] = worker.submit(act)
        done.add_done_callback(lambda _: heard.put(None))
        try:
            while (notice := heard.get()) is not None:
                _tell(walkthrough, notice)
        finally:
            unsubscribe()
    return done.result()


def _tell(walkthrough: Walkthrough, notice: Notice) -> None:
    say = walkthrough.texts
    match notice:
        case OutputArrived(text):
            print(text, end="", flush=True)  # noqa: T201 (a cell's output)
        case CommandStarted(command, solving=True):
            print("\n".join(f"$ {line}" for line in command.split("\n")), flush=True)  # noqa: T201
        case CommandEnded(_, code, _, remark):
            # How a command of the person's own failed is told by the cell that fails.
            if remark and not code:
                print(say("plain.ended.remark", remark=remark), flush=True)  # noqa: T201
        case BusyChanged(text) if text:
            print(f"{text} …", flush=True)  # noqa: T201


@contextmanager
def _interrupting(walkthrough: Walkthrough) -> Iterator[None]:
    """Ctrl-C within the block interrupts what the walkthrough does, which then ends by itself."""
    if current_thread() is not main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        # In a thread: it waits for the command's end.
        Thread(target=walkthrough.interrupt, name="interrupt", daemon=True).start()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
