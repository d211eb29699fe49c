"""A GET over a socket that somebody else has connected."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from liqolab.kube.node.fetch import exchange

Asked = list[bytes]


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[Asked, Callable[[], socket.socket]]]:
    """A server that gives every connection the same bytes and hangs up; what it was asked, and how to connect to it."""
    asked: Asked = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    try:
        yield asked, lambda: socket.create_connection(address)
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", (200, b"ok")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", (200, b"ok")),
        (b"HTTP/1.0 404 Not Found\r\n\r\nuntil the end", (404, b"until the end")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
    ],
)
async def test_status_and_body(answer: bytes, expected: tuple[int, bytes]) -> None:
    async with answering(answer) as (asked, connect):
        headers = [("host", "elsewhere"), ("X-Mine", "1")]
        told = await exchange(connect(), URL("http://10.0.0.1:80/a/b?c=d"), headers)
    assert (told.status, told.body) == expected
    first, *rows = asked[0].decode().split("\r\n")
    assert first == "GET /a/b?c=d HTTP/1.1"
    assert sorted(filter(None, rows)) == [
        *("Accept: */*", "Connection: close", "User-Agent: kube-probe", "X-Mine: 1", "host: elsewhere")
    ]


@pytest.mark.parametrize(
    "answer", [b"", b"220 ready for mail\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"]
)
async def test_what_is_no_answer(answer: bytes) -> None:
    async with answering(answer) as (_, connect):
        with pytest.raises(ConnectionError, match="server"):
            await exchange(connect(), URL("http://10.0.0.1:80/"))


async def test_a_header_that_cannot_be_sent() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n") as (_, connect):
        with pytest.raises(ConnectionError, match="the request is not HTTP"):
            await exchange(connect(), URL("http://10.0.0.1:80/"), [("X-Two", "a\r\nb: c")])
