"""A WebSocket that is passed on: who asked for it at one end, whoever carries it out at the other."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import web

_Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse


def offered(request: web.BaseRequest) -> list[str]:
    """The protocols that a client can speak, best first."""
    return [word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if word.strip()]


async def relay(request: web.BaseRequest, far: aiohttp.ClientWebSocketResponse) -> web.StreamResponse:
    """Pass messages on in both directions, in the protocol that the far end has chosen, until either end closes."""
    near = web.WebSocketResponse(protocols=(far.protocol,) if far.protocol else ())
    async with far:
        await near.prepare(request)
        ways = [asyncio.create_task(_pump(far, near)), asyncio.create_task(_pump(near, far))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await near.close()
    return near


async def _pump(source: _Socket, target: _Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
