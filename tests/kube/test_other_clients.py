"""Commands, logs and ports through clients that are neither kubectl nor the official Python client."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
    async with web.portforward(remote_port=80, local_port="auto") as port, httpx.AsyncClient() as client:
        assert "Welcome to nginx" in (await client.get(f"http://127.0.0.1:{port}/")).text


async def test_what_comes_before_a_port_is_connected_is_kept(cluster: ClusterProcess, space: str) -> None:
    """The handshake of a WebSocket and the first data behind it in one write, as a client is free to send them."""
    api = await kr8s.asyncio.api(kubeconfig=str(cluster.kubeconfig))
    server = urlsplit(str(api.auth.server))
    # kr8s does not say what this one gives: the TLS of the kubeconfig's certificates.
    settings = await api.auth.ssl_context()  # type: ignore[no-untyped-call]
    reader, writer = await asyncio.open_connection(server.hostname, server.port, ssl=settings)
    handshake = (
        f"GET /api/v1/namespaces/{space}/pods/web/portforward?ports=80 HTTP/1.1\r\nHost: {server.netloc}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n"
    )
    asked = b"\x00GET / HTTP/1.0\r\n\r\n"
    # A frame of bytes, whole, under a mask of noughts.
    writer.write(handshake.encode() + bytes((0x82, 0x80 | len(asked))) + bytes(4) + asked)
    async with asyncio.timeout(20):
        await reader.readuntil(b"Welcome to nginx")
    writer.close()


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
