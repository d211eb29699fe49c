"""Many requests at once, as several clients make them, and waiting for what comes of them."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.growth.planes import Plane
from benchmarks.latency import Connection

Call = tuple[str, str, Any]
"""Method, path, body."""

CLIENTS = 4
_BEAT_SECONDS = 15.0
_PATIENCE_SECONDS = 1800.0
_STRATEGIC = "application/strategic-merge-patch+json"


def spread(kubeconfig: Path, calls: Iterable[Call]) -> None:
    """Make all calls over `CLIENTS` connections.

    Raises:
        RuntimeError: one of them was refused.
    """
    source, lock = iter(calls), threading.Lock()
    refused: list[Exception] = []

    def work() -> None:
        with contextlib.closing(Connection(kubeconfig)) as connection:
            while not refused:
                with lock:
                    call = next(source, None)
                if call is None:
                    return
                try:
                    connection.request(*call)
                except (RuntimeError, OSError, http.client.HTTPException) as error:
                    refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise RuntimeError(str(refused[0]))


def read(connection: Connection, path: str) -> Any:
    """A document."""
    return json.loads(connection.content("GET", path))


class Seen:
    """The names of the objects of a collection that are as wanted, counted by a watch for the length of a ``with``."""

    def __init__(self, kubeconfig: Path, path: str, wanted: Callable[[Any], object]) -> None:
        self._changed = threading.Condition()
        self._names: set[str] = set()
        self._kubeconfig, self._path, self._wanted = kubeconfig, path, wanted
        self._over = False

    def __enter__(self) -> Seen:
        threading.Thread(target=self._follow, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True

    def wait(self, count: int) -> None:
        """Until there are so many.

        Raises:
            TimeoutError: that takes half an hour.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._names) >= count, _PATIENCE_SECONDS):
                raise TimeoutError(f"{len(self._names)} of {count} at {self._path}")

    def _follow(self) -> None:
        revision = ""
        while not self._over:
            connection = Connection(self._kubeconfig)
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
                query = f"?watch=1&timeoutSeconds=1000&resourceVersion={revision}"
                for line in connection.lines(self._path + query):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        revision = ""
                        break
                    revision = event["object"]["metadata"]["resourceVersion"]
                    self._take(event)

    def _take(self, event: Any) -> None:
        with self._changed:
            name = f"{event['object']['metadata'].get('namespace')}/{event['object']['metadata']['name']}"
            if event["type"] != "DELETED" and self._wanted(event["object"]):
                self._names.add(name)
            else:
                self._names.discard(name)
            self._changed.notify_all()


@contextmanager
def heartbeats(plane: Plane) -> Iterator[None]:
    """Post the status of nodes that have no kubelet, at a kubelet's pace."""
    over = threading.Event()

    def beat() -> None:
        with contextlib.closing(Connection(plane.kubeconfig)) as connection:
            while not over.is_set():
                names = list(plane.beating)
                for name in names:
                    body = {"status": {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": now()}]}}
                    with contextlib.suppress(RuntimeError):
                        connection.request("PATCH", f"/api/v1/nodes/{name}/status", body, _STRATEGIC)
                    if over.wait(_BEAT_SECONDS / len(names)):
                        return
                over.wait(0 if names else 1)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
