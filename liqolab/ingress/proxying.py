"""Carries requests to the backends, and answers for nginx where there is none.

Bodies are streamed in both directions. Protocols that a connection is upgraded to are not carried: such a request is
passed on as an ordinary one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from liqolab.apimachinery import clock
from liqolab.controller.dialing import DialConnector
from liqolab.ingress.routing import Backend, Route, Table
from liqolab.program import Container

_TITLES: Final = {
    404: "404 Not Found",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
    308: "308 Permanent Redirect",
}
_HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
_SERVER: Final = ("Server", "nginx")
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 60.0
"""nginx's proxy-connect-timeout and proxy-read-timeout, as ingress-nginx sets them."""

Find = Callable[[Backend], tuple[str, int] | None]
"""The address and port of a backend's Service; None when there is no such Service or port."""


class Proxy:
    """An aiohttp handler for one scheme; close it at the end.

    Args:
        container: whose network and log are used.
        scheme: ``http`` or ``https``.
        table: answers the routes of the moment.
        find: looks Services up.
    """

    def __init__(self, container: Container, scheme: str, table: Callable[[], Table], find: Find) -> None:
        self._container = container
        self._scheme = scheme
        self._table = table
        self._find = find
        self._session = aiohttp.ClientSession(
            connector=DialConnector(container.network.dial),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        await self._session.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        name = (request.headers.get("Host") or "").partition(":")[0].lower()
        table, backend = self._table(), None
        host = table.host(name)
        if self._scheme == "http" and host is not None and host.redirects:
            answer: web.StreamResponse = _page(308)
            answer.headers["Location"] = f"https://{name}{request.raw_path}"
        else:
            found = table.route(name, request.path)
            backend = found.backend if isinstance(found, Route) else found
            path = found.target(request.path) if isinstance(found, Route) else request.path
            answer = _page(404) if backend is None else await self._carried(request, backend, path)
        self._log(request, answer, backend)
        return answer

    async def _carried(self, request: web.BaseRequest, backend: Backend, path: str) -> web.StreamResponse:
        target = self._find(backend)
        if target is None:
            return _page(503)
        url = URL.build(scheme="http", host=target[0], port=target[1], path=path, query_string=request.query_string)
        try:
            async with self._session.request(
                request.method,
                url,
                headers=self._forwarded(request),
                data=request.content if request.can_read_body else None,
                allow_redirects=False,
            ) as given:
                return await _passed_on(request, given)
        except aiohttp.ClientConnectorError as error:
            # A Service without endpoints refuses, as does a pod that nobody listens in; the first is what happens.
            return _page(503 if isinstance(error.os_error, ConnectionRefusedError) else 502)
        except TimeoutError:
            return _page(504)
        except aiohttp.ClientError:
            return _page(502)

    def _forwarded(self, request: web.BaseRequest) -> CIMultiDict[str]:
        headers = CIMultiDict((key, value) for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP)
        host, remote = request.headers.get("Host", ""), request.remote or "127.0.0.1"
        port = "443" if self._scheme == "https" else "80"
        headers.update(
            {
                "X-Request-ID": request.headers.get("X-Request-ID") or uuid.uuid4().hex,
                "X-Real-IP": remote,
                "X-Forwarded-For": remote,
                "X-Forwarded-Host": host,
                "X-Forwarded-Port": port,
                "X-Forwarded-Proto": self._scheme,
                "X-Forwarded-Scheme": self._scheme,
                "X-Scheme": self._scheme,
            }
        )
        return headers

    def _log(self, request: web.BaseRequest, answer: web.StreamResponse, backend: Backend | None) -> None:
        moment = clock.utc().strftime("%d/%b/%Y:%H:%M:%S +0000")
        asked = f"{request.method} {request.raw_path} HTTP/{request.version.major}.{request.version.minor}"
        referer, agent = request.headers.get("Referer", "-"), request.headers.get("User-Agent", "-")
        upstream = f"[{backend.label}]" if backend is not None else "[upstream-default-backend]"
        size = answer.content_length or 0
        self._container.log(
            f'{request.remote or "127.0.0.1"} - - [{moment}] "{asked}" {answer.status} {size} "{referer}" "{agent}" '
            f"{upstream}"
        )


async def _passed_on(request: web.BaseRequest, given: aiohttp.ClientResponse) -> web.StreamResponse:
    kept = [(key, value) for key, value in given.headers.items() if key.lower() not in _HOP_BY_HOP | {"server"}]
    answer = web.StreamResponse(status=given.status, reason=given.reason, headers=CIMultiDict([*kept, _SERVER]))
    await answer.prepare(request)
    try:
        async for chunk in given.content.iter_any():
            await answer.write(chunk)
        await answer.write_eof()
    except (TimeoutError, aiohttp.ClientError):
        # The head is on its way already: all that can be done is to break off.
        if request.transport is not None:
            request.transport.close()
    return answer


def _page(status: int) -> web.Response:
    """Nginx's own page for a status."""
    title = _TITLES[status]
    text = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    headers = dict([_SERVER, ("Content-Type", "text/html")])
    return web.Response(status=status, reason=title[4:], body=text.encode(), headers=headers)
