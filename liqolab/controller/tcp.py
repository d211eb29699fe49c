"""Dialling over the machine's own network, for those who would not import an HTTP client for it."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from socket import AF_INET, AF_INET6, SOCK_STREAM, socket
from typing import Any


async def tcp_dial(host: str, port: int) -> socket:
    """A connected, non-blocking socket; the addresses of a name are tried one after another.

    Raises:
        OSError: nobody listens there.
    """
    loop = asyncio.get_running_loop()
    failure: OSError = OSError(f"no address for {host}")
    for family, address in await _addresses(host, port):
        candidate = socket(family, SOCK_STREAM)
        candidate.setblocking(False)
        try:
            await loop.sock_connect(candidate, address)
        except OSError as error:
            candidate.close()
            failure = error
        except BaseException:
            candidate.close()
            raise
        else:
            return candidate
    raise failure


async def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    try:
        # Looking a name up takes a thread, and a thread takes a heap of its own; addresses need neither.
        return [(AF_INET if ip_address(host).version == 4 else AF_INET6, (host, port))]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]
