"""The way to other clusters, over which a real server of this machine is reached."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from liqolab.kube.node.beyond import Beyond, Link
from liqolab.kube.node.fabric import Fabric

DELAY = 0.2


@pytest.fixture
async def fabric() -> AsyncIterator[Fabric]:
    made = Fabric()
    yield made
    await made.close()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Of a server on loopback that sends back what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def answers(connection: socket.socket, text: bytes = b"hi") -> bytes:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, text)
    return await loop.sock_recv(connection, 100)


async def test_a_cut_link_ends_what_is_open_and_lets_nothing_through_until_it_is_healed(
    fabric: Fabric, port: int
) -> None:
    before = await fabric.dial("127.0.0.1", port)
    assert await answers(before) == b"hi"
    fabric.beyond.change([Link(frozenset({f"127.0.0.1:{port}"}), cut=True)])
    async with asyncio.timeout(60):
        assert await asyncio.get_running_loop().sock_recv(before, 100) == b""
    with pytest.raises(OSError, match=f"dial tcp 127.0.0.1:{port}: connect: no route to host"):
        await fabric.dial("127.0.0.1", port)
    fabric.beyond.change([])
    with await fabric.dial("127.0.0.1", port) as after:
        assert await answers(after) == b"hi"
    before.close()


async def test_what_leads_elsewhere_is_left_alone(fabric: Fabric, port: int) -> None:
    with await fabric.dial("127.0.0.1", port) as connection:
        fabric.beyond.change([Link(frozenset({"127.18.0.1", f"127.0.0.1:{port + 1}"}), cut=True)])
        assert await answers(connection) == b"hi"


async def test_a_whole_address_is_a_place(port: int) -> None:
    beyond = Beyond()
    beyond.change([Link(frozenset({"127.0.0.1"}), cut=True)])
    with pytest.raises(OSError, match="no route to host"):
        await beyond.dial("127.0.0.1", port)


async def test_a_slow_link_delays_a_round_trip_and_keeps_every_byte_in_order(fabric: Fabric, port: int) -> None:
    fabric.beyond.change([Link(frozenset({"127.0.0.1"}), delay=DELAY)])
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(sock=await fabric.dial("127.0.0.1", port))
    begun = loop.time()
    writer.write(b"hi")
    assert await reader.readexactly(2) == b"hi"
    assert loop.time() - begun >= DELAY * 0.99
    sent = bytes(range(256)) * 4096
    writer.write(sent)
    assert await reader.readexactly(len(sent)) == sent
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_a_slow_link_to_nobody_refuses(fabric: Fabric, port: int) -> None:
    fabric.beyond.change([Link(frozenset({"127.0.0.1"}), delay=0.01)])
    with pytest.raises(ConnectionRefusedError):
        await fabric.dial("127.0.0.1", 1)
