"""One HTTP GET over a socket that is already connected: for probes, and for the simulated ``curl`` and ``wget``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from socket import socket

from yarl import URL

from liqolab.controller.h11_connection import Connection
from liqolab.controller.tls import unverified_tls
from liqolab.program import Network

_TIMEOUT_SECONDS = 30.0


async def get(connected: socket, url: URL, headers: Iterable[tuple[str, str]] = ()) -> tuple[int, bytes]:
    """Status code and body of a GET. Certificates are not checked: the caller chose the socket, and asks whether
    somebody answers rather than who it is.

    Raises:
        OSError: the connection broke, or what was answered is no HTTP.
    """
    tls = unverified_tls() if url.scheme == "https" else None
    streams = await asyncio.open_connection(sock=connected, ssl=tls, server_hostname="" if tls is not None else None)
    connection = Connection(*streams)
    usual = (("Host", f"{url.host}:{url.port}"), ("User-Agent", "kube-probe"), ("Accept", "*/*"))
    rows = {name.lower(): (name, value) for name, value in (*usual, *headers, ("Connection", "close"))}
    try:
        status = await connection.request("GET", url.raw_path_qs or "/", list(rows.values()), None)
        return status, b"".join([piece async for piece in connection.body()])
    finally:
        await connection.close()


async def fetch(network: Network, address: str) -> tuple[int, str]:
    """Status code and body that a GET of `address` answers.

    Raises:
        OSError: nobody answers there (TimeoutError among them).
    """
    url = URL(address if "://" in address else f"http://{address}")
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        connected = await network.dial(url.host or "", url.port or 80)
        status, body = await get(connected, url, [("User-Agent", "curl/8")])
    return status, body.decode(errors="replace")
