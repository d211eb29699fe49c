"""Bytes between pods: every connection here is a real socket with real bytes in it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from liqolab.kube.node.fabric import Fabric
from liqolab.kube.node.network import ContainerNetwork


class Echo(asyncio.Protocol):
    """Sends back what it gets, with a name in front."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(self.name + data)

    def eof_received(self) -> None:
        return None


@pytest.fixture
async def fabric() -> AsyncIterator[Fabric]:
    made = Fabric()
    for address in ("10.200.0.2", "10.200.0.3"):
        made.attach(address)
    yield made
    await made.close()


def pod(fabric: Fabric, address: str, *, privileged: bool = False) -> ContainerNetwork:
    return ContainerNetwork(fabric, address, "default", privileged=privileged, owner="container c")


async def ask(connection: socket.socket, text: bytes = b"hi") -> bytes:
    loop = asyncio.get_running_loop()
    with connection:
        await loop.sock_sendall(connection, text)
        return await loop.sock_recv(connection, 100)


async def test_pods_reach_each_other_and_themselves(fabric: Fabric) -> None:
    one, two = pod(fabric, "10.200.0.2"), pod(fabric, "10.200.0.3")
    await two.listen(80, lambda: Echo(b"two:"))
    assert await ask(await one.dial("10.200.0.3", 80)) == b"two:hi"
    assert await ask(await two.dial("127.0.0.1", 80)) == b"two:hi"


async def test_a_whole_megabyte_arrives_in_both_directions(fabric: Fabric) -> None:
    await pod(fabric, "10.200.0.3").listen(80, lambda: Echo(b""))
    connection = await fabric.dial("10.200.0.3", 80)
    reader, writer = await asyncio.open_connection(sock=connection)
    sent = bytes(range(256)) * 4096
    writer.write(sent)
    assert await reader.readexactly(len(sent)) == sent
    writer.close()
    await writer.wait_closed()


async def test_what_cannot_be_reached_fails_as_on_a_real_network(fabric: Fabric) -> None:
    with pytest.raises(ConnectionRefusedError, match=r"dial tcp 10.200.0.2:81: connect: connection refused"):
        await fabric.dial("10.200.0.2", 81)
    for address in ("10.200.0.9", "192.0.2.1"):
        with pytest.raises(OSError, match="no route to host"):
            await fabric.dial(address, 80)
    with pytest.raises(socket.gaierror, match="no such host"):
        await fabric.dial("nobody.default.svc", 80)


async def test_listeners_and_their_connections_end_with_the_container(fabric: Fabric) -> None:
    server = pod(fabric, "10.200.0.3")
    await server.listen(80, lambda: Echo(b""))
    with pytest.raises(OSError, match="already in use"):
        await pod(fabric, "10.200.0.3").listen(80, lambda: Echo(b""))
    connection = await fabric.dial("10.200.0.3", 80)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, b"x")
    assert await loop.sock_recv(connection, 10) == b"x"
    server.close()
    assert await loop.sock_recv(connection, 10) == b""
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        await fabric.dial("10.200.0.3", 80)


async def test_routes_lead_through_the_router_with_the_longest_prefix(fabric: Fabric) -> None:
    beyond: list[tuple[str, str, int]] = []

    def forwarder(name: str) -> Any:
        async def forward(host: str, port: int, _: str) -> socket.socket:
            beyond.append((name, host, port))
            near, far = socket.socketpair()
            far.close()
            near.setblocking(False)
            return near

        return forward

    wide, narrow = pod(fabric, "10.200.0.2", privileged=True), pod(fabric, "10.200.0.3", privileged=True)
    await wide.add_route("10.204.0.0/16", "10.200.0.2")
    await narrow.add_route("10.204.7.0/24", "10.200.0.3")
    await wide.forward(forwarder("wide"))
    await narrow.forward(forwarder("narrow"))
    for address in ("10.204.1.1", "10.204.7.1"):
        (await fabric.dial(address, 80)).close()
    assert beyond == [("wide", "10.204.1.1", 80), ("narrow", "10.204.7.1", 80)]
    narrow.close()
    (await fabric.dial("10.204.7.1", 80)).close()
    assert beyond[-1][0] == "wide"
    fabric.detach("10.200.0.2")
    with pytest.raises(OSError, match="no route to host"):
        await fabric.dial("10.204.1.1", 80)


async def _nowhere(host: str, port: int, origin: str) -> socket.socket:
    raise OSError


async def test_routing_needs_the_privilege(fabric: Fabric) -> None:
    with pytest.raises(PermissionError, match="NET_ADMIN"):
        await pod(fabric, "10.200.0.2").add_route("10.204.0.0/16", "10.200.0.2")
    with pytest.raises(PermissionError, match="operation not permitted"):
        await pod(fabric, "10.200.0.2").forward(_nowhere)


async def test_other_programs_of_the_machine_are_reached_over_loopback(fabric: Fabric) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Echo(b"machine:"), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await ask(await pod(fabric, "10.200.0.2").dial("127.0.0.1", port)) == b"machine:hi"
