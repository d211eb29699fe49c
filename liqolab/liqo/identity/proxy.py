"""Reaching a peer through its HTTP proxy (``foreignProxyUrl``), for clusters whose API server is not exposed."""

from __future__ import annotations

import asyncio
from socket import socket
from urllib.parse import urlsplit

from liqolab.controller.dialing import Dial

_LARGEST_ANSWER = 8192


def check_proxy_url(url: str) -> str:
    """What is wrong with a proxy's URL; empty if nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme != "http":
        return "the scheme must be http"
    if not parts.hostname or not port:
        return "host and port are required"
    return ""


def through_proxy(dial: Dial, proxy_url: str) -> Dial:
    """A way of dialling that asks the proxy for each connection, with CONNECT."""
    parts = urlsplit(proxy_url)

    async def connect(host: str, port: int) -> socket:
        near = await dial(parts.hostname or "", parts.port or 80)
        try:
            await _connect(near, f"{host}:{port}")
        except BaseException:
            near.close()
            raise
        return near

    return connect


async def _connect(near: socket, target: str) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(near, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    answer = b""
    # Byte by byte at the end of the header only: what follows belongs to the connection.
    while not answer.endswith(b"\r\n\r\n"):
        piece = await loop.sock_recv(near, 1)
        if not piece or len(answer) > _LARGEST_ANSWER:
            raise ConnectionError(f"the proxy did not connect to {target}")
        answer += piece
    status = answer.split(b"\r\n", 1)[0].decode(errors="replace")
    if status.split(" ")[1:2] != ["200"]:
        raise ConnectionError(f"the proxy refused to connect to {target}: {status}")
