"""One HTTP GET over a socket that is already connected: for probes, and for the simulated ``curl`` and ``wget``.

A whole HTTP client would cost more than the three lines that are needed here: the answer's status and body, once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from socket import socket

from yarl import URL

from liqolab.controller.tls import unverified_tls
from liqolab.program import Network

_TIMEOUT_SECONDS = 30.0
_CHUNK_BYTES = 64 * 1024


async def get(connected: socket, url: URL, headers: Iterable[tuple[str, str]] = ()) -> tuple[int, bytes]:
    """Status code (0 if the answer is no HTTP) and body of a GET. Certificates are not checked: the caller chose the
    socket, and asks whether somebody answers rather than who it is.

    Raises:
        OSError: the connection broke.
    """
    tls = unverified_tls() if url.scheme == "https" else None
    reader, writer = await asyncio.open_connection(
        sock=connected, ssl=tls, server_hostname="" if tls is not None else None
    )
    try:
        rows = {"Host": f"{url.host}:{url.port}", "User-Agent": "kube-probe", "Accept": "*/*"} | dict(headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in rows.items())
        writer.write(f"GET {url.raw_path_qs or '/'} HTTP/1.0\r\n{head}\r\n".encode())
        answer = b""
        while piece := await reader.read(_CHUNK_BYTES):
            answer += piece
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    words = head_bytes.split(maxsplit=2)
    return (int(words[1]) if len(words) > 1 and words[1].isdigit() else 0), body


async def fetch(network: Network, address: str) -> str:
    """The body that a GET of `address` answers.

    Raises:
        OSError: nobody answers there (TimeoutError among them).
    """
    url = URL(address if "://" in address else f"http://{address}")
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        connected = await network.dial(url.host or "", url.port or 80)
        _, body = await get(connected, url, [("User-Agent", "curl/8")])
    return body.decode(errors="replace")
