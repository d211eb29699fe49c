"""A program as the process of a pod: who it is told that it is, what its probes answer, how it ends.

The pod is a mount and network namespace with a service account's token where kubelets put it.
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liqolab.pod.place import mounts
from tests.pod.test_network import ROOT, pytestmark

__all__ = ["pytestmark"]

_PREPARE = """\
set -e
ip link set lo up 2>/dev/null || python3 -c 'from pyroute2 import IPRoute; IPRoute().link("set", index=1, state="up")'
mount -t tmpfs tmpfs /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount --bind "$1" /run/secrets/kubernetes.io/serviceaccount
shift
exec "$@"
"""
_PROGRAMS = """
import asyncio

async def serve(container):
    place = (container.namespace, container.pod, container.pod_ip, container.node, container.service_account)
    print(*place, *container.args)
    print(container.path("/var/run/secrets/kubernetes.io/serviceaccount/namespace").read_text())
    container.log("waiting")
    try:
        while "become ready" not in await asyncio.to_thread(input):
            pass
        container.ready.set()
        container.log("ready")
        await asyncio.Event().wait()
    finally:
        container.log("cleaned up")

async def broken(container):
    raise RuntimeError("the reason is in the log")

async def ended(container):
    return 3
"""


def _token(**claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"kubernetes.io": claims}).encode()).decode().rstrip("=")
    return f"e30.{body}.signature"


@pytest.fixture
def account(tmp_path: Path) -> Path:
    folder = tmp_path / "account"
    folder.mkdir()
    claims = {"namespace": "liqo", "serviceaccount": {"name": "liqo-auth"}, "pod": {"name": "liqo-auth-0", "uid": "7"}}
    (folder / "token").write_text(_token(**claims, node={"name": "venice-worker"}))
    (folder / "namespace").write_text("liqo")
    (tmp_path / "podprograms.py").write_text(_PROGRAMS)
    return folder


@pytest.fixture
def pod(account: Path) -> Iterator[Any]:
    """Starts programs of module ``podprograms`` as pods."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str, *arguments: str, **env: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "liqolab.pod", f"podprograms:{name}", *arguments]
        started.append(
            subprocess.Popen(
                ["unshare", "--net", "--mount", "bash", "-c", _PREPARE, "pod", str(account), *command],
                cwd=ROOT,
                env={
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    "PYTHONPATH": str(account.parent),
                    "POD_IP": "127.0.0.1",
                    **env,
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                bufsize=1,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _probe(process: subprocess.Popen[str], path: str) -> str:
    """What a kubelet would be answered."""
    ask = (
        "import sys, urllib.request as r, urllib.error as e\n"
        f"try: print(r.urlopen('http://127.0.0.1:5870{path}').status)\n"
        "except e.HTTPError as error: print(error.code)\n"
    )
    command = ["nsenter", "-t", str(process.pid), "--net", sys.executable, "-c", ask]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_program_is_told_where_it_is_and_ends_cleanly(pod: Any) -> None:
    process = pod("serve", "--cluster-id=1", NODE_NAME="")
    lines = [process.stdout.readline().rstrip() for _ in range(3)]
    assert lines == ["liqo liqo-auth-0 127.0.0.1 venice-worker liqo-auth --cluster-id=1", "liqo", "waiting"]
    assert [_probe(process, path) for path in ("/healthz", "/readyz", "/else")] == ["200", "503", "404"]
    process.stdin.write("become ready\n")
    assert process.stdout.readline() == "ready\n"
    assert _probe(process, "/readyz") == "200"
    process.send_signal(signal.SIGTERM)
    assert process.communicate()[0] == "cleaned up\n"
    assert process.returncode == 0


def test_what_a_program_ends_with_is_the_containers_end(pod: Any) -> None:
    process = pod("ended")
    assert (process.communicate()[0], process.returncode) == ("", 3)
    process = pod("broken")
    said = process.communicate()[0]
    assert said.startswith("Traceback") and said.endswith("RuntimeError: the reason is in the log\n")
    assert process.returncode == 1


def test_outside_of_a_pod_it_says_so() -> None:
    command = [sys.executable, "-m", "liqolab.pod", "liqolab.liqo.proxy:run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("this is no pod of a cluster, or has no service account: ")


def test_volumes_are_what_is_mounted(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    rows = ["/", "/proc", "/dev/shm", "/sys/fs/cgroup", "/etc/hosts", "/etc", str(tmp_path)]
    table.write_text("".join(f"36 35 98:0 /a {point} rw - ext3 /dev/root rw\n" for point in rows))
    assert sorted(mounts(table)) == sorted(["/etc", str(tmp_path)])
