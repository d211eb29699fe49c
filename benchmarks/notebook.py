"""The notebook: how soon a kernel is of use, and how fast its picture follows the clusters.

``python -m benchmarks notebook`` measures it alone. Everything is seen from where a browser sees it: the messages of a
kernel that is a process of its own.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks.figures import Report
from benchmarks.lab import Lab
from benchmarks.latency import Connection
from benchmarks.processes import FailedError

CHANGES: Final = 20
PAUSE_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 120.0

_PLAYGROUND: Final = "bench-notebook"
_NAMESPACES: Final = "/api/v1/namespaces"


def measure(lab: Lab, report: Report, repeat: int) -> None:
    """Start kernels, `repeat` of them, and change something in a cluster that the last one shows."""
    for _ in range(repeat):
        began = time.perf_counter()
        with _kernel(lab) as client:
            _run(client, "echo usable")
            report.add("notebook_cell", time.perf_counter() - began)
    with lab.up(_PLAYGROUND), _kernel(lab) as client:
        _run(client, "%lab open --language en")
        path = lab.home / "playgrounds" / _PLAYGROUND / "clusters" / "venice" / "kubeconfig"
        connection = Connection(path)
        try:
            for number in range(CHANGES):
                time.sleep(PAUSE_SECONDS)
                report.add("notebook_picture", 1000 * _change(client, connection, f"bench-{number}"))
        finally:
            connection.close()


@contextmanager
def _kernel(lab: Lab) -> Iterator[Any]:
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="liqolab")
    manager.start_kernel(env={**lab.environment, "LIQOLAB_PLAYGROUND": _PLAYGROUND})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE_SECONDS)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def _run(client: Any, cell: str) -> None:
    reply = client.execute_interactive(cell, timeout=PATIENCE_SECONDS, output_hook=lambda message: None)
    if reply["content"]["status"] != "ok":
        raise FailedError(f"{cell}: {reply['content']}")


def _change(client: Any, connection: Connection, name: str) -> float:
    """Seconds from the request for a namespace to the message that has it in the drawing."""
    _drain(client)
    began = time.perf_counter()
    connection.request("POST", _NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    _await(client, lambda message: f">{name}<" in json.dumps(message["content"]))
    return time.perf_counter() - began


def _await(client: Any, wanted: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < deadline:
        if wanted(client.get_iopub_msg(timeout=PATIENCE_SECONDS)):
            return
    raise FailedError("the picture does not follow")


def _drain(client: Any) -> None:
    while True:
        try:
            client.get_iopub_msg(timeout=0.05)
        except queue.Empty:
            return
