"""Two ends of a tunnel on loopback: who is let in, and what happens to the bytes."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from socket import socket
from typing import Any

import pytest

from liqolab.controller.tcp import tcp_dial
from liqolab.controller.tls import unverified_tls
from liqolab.liqo.identity.certificates import self_signed_server_tls
from liqolab.liqo.network.tunnel import handshake
from liqolab.liqo.network.tunnel.frames import Frame, FrameType
from liqolab.liqo.network.tunnel.handshake import HandshakeError, UnknownPeerError
from liqolab.liqo.network.tunnel.keys import GatewayKey
from liqolab.liqo.network.tunnel.session import Connect, Session

VENICE, NAPLES = "venice-id", "naples-id"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def gateway(key: GatewayKey) -> AsyncIterator[tuple[int, asyncio.Queue[Streams]]]:
    """A listening gateway: its port, and the connections that arrive."""
    arrived: asyncio.Queue[Streams] = asyncio.Queue()
    tls = self_signed_server_tls("gateway", key.private)
    server = await asyncio.start_server(lambda *streams: arrived.put_nowait(streams), "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], arrived


async def connect(port: int) -> Streams:
    return await asyncio.open_connection("127.0.0.1", port, ssl=unverified_tls())


async def refuse(host: str, port: int, origin: str) -> socket:
    raise OSError(errno.ECONNREFUSED, f"dial tcp {host}:{port}: connect: connection refused")


@asynccontextmanager
async def tunnel(remote: Connect, local: Connect = refuse) -> AsyncIterator[tuple[Session, list[asyncio.Task[None]]]]:
    """The dialling end of a tunnel whose other end connects with `remote`, and the tasks of both ends."""
    venice, naples = GatewayKey.generate(), GatewayKey.generate()
    async with gateway(naples) as (port, arrived):
        reader, writer = await connect(port)
        far_reader, far_writer = await arrived.get()
        known = asyncio.create_task(handshake.accept(far_reader, far_writer, naples, {VENICE: venice.public}.get))
        await handshake.dial(reader, writer, venice, VENICE, naples.public)
        assert await known == VENICE
        near, far = Session(reader, writer, local, dialled=True), Session(far_reader, far_writer, remote, dialled=False)
        tasks = [asyncio.create_task(session.run()) for session in (near, far)]
        await asyncio.sleep(0)
        try:
            yield near, tasks
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def service(handle: Callable[..., Awaitable[None]]) -> AsyncIterator[Connect]:
    """A way to connect that leads to `handle`, whatever the address."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]

        async def dial(_host: str, _port: int, _origin: str) -> socket:
            return await tcp_dial("127.0.0.1", port)

        yield dial


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"echo: " + await reader.read())
    writer.close()


async def exchange(session: Session, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(sock=await session.open("10.202.0.5", 80))
    writer.write(data)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("dialled_expects", "accepting_knows", "refusal"),
    [
        ("other", {VENICE: "venice"}, HandshakeError),
        ("naples", {}, UnknownPeerError),
        ("naples", {VENICE: "other"}, HandshakeError),
        ("naples", {NAPLES: "venice"}, UnknownPeerError),
    ],
)
async def test_only_the_key_of_the_network_config_is_let_in(
    dialled_expects: str, accepting_knows: dict[str, str], refusal: type[Exception]
) -> None:
    keys = {name: GatewayKey.generate() for name in ("venice", "naples", "other")}
    known = {peer: keys[name].public for peer, name in accepting_knows.items()}
    async with gateway(keys["naples"]) as (port, arrived):
        reader, writer = await connect(port)
        far = await arrived.get()
        accepting = asyncio.create_task(handshake.accept(*far, keys["naples"], known.get))
        with pytest.raises(refusal):
            await handshake.dial(reader, writer, keys["venice"], VENICE, keys[dialled_expects].public)
        writer.transport.abort()
        with pytest.raises(ConnectionError):
            await accepting
        far[1].transport.abort()


async def test_streams_carry_bytes_both_ways_and_end_each_for_itself() -> None:
    payload = bytes(range(256)) * 8192
    async with service(echo) as dial, tunnel(dial) as (session, _):
        answers = await asyncio.gather(*(exchange(session, payload) for _ in range(4)))
    assert answers == [b"echo: " + payload] * 4


async def test_the_accepting_end_may_open_connections_too() -> None:
    async with service(echo) as dial, gateway(GatewayKey.generate()) as (port, arrived):
        near = Session(*await connect(port), dial, dialled=True)
        far = Session(*await arrived.get(), refuse, dialled=False)
        tasks = [asyncio.create_task(session.run()) for session in (near, far)]
        await asyncio.sleep(0)
        assert await exchange(far, b"hello") == b"echo: hello"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_reader_that_does_not_read_holds_up_nobody_else() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1) == b"f":
            try:
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
            except ConnectionError:
                writer.transport.abort()
        else:
            writer.write(b"quick")
            writer.close()

    async with service(flood) as dial, tunnel(dial) as (session, _):
        stuck = await session.open("10.202.0.5", 80)
        await asyncio.get_running_loop().sock_sendall(stuck, b"f")
        assert await exchange(session, b"q") == b"quick"
        stuck.close()
        assert await exchange(session, b"q") == b"quick"


async def test_a_refused_connection_is_refused_here_too() -> None:
    async with tunnel(refuse) as (session, _):
        with pytest.raises(ConnectionRefusedError, match=r"dial tcp 10.202.0.5:80"):
            await session.open("10.202.0.5", 80)


async def test_when_the_peer_goes_its_streams_go_and_no_more_are_opened() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with service(silent) as dial, tunnel(dial) as (session, tasks):
        reader, writer = await asyncio.open_connection(sock=await session.open("10.202.0.5", 80))
        tasks[1].cancel()
        assert await reader.read() == b""
        with pytest.raises(ConnectionError):
            await tasks[0]
        with pytest.raises(OSError, match="the tunnel is down"):
            await session.open("10.202.0.5", 80)
        writer.close()


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\xff" * 9, "too large"),
        (Frame(FrameType.OPEN, 1, b"{}").encode(), "unreadable"),
        (Frame(FrameType.OPEN, 1, b'{"host": "10.202.0.5", "port": 70000}').encode(), "port 70000"),
        (Frame(FrameType.OPEN, 2, b'{"host": "10.202.0.5", "port": 80}').encode(), "not its own"),
    ],
)
async def test_nonsense_ends_the_session_with_a_reason(sent: bytes, reason: str) -> None:
    server_side: asyncio.Queue[Any] = asyncio.Queue()
    server = await asyncio.start_server(lambda *streams: server_side.put_nowait(streams), "127.0.0.1", 0)
    async with server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        session = Session(*await server_side.get(), refuse, dialled=False)
        writer.write(sent)
        with pytest.raises(ConnectionError, match=reason):
            await session.run()
        writer.close()


async def test_a_session_that_breaks_while_it_is_given_up_is_given_up() -> None:
    async with gateway(GatewayKey.generate()) as (port, arrived):
        _, writer = await connect(port)
        reader = asyncio.StreamReader()
        task = asyncio.create_task(Session(reader, writer, refuse, dialled=True).run())
        for _ in range(3):
            await asyncio.sleep(0)
        reader.feed_eof()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (await arrived.get())[1].transport.abort()
