"""Commands, logs and ports through clients that are neither kubectl nor the official Python client."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import kr8s
import pytest
from kr8s.asyncio.objects import Pod

from tests.clusters import ClusterProcess
from tests.kubectls import Kubectl, kubectls

_NODE_CLIENT = Path(__file__).parent / "data" / "node-client"
_SCRIPT = "echo one; echo two; while true; do sleep 0.2; echo tick; done"


@pytest.fixture
def space(cluster: ClusterProcess, namespace: str, tmp_path: Path) -> str:
    """A namespace with a pod `box` that talks and a pod `web` that serves."""
    kubectl = Kubectl(next(iter(kubectls())), cluster.kubeconfig, tmp_path)
    kubectl("-n", namespace, "run", "box", "--image=busybox", "--", "sh", "-c", _SCRIPT)
    kubectl("-n", namespace, "run", "web", "--image=nginx", "--port=80")
    kubectl("-n", namespace, "wait", "--for=condition=Ready", "--timeout=20s", "pod/box", "pod/web")
    return namespace


async def test_kr8s(cluster: ClusterProcess, space: str) -> None:
    api = await kr8s.asyncio.api(kubeconfig=str(cluster.kubeconfig))
    box, web = [await Pod.get(name, namespace=space, api=api) for name in ("box", "web")]
    done = await box.exec(["sh", "-c", "echo out; echo err >&2; exit 5"], check=False)
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 5)
    lines = box.logs(follow=True)
    async with asyncio.timeout(20):
        assert [await anext(lines), await anext(lines)] == ["one", "two"]
    await lines.aclose()
    async with web.portforward(remote_port=80) as port, httpx.AsyncClient() as client:
        assert "Welcome to nginx" in (await client.get(f"http://127.0.0.1:{port}/")).text


@pytest.mark.journey
@pytest.mark.skipif(not shutil.which("npm"), reason="there is no Node.js to run the JavaScript client with")
def test_the_javascript_client(cluster: ClusterProcess, space: str, tmp_path: Path) -> None:
    here = tmp_path / "node"
    shutil.copytree(_NODE_CLIENT, here)
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(install, cwd=here, timeout=300, check=True)
    command = ["node", "client.mjs", str(cluster.kubeconfig), space, str(tmp_path)]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    seen: Any = json.loads(done.stdout)
    assert seen["exec"] == {"out": "out\n", "err": "err\n", "code": 5}
    assert seen["input"] == {"out": "piped\n", "err": "", "code": 0}
    assert (seen["log"], seen["page"]) == (["one", "two"], True)
    assert seen["copied"] == "copied\n"
    assert seen["attach"] == "tick"
