"""One HTTP exchange over a socket that is already connected: for probes, and for containers' ``curl`` and ``wget``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from socket import socket

from yarl import URL

from liqolab.controller.h11_connection import Connection
from liqolab.controller.tls import unverified_tls


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        status, reason: ``404``, ``Not Found``.
        headers: as they came.
        body: whole.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


async def exchange(
    connected: socket,
    url: URL,
    headers: Iterable[tuple[str, str]] = (),
    *,
    method: str = "GET",
    body: bytes | None = None,
) -> Answer:
    """Send a request and read its answer. Certificates are not checked: the caller chose the socket, and asks whether
    somebody answers rather than who it is.

    Args:
        connected: to the server; closed afterwards.
        url: what is asked for.
        headers: beside or in place of the usual ones; those without a value are left out.
        method: of the request.
        body: of the request.

    Raises:
        OSError: the connection broke, or what was answered is no HTTP.
    """
    tls = unverified_tls() if url.scheme == "https" else None
    streams = await asyncio.open_connection(sock=connected, ssl=tls, server_hostname="" if tls is not None else None)
    connection = Connection(*streams)
    usual = [("Host", f"{url.host}:{url.port}"), ("User-Agent", "kube-probe"), ("Accept", "*/*")]
    if body is not None:
        usual.append(("Content-Length", str(len(body))))
    rows = {name.lower(): (name, value) for name, value in (*usual, *headers, ("Connection", "close"))}
    try:
        await connection.request(method, url.raw_path_qs or "/", [row for row in rows.values() if row[1]], body)
        content = b"".join([piece async for piece in connection.body()])
    finally:
        await connection.close()
    head = connection.response
    assert head is not None
    decoded = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items())
    return Answer(head.status_code, head.reason.decode("latin-1"), decoded, content)
