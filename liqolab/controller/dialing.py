"""aiohttp over any way of opening a connection, and aiohttp handlers on any way of accepting one.

The network of simulated pods hands out connected sockets instead of addresses (`liqolab.program.Network`), so HTTP
needs a connector that asks such a network, and a server that listens on it. TLS runs end to end over these sockets as
it would over TCP.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from socket import socket
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from liqolab.controller.tls import unverified_tls
from liqolab.program import Network

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.tracing import Trace

Dial = Callable[[str, int], Awaitable[socket]]
"""Opens a connected, non-blocking socket to (host, port); raises OSError."""

_SHUTDOWN_SECONDS = 0.1

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

MAX_LINE = 1 << 20
"""How many bytes a request's first line may have, where a command is a part of it: as with servers of Go."""


class DialConnector(aiohttp.BaseConnector):
    """A connection pool that gets its sockets from `dial`; pass ``ssl=`` per request as usual."""

    def __init__(self, dial: Dial, *, limit: int = 0, keepalive_seconds: float = 60) -> None:
        super().__init__(limit=limit, keepalive_timeout=keepalive_seconds)
        self._dial = dial

    async def _create_connection(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        host, port = req.url.raw_host or "", req.url.port or 443
        key = req.connection_key
        try:
            connected = await self._dial(host, port)
            tls = _client_tls(req)
            arguments: dict[str, Any] = {}
            if tls is not None:
                name = getattr(req, "server_hostname", None) or host
                arguments = {"ssl": tls, "server_hostname": name}
            _, protocol = await self._loop.create_connection(self._factory, sock=connected, **arguments)
        except ssl.CertificateError as error:
            raise aiohttp.ClientConnectorCertificateError(key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(key, error) from error
        except OSError as error:
            raise aiohttp.ClientConnectorError(key, error) from error
        return protocol


def _client_tls(request: ClientRequest) -> ssl.SSLContext | None:
    if not request.is_ssl():
        return None
    if isinstance(request.ssl, ssl.SSLContext):
        return request.ssl
    return ssl.create_default_context() if request.ssl is True else unverified_tls()


@asynccontextmanager
async def serving(
    network: Network, port: int, handler: Handler, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Serve HTTP on `port` of a container's network for the length of a ``with`` block.

    Raises:
        OSError: the port is taken.
    """
    server = web.Server(handler, access_log=None, keepalive_timeout=120)
    await network.listen(port, server, tls)
    try:
        yield
    finally:
        await shut_down(server)


async def shut_down(server: web.Server) -> None:
    """Close a server's connections, giving requests in flight a moment to be answered."""
    # aiohttp takes a timeout of 0 to mean that there is none, and waits for idle keep-alive connections.
    await server.shutdown(timeout=_SHUTDOWN_SECONDS)
