"""Program liqo-proxy: a way to the API server for peers that can reach this cluster through its tunnel only.

It is an HTTP proxy that knows one method, CONNECT, and one destination, this cluster's API server. Peers ask for it by
the address that they were told, whatever that is here (as upstream's Envoy, it does not look): the connection ends at
the API server or nowhere, so the proxy opens no door into the pod network. It carries TLS that it cannot read: whoever
connects still has to authenticate to the API server.
"""

from __future__ import annotations

import asyncio

from liqolab.controller.upgrades import splice
from liqolab.liqo.gen05 import names
from liqolab.program import Container

_HEAD_LIMIT = 16 * 1024
_HEAD_SECONDS = 10.0


async def run(container: Container) -> None:
    """Serve until cancelled."""
    proxy = Proxy(container)
    loop = asyncio.get_running_loop()

    def connection() -> asyncio.BaseProtocol:
        reader = asyncio.StreamReader(limit=_HEAD_LIMIT, loop=loop)
        return asyncio.StreamReaderProtocol(reader, proxy.serve, loop=loop)

    await container.network.listen(names.PROXY_PORT, connection)
    container.log(f"serving on port {names.PROXY_PORT}, towards {proxy.host}:{proxy.port}")
    container.ready.set()
    try:
        await asyncio.Event().wait()
    finally:
        await proxy.close()


class Proxy:
    """Carries connections to the API server that the container's environment names."""

    def __init__(self, container: Container) -> None:
        self.host = container.env["KUBERNETES_SERVICE_HOST"]
        self.port = int(container.env.get("KUBERNETES_SERVICE_PORT", "443"))
        self._container = container
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from the CONNECT to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        try:
            status = await self._connect(reader, writer)
            if status:
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def close(self) -> None:
        """End all connections."""
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Carry the connection, or return the status line that says why not."""
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except TimeoutError:
            return "408 Request Timeout"
        except asyncio.LimitOverrunError:
            return "431 Request Header Fields Too Large"
        if not head.startswith(b"CONNECT "):
            return "405 Method Not Allowed"
        try:
            upstream = await self._container.network.dial(self.host, self.port)
        except OSError as error:
            self._container.log(f"the API server cannot be reached: {error}")
            return "502 Bad Gateway"
        there = await asyncio.open_connection(sock=upstream)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await splice((reader, writer), there)
        return ""
