"""A class of 200 simulated learners at 20 events a second, over TLS, of whom 50 have their connection cut.

    python -m benchmarks.classroom [SECONDS]

The desk is `liqolab class open`, a program of its own; the learners' seats, journals and roads are the ones of
`liqolab learn --class`, all in this program. A cut connection ends in the middle of a request: the desk has what was
sent, and the learner does not know it. Printed are what the desk has against what was written, its memory, and how
long a screen of the desk takes to be made anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from liqolab.classroom import taking_part
from liqolab.classroom.codes import Code, read_code
from liqolab.classroom.errors import ClassError
from liqolab.classroom.lessons import outline_of, version_of
from liqolab.classroom.overview import Lookout
from liqolab.classroom.seat import Seat
from liqolab.classroom.store import Store
from liqolab.learn.journal import Journal

LEARNERS, EVENTS_PER_SECOND, CUTS = 200, 20, 50


class Cut:
    """Ends a connection behind a request that was sent, a given number of times."""

    def __init__(self, times: int) -> None:
        self.left = times
        self._post = taking_part._post

    def __call__(self, connection: object, path: str, document: object) -> object:
        if self.left and path.startswith("/events"):
            self.left -= 1
            answer = self._post(connection, path, document)
            del answer
            raise ConnectionResetError
        return self._post(connection, path, document)


class Learner:
    def __init__(self, root: Path, code: Code, version: str, number: int) -> None:
        folder = root / f"learner-{number}"
        self.journal = Journal(folder / "journal.jsonl")
        self.seat = Seat(folder, code, f"learner-{number}", version)
        self.seat.agree()
        self.road = taking_part.over_tls(code)
        self.acknowledged = 0
        self.written = 0

    def work(self) -> None:
        if self.written % 10 == 0:
            self.journal.write("entered", step="provision")
        else:
            self.journal.write("command", step="provision", text=f"kubectl get pods -n n{self.written}", code=0)
        self.written += 1
        self.send()

    def send(self) -> None:
        self.seat.catch_up()
        with contextlib.suppress(OSError):
            self.acknowledged = self.road(self.seat, self.acknowledged)


def main(seconds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ["LIQOLAB_HOME"] = str(root)
        command = [sys.executable, "-P", "-m", "liqolab.launch", "liqolab.cli", "liqolab", "class", "open", "bench"]
        with (root / "said").open("w") as said:
            desk = subprocess.Popen(command, stdout=said)
        try:
            measure(root, desk, seconds)
        finally:
            desk.terminate()
            desk.wait()


def measure(root: Path, desk: subprocess.Popen[bytes], seconds: int) -> None:
    while not (found := re.search(r"--class (\S+)", (root / "said").read_text())):
        time.sleep(0.05)
    code, version = read_code(found[1]), version_of(outline_of("offloading-with-policies"))
    learners = [Learner(root, code, version, number) for number in range(LEARNERS)]
    taking_part._post = Cut(CUTS)  # type: ignore[assignment]
    begun, refused, longest = time.monotonic(), 0, 0.0
    with ThreadPoolExecutor(8) as pool, contextlib.closing(Store(root / "classes/bench.sqlite")) as store:
        work, lookout = [], Lookout(store)
        for number in range(seconds * EVENTS_PER_SECOND):
            work.append(pool.submit(learners[number % LEARNERS].work))
            time.sleep(max(0.0, begun + number / EVENTS_PER_SECOND - time.monotonic()))
            if number % EVENTS_PER_SECOND == 0:
                started = time.monotonic()
                lookout.look()
                longest = max(longest, time.monotonic() - started)
        for task in work:
            try:
                task.result()
            except ClassError:
                refused += 1
        took = time.monotonic() - begun
        for learner in learners:
            learner.send()
        written = sum(learner.written for learner in learners)
        kept = sum(len(store.events(seat)) for seat in store.seats())
    status = Path(f"/proc/{desk.pid}/status").read_text()
    memory = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
    print(f"{LEARNERS} learners, {written} events in {took:.1f} s, {CUTS} connections cut")
    print(f"at the desk: {kept} events, {written - kept} lost, {refused} refused")
    print(f"desk: {memory:.0f} MiB at most; its screen is made anew in {longest * 1000:.0f} ms at most")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
