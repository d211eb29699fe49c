"""``guestbook``: a primary that keeps keys and values, replicas that follow it, and a front end that asks both."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

from aiohttp import web
from yarl import URL

from liqolab.kube.node.agnhost.job import FatalError, Job, as_json
from liqolab.kube.node.fetch import exchange

_REGISTER_SECONDS = 15.0
_RETRY_SECONDS = 1.0


async def serve(job: Job) -> int:
    """Serve, having registered with the primary if there is one."""
    book = _Guestbook(job)
    async with AsyncExitStack() as stack:
        await job.serve(stack, job.options["http-port"], book.handle)
        job.container.ready.set()
        if job.options["replicaof"]:
            await book.register(job.options["replicaof"])
        await asyncio.Event().wait()
    return 0


class _Guestbook:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._store: dict[str, str] = {}
        self._replicas: list[str] = []

    async def register(self, primary: str) -> None:
        """Take over what the primary has, and be told of what comes."""
        try:
            async with asyncio.timeout(_REGISTER_SECONDS):
                while True:
                    try:
                        text = await self._ask(primary, f"register?host={self._job.container.pod_ip}")
                        self._store = json.loads(text)["data"]
                        return
                    except (OSError, ValueError) as error:
                        await self._job.log(f"encountered error while registering to primary: {error}.")
                    await asyncio.sleep(_RETRY_SECONDS)
        except TimeoutError:
            raise FatalError("Timed out while registering to primary.") from None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        await self._job.log(f"GET {request.path_qs}")
        query = request.query
        key, value = query.get("key", ""), query.get("value", "")
        if request.path == "/register":
            self._replicas.append(query.get("host", ""))
            return web.Response(text=as_json({"data": self._store}))
        if request.path == "/get":
            return web.Response(text=as_json({"data": self._store.get(key, "") if key else self._store}))
        try:
            if request.path == "/set":
                return await self._set(key, value)
            if request.path == "/guestbook":
                return await self._forward(query.get("cmd", "").lower(), key, value)
        except OSError as error:
            return web.Response(status=417, text=f"encountered error: {error}\n")
        return web.Response(status=404, text="404 page not found\n")

    async def _set(self, key: str, value: str) -> web.Response:
        if not key:
            return web.Response(status=400, text="cannot set with empty key.\n")
        self._store[key] = value
        for replica in self._replicas:
            await self._ask(replica, str(URL("set").with_query(key=key, value=value)))
        return web.Response(text=as_json({"message": "Updated"}))

    async def _forward(self, command: str, key: str, value: str) -> web.Response:
        if command not in ("get", "set"):
            return web.Response(status=400, text=f"unsupported cmd: '{command}'\n")
        if command == "set" and not key:
            return web.Response(status=400, text="cannot set with empty key.\n")
        host = "agnhost-primary" if command == "set" else "agnhost-replica"
        return web.Response(text=await self._ask(host, str(URL(command).with_query(key=key, value=value))))

    async def _ask(self, host: str, wanted: str) -> str:
        port = self._job.options["backend-port"]
        connected = await self._job.container.network.dial(host, port)
        answer = await exchange(connected, URL(f"http://{host}:{port}/{wanted}"))
        return answer.body.decode(errors="replace")
