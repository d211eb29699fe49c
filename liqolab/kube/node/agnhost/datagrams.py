"""Datagrams as the lab's network carries them: each write of a stream is one.

HTTP and datagrams may share a port, as they do where a port of each protocol has the same number: whoever speaks first
says which of the two it is.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from liqolab.kube.node.fabric import Factory

Reply = Callable[[str, str], str | None]
"""What is answered to a text from a peer; None for nothing."""

_REQUEST = re.compile(rb"[A-Z]+ \S* ?|PRI \*")


class Replies(asyncio.Protocol):
    """Answers each datagram."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        answer = self._reply(data.decode(errors="replace"), peer(self.transport))
        if answer is not None:
            self.transport.write(answer.encode())


class Teller(asyncio.Protocol):
    """Says one thing to whoever connects, and no more; hangs up when they do."""

    def __init__(self, text: str) -> None:
        self._text = text

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._text.encode())
        transport.write_eof()


class Shared(Replies):
    """HTTP to whoever sends a request, else answers to datagrams."""

    def __init__(self, reply: Reply, http: Factory) -> None:
        super().__init__(reply)
        self._http = http

    def data_received(self, data: bytes) -> None:
        if not _REQUEST.match(data):
            super().data_received(data)
            return
        protocol = self._http()
        assert isinstance(protocol, asyncio.Protocol)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        protocol.data_received(data)


def peer(transport: asyncio.BaseTransport) -> str:
    """Who is at the other end, ``ADDRESS:PORT``."""
    found = transport.get_extra_info("peername")
    return f"{found[0]}:{found[1]}" if isinstance(found, tuple) else ""
