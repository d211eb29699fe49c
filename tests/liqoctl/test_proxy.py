"""liqo-proxy as a process outside of a cluster: its one door leads to the API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from liqolab.liqo.gen05.names import PROXY_PORT
from liqolab.liqo.proxy import run
from liqolab.program import Container
from tests.host_network import HostNetwork


@pytest.fixture
async def api_server() -> AsyncIterator[Any]:
    """A server that says hello and returns what it gets, in place of the API server."""

    async def serve(reader: Any, writer: Any) -> None:
        writer.write(b"hello ")
        while block := await reader.read(1024):
            writer.write(block)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def proxy(api_server: Any) -> AsyncIterator[Any]:
    """The port of a running proxy."""
    network = HostNetwork()
    container = Container(
        name="proxy",
        image="liqolab/proxy:v0.5.4",
        args=(),
        env={"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api_server)},
        namespace="liqo",
        pod="liqo-proxy",
        pod_uid="",
        pod_ip="127.0.0.1",
        node="venice",
        host_ip="127.0.0.1",
        service_account="liqo-proxy",
        network=network,
        log=lambda line: None,
    )
    task = asyncio.create_task(run(container))
    await container.ready.wait()
    yield network.ports[PROXY_PORT]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await network.close()


async def ask(proxy: Any, request: str) -> Any:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy)
    writer.write(request.encode() + b"\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    return head.split(b"\r\n")[0].decode(), reader, writer


async def test_connections_to_the_api_server_are_carried(proxy: Any, api_server: Any) -> None:
    # Whatever a peer calls it: nothing else is ever reached.
    for host in (f"127.0.0.1:{api_server}", "kubernetes.default.svc:443", "172.18.0.3:6443", "10.200.0.5:22"):
        status, reader, writer = await ask(proxy, f"CONNECT {host} HTTP/1.1\r\nHost: {host}")
        assert status == "HTTP/1.1 200 Connection established"
        writer.write(b"world")
        assert await reader.readexactly(11) == b"hello world"
        writer.close()


async def test_every_other_request_is_refused(proxy: Any) -> None:
    answer, reader, writer = await ask(proxy, "GET http://kubernetes.default.svc/ HTTP/1.1")
    assert answer == "HTTP/1.1 405 Method Not Allowed"
    assert await reader.read() == b""
    writer.close()
