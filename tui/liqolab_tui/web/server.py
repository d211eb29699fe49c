"""The server: one page, the terminal's own files, and a websocket that has the lesson.

A playground has one learner, so one tab has the lesson at a time. Others wait in line and are told so; Enter brings it
over to them. A tab that is loaded anew finds its own former self still leaving, and only waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Final

import textual_serve
from aiohttp import WSMsgType, web

from liqolab.learn.texts import Texts
from liqolab_tui.web.access import QUERY, Access
from liqolab_tui.web.visit import Visit, bounded

LARGEST_MESSAGE: Final = 8 * 2**20
"""Bytes; what is pasted comes as one message."""

_LEAVING_SECONDS: Final = 2.0
_HEARTBEAT_SECONDS: Final = 15.0
_FONT_SIZE: Final = 15
_PAGE: Final = Path(__file__).with_name("page")
_TERMINAL: Final = Path(textual_serve.__file__).with_name("static")
_REPORT_POLICY: Final = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves one lesson."""

    def __init__(self, access: Access, command: Sequence[str], say: Texts, title: str) -> None:
        """`command` starts the application for a visitor."""
        self._access = access
        self._command = command
        self._say = say
        self._title = title
        self._seat = asyncio.Lock()
        self._visits: dict[Visit, asyncio.Task[None]] = {}
        self._shared: dict[str, Path] = {}

    def application(self) -> web.Application:
        """What aiohttp serves."""
        application = web.Application(middlewares=[self._guard])
        application.add_routes(
            [
                web.get("/", self._index),
                web.get("/ws", self._websocket),
                web.get("/file/{key}", self._file),
                web.static("/page", _PAGE),
                web.static("/static", _TERMINAL),
            ]
        )
        application.on_response_prepare.append(self._add_headers)
        application.on_shutdown.append(self._see_off)
        return application

    # Who comes in -----------------------------------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        access = self._access
        if not access.is_own_host(request.headers.get("Host", "")):
            return self._refuse("web.refused.host")
        socket = request.path == "/ws"
        if not access.is_own_origin(request.headers.get("Origin"), request.headers["Host"], required=socket):
            return self._refuse("web.refused.origin")
        if request.path == "/" and access.knows_token(request.query.get(QUERY)):
            # The address in the bar and in the history is one without the token.
            return web.Response(status=303, headers={"Location": "/", "Set-Cookie": access.set_cookie})
        if not access.knows_cookie(request.cookies.get(access.cookie)):
            return self._refuse("web.refused.token")
        return await handler(request)

    def _refuse(self, key: str) -> web.Response:
        text = self._say(key)
        values = {"language": self._say.language, "title": escape(self._title), "text": escape(text)}
        return web.Response(status=403, text=_template("refused.html", values), content_type="text/html")

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in self._access.headers.items():
            response.headers.setdefault(name, value)

    # What is served ---------------------------------------------------------------------------------------------

    async def _index(self, request: web.Request) -> web.Response:
        texts = {key: escape(self._say(f"web.page.{key}")) for key in ("opening", "closed", "kept", "again")}
        values = {
            "language": self._say.language,
            "title": escape(self._title),
            "socket": f"ws://{request.host}/ws",
            "font_size": str(_FONT_SIZE),
            **texts,
        }
        return web.Response(text=_template("index.html", values), content_type="text/html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        path = self._shared.get(request.match_info["key"])
        if path is None or not path.is_file():
            raise web.HTTPNotFound
        # What a report shows was said by clusters: it gets no origin of ours.
        return web.FileResponse(path, headers={"Content-Security-Policy": _REPORT_POLICY})

    def _share(self, path: Path) -> str:
        key = secrets.token_urlsafe()
        self._shared[key] = path
        return f"/file/{key}"

    async def _websocket(self, request: web.Request) -> web.WebSocketResponse:
        try:
            size = bounded(request.query.get("width", 80), request.query.get("height", 24))
        except ValueError:
            raise web.HTTPBadRequest from None
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=LARGEST_MESSAGE)
        await socket.prepare(request)
        visit = Visit(socket, size)
        self._visits[visit] = staying = asyncio.create_task(self._stay(visit))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await visit.take(message.data)
        finally:
            del self._visits[visit]
            staying.cancel()
            await asyncio.wait([staying])
        return socket

    # Who has the lesson -----------------------------------------------------------------------------------------

    async def _stay(self, visit: Visit) -> None:
        """Wait for the lesson, and have it until the tab or the application ends."""
        await self._sit_down(visit)
        try:
            await visit.show(self._command, self._share)
        finally:
            self._seat.release()

    async def _sit_down(self, visit: Visit) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAVING_SECONDS):
                await self._seat.acquire()
                return
        await visit.say(self._say("web.elsewhere"))
        taking_over = asyncio.create_task(self._take_over(visit))
        try:
            await self._seat.acquire()
        finally:
            taking_over.cancel()

    async def _take_over(self, visit: Visit) -> None:
        await visit.insisted.wait()
        for other in [known for known in self._visits if known is not visit]:
            await other.socket.close()

    async def _see_off(self, _: web.Application) -> None:
        """End all visits, and wait until their applications are gone."""
        staying = list(self._visits.values())
        await asyncio.gather(*(visit.socket.close() for visit in list(self._visits)))
        if staying:
            await asyncio.wait(staying)


def _template(name: str, values: dict[str, str]) -> str:
    return Template((_PAGE / name).read_text(encoding="utf-8")).substitute(values)
