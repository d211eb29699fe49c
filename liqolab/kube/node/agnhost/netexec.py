"""``netexec``: answers over HTTP and datagrams with who it is and who asks, dials others, and carries out commands."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final

from aiohttp import web
from yarl import URL

from liqolab.apimachinery import clock
from liqolab.controller.dialing import shut_down
from liqolab.kube.node.agnhost.datagrams import Replies, Shared
from liqolab.kube.node.agnhost.job import Job, as_json
from liqolab.kube.node.fetch import exchange

_DIAL_SECONDS: Final = 5.0
_ANSWER_BYTES: Final = 2048
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

Page = Callable[[web.BaseRequest], Awaitable[web.Response]]


async def serve(job: Job) -> int:
    """Serve until a request, or the end of the pod, ends it."""
    server = _Server(job)
    http, udp = job.options["http-port"], job.options["udp-port"]
    tls = job.tls() if job.options["tls-cert-file"] else None
    async with AsyncExitStack() as stack:
        if http == udp and tls is None:
            # Both protocols have a port of that number, which the lab's network keeps as one.
            pages = web.Server(server.handle, access_log=None)
            stack.push_async_callback(shut_down, pages)
            await job.listen(stack, http, lambda: Shared(server.reply, pages))
        else:
            await job.serve(stack, http, server.handle, tls)
            if udp not in (-1, http):
                await job.listen(stack, udp, lambda: Replies(server.reply))
        await job.log(f"Started HTTP server on port {http}")
        job.container.ready.set()
        try:
            return await server.ended
        except asyncio.CancelledError:
            server.ending = True
            await asyncio.sleep(job.options["delay-shutdown"])
            raise


class _Server:
    """What one run of netexec answers.

    Attributes:
        ended: the exit code, once a request has asked for it.
        ending: whether the pod is being stopped.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.ending = False
        self._pages: dict[str, Page] = {
            "/clientip": self._client, "/serverport": self._port, "/header": self._header, "/dial": self._dial,
            "/echo": self._echo, "/exit": self._exit, "/healthz": self._healthy, "/readyz": self._ready,
            "/hostname": self._hostname, "/hostName": self._hostname, "/redirect": self._redirect,
            "/shell": self._shell, "/shutdown": self._shutdown, "/upload": self._upload,
        }  # fmt: skip

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; with an override, always as if it had asked for that."""
        if override := self._job.options["http-override"]:
            request = request.clone(method="GET", rel_url=URL(override, encoded=True))
        await self._job.log(f"GET {request.path_qs}")
        return await self._pages.get(request.path, self._root)(request)

    def reply(self, text: str, peer: str) -> str | None:
        """Answer a datagram."""
        command, _, rest = text.strip().partition(" ")
        answers = {
            "hostname": self._job.hostname,
            "clientip": peer,
            "serverport": str(self._job.options["udp-port"]),
            "echo": rest.lower(),
        }
        return answers.get(command.lower())

    async def _root(self, request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"NOW: {clock.utc():%Y-%m-%d %H:%M:%S.%f} +0000 UTC")

    async def _client(self, request: web.BaseRequest) -> web.Response:
        found = request.transport.get_extra_info("peername") if request.transport else None
        return web.Response(text=f"{found[0]}:{found[1]}" if isinstance(found, tuple) else "")

    async def _port(self, request: web.BaseRequest) -> web.Response:
        return web.Response(text=str(self._job.options["http-port"]))

    async def _header(self, request: web.BaseRequest) -> web.Response:
        if key := (await _form(request)).get("key"):
            return web.Response(text=request.headers.get(key, ""))
        return web.Response(text=as_json({name: request.headers.getall(name) for name in request.headers}))

    async def _echo(self, request: web.BaseRequest) -> web.Response:
        form = await _form(request)
        code = form.get("code") or "200"
        if not code.isdigit():
            return web.Response(text=f"argument 'code' must be an integer or empty, got \"{code}\"\n")
        return web.Response(text=form.get("msg", ""), status=int(code))

    async def _hostname(self, request: web.BaseRequest) -> web.Response:
        return web.Response(text=self._job.hostname)

    async def _healthy(self, request: web.BaseRequest) -> web.Response:
        return web.Response()

    async def _ready(self, request: web.BaseRequest) -> web.Response:
        return web.Response(status=503, text="shutting down") if self.ending else web.Response(text="ok")

    async def _redirect(self, request: web.BaseRequest) -> web.Response:
        form = await _form(request)
        code = form.get("code") or "302"
        if not code.isdigit():
            return web.Response(text=f"argument 'code' must be an integer or empty, got \"{code}\"\n")
        return web.Response(status=int(code), headers={"Location": form.get("location", "")})

    async def _exit(self, request: web.BaseRequest) -> web.Response:
        form = await _form(request)
        code = form.get("code") or "0"
        try:
            pause = _seconds(form.get("wait", "")) + _seconds(form.get("timeout", ""))
            number = int(code)
        except ValueError as error:
            return web.Response(text=f"{error}\n")
        await asyncio.sleep(pause)
        self._end(number)
        return web.Response()

    async def _shutdown(self, request: web.BaseRequest) -> web.Response:
        self._end(0)
        return web.Response()

    def _end(self, code: int) -> None:
        if not self.ended.done():
            self.ended.set_result(code)

    async def _shell(self, request: web.BaseRequest) -> web.Response:
        form = await _form(request)
        command = form.get("shellCommand") or form.get("cmd") or ""
        code, printed = await self._job.machine.execute(["/bin/sh", "-c", command])
        told = ({"output": printed} if printed else {}) | ({"error": f"exit status {code}"} if code else {})
        return web.Response(text=as_json(told))

    async def _upload(self, request: web.BaseRequest) -> web.Response:
        content = None
        with contextlib.suppress(ValueError, AssertionError, KeyError):
            field = await (await request.multipart()).next()
            content = bytes(await field.read()) if field is not None and not isinstance(field, list) else None  # type: ignore[union-attr]
        if content is None:
            return web.Response(text=as_json({"error": "Unable to upload file."}))
        path = f"/uploads/upload{uuid.uuid4().int % 10**9}"
        self._job.machine.write(path, content)
        return web.Response(status=201, text=as_json({"output": path}))

    async def _dial(self, request: web.BaseRequest) -> web.Response:
        query = request.query
        protocol, tries = (query.get("protocol") or "http").lower(), query.get("tries") or "1"
        if not tries.isdigit():
            return web.Response(status=400, text=f'tries parameter is invalid. strconv.Atoi: parsing "{tries}"\n')
        if not query.get("request"):
            return web.Response(status=400, text="request parameter not specified. <nil>\n")
        if protocol not in ("http", "udp"):
            return web.Response(status=400, text=f"unsupported protocol. {protocol}\n")
        if not query.get("port", "").isdigit():
            return web.Response(status=400, text="host and/or port param are invalid.\n")
        ask = self._ask_http if protocol == "http" else self._ask_datagram
        responses, errors = [], []
        for _ in range(int(tries)):
            try:
                async with asyncio.timeout(_DIAL_SECONDS):
                    responses.append(await ask(query.get("host", ""), int(query["port"]), query["request"]))
            except OSError as error:
                errors.append(str(error.strerror or error) or "i/o timeout")
        told = ({"responses": responses} if responses else {}) | ({"errors": errors} if errors else {})
        return web.Response(text=as_json(told))

    async def _ask_http(self, host: str, port: int, wanted: str) -> str:
        connected = await self._job.container.network.dial(host, port)
        answer = await exchange(connected, URL(f"http://{host}:{port}/{wanted}", encoded=True))
        return answer.body.decode(errors="replace")

    async def _ask_datagram(self, host: str, port: int, wanted: str) -> str:
        loop = asyncio.get_running_loop()
        with await self._job.container.network.dial(host, port, "UDP") as connected:
            await loop.sock_sendall(connected, wanted.encode())
            if not (answer := await loop.sock_recv(connected, _ANSWER_BYTES)):
                raise OSError("reading from udp connection failed. err:'EOF'")
        return answer.decode(errors="replace")


async def _form(request: web.BaseRequest) -> dict[str, str]:
    """The values of the query and of a form in the body, as Go's `FormValue` sees them."""
    values = dict(request.query)
    if request.method in ("POST", "PUT", "PATCH"):
        values |= {key: str(value) for key, value in (await request.post()).items()}
    return values


def _seconds(text: str) -> float:
    """A duration of one number and one unit; nothing is 0.

    Raises:
        ValueError: it is none.
    """
    if not text or text == "0":
        return 0.0
    digits = text.rstrip("mhs")
    try:
        return float(digits) * _UNITS[text[len(digits) :]]
    except (ValueError, KeyError):
        raise ValueError(f'argument must be a valid golang duration or empty, got "{text}"') from None
