"""The network of real pods, on the kernel: each pod of these tests, and their node, is a network namespace."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _may_unshare() -> bool:
    program = shutil.which("unshare")
    return program is not None and subprocess.run([program, "--net", "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not _may_unshare(), reason="network namespaces take Linux and CAP_SYS_ADMIN")


class Inside:
    """A process in a network namespace of its own."""

    def __init__(self, role: str) -> None:
        command = ["unshare", "--net", sys.executable, "-m", "tests.pod.inside", role]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def tell(self, line: str = "") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, line: str = "") -> str:
        self.tell(line)
        return self.said()


@pytest.fixture
def namespaces() -> Iterator[dict[str, Inside]]:
    """A node that is linked to a pod and to a gateway, which forwards."""
    found = {role: Inside(role) for role in ("node", "pod", "gateway")}
    try:
        pids = [found[role].said() for role in ("pod", "gateway")]
        assert found["node"].ask(" ".join(pids)) == "linked"
        assert found["pod"].ask() == "connected"
        assert found["gateway"].ask() == "forwarding"
        yield found
    finally:
        for inside in found.values():
            inside.process.kill()
            inside.process.communicate()


def test_connections_to_addresses_beyond_the_cluster_are_forwarded(namespaces: dict[str, Inside]) -> None:
    node, pod, gateway = namespaces["node"], namespaces["pod"], namespaces["gateway"]
    assert pod.ask("10.204.1.7:80") == "OSError"  # the node knows no way
    assert node.ask() == "10.204.0.0/16 via 10.244.0.9"
    assert pod.ask("10.204.1.7:80") == "10.204.1.7:80 all"
    assert pod.ask("10.204.255.1:80") == "10.204.255.1:80 all"
    # Nobody is there: the kernel had accepted before anybody knew.
    assert pod.ask("10.204.1.7:81") in ("ConnectionResetError", "BrokenPipeError")
    assert gateway.said() == "a connection was not carried: connection refused"
    # The gateway's own ports are its own.
    assert pod.ask("10.244.0.9:443") == "ConnectionRefusedError"
    assert node.ask() == ""
    assert pod.ask("10.204.1.7:80") == "OSError"


def test_routes_of_a_process_that_was_killed_are_cleaned_up(namespaces: dict[str, Inside]) -> None:
    node = namespaces["node"]
    assert node.ask() == "10.204.0.0/16 via 10.244.0.9"
    assert node.ask("die") == "10.205.0.0/16 via 10.244.0.9"
    assert node.ask() == ""


def test_who_may_not_route_is_told_what_is_missing() -> None:
    inside = Inside("powerless")
    said, _ = inside.process.communicate()
    assert said.splitlines() == [
        "[Errno 1] ip route del 10.204.0.0/16: operation not permitted "
        "(the container has not the capability NET_ADMIN)",
        "[Errno 1] nft add rule liqolab redirect redirect to :5872: operation not permitted "
        "(the container has not the capability NET_ADMIN)",
    ]
