"""Plays a script against an API server, a real one or ours, and tells what it answered, in a form that compares.

Nothing here knows which of the two it is: what is waited for is waited for in both.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp
from yarl import URL

from tests.api_server import Api
from tests.contract.normal import Names, answer, decoded, value_at
from tests.contract.script import Exchange, Script, fill

Answers = dict[str, Any]
"""Title of an exchange → its answer, as `tests.contract.normal.answer` makes it."""

TYPES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
    "yaml": "application/yaml",
}
"""Short word → type of a request's body."""

ACCEPTS = {
    "json": "application/json",
    "yaml": "application/yaml",
    "table": "application/json;as=Table;v=v1;g=meta.k8s.io",
    "partial": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "partials": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
}
"""Short word → what is asked for."""

_LETTERS = "bcdfghjkmnpqrstvwxz"
_WATCH_SECONDS = 20
_FIRST_SECONDS, _LONGEST_SECONDS = 0.02, 0.5
"""Pauses between two askings: our controllers act within milliseconds, a real one's informers may take seconds."""


class Player:
    """Plays scripts against the server of one `Api`, and remembers what to clear away."""

    def __init__(self, api: Api, patience: float) -> None:
        """`patience` is how long a controller may take, in seconds."""
        self._api = api
        self._patience = patience
        self._made: list[str] = []

    async def play(self, script: Script) -> Answers:
        """Every exchange in order, whatever comes of the one before."""
        namespace = f"ns-{''.join(secrets.choice(_LETTERS) for _ in range(5))}"
        await self._prepare(namespace)
        names, variables = Names(namespace), {"ns": namespace}
        answers: Answers = {}
        for exchange in script.exchanges:
            request, names.exchange = _filled(exchange, variables), exchange.title
            status, headers, text = await self._patiently(request)
            self._remember(request, status, text)
            for variable, path in exchange.keep.items():
                variables[variable] = value_at(decoded(text), path)
            answers[exchange.title] = answer(request, status, headers, text, names)
        return answers

    async def clear(self) -> None:
        """Delete what was made outside of namespaces, last first, and the namespaces."""
        while self._made:
            await self._send(Exchange("", "DELETE", self._made.pop()))

    async def _prepare(self, namespace: str) -> None:
        await self._api("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}}, code=201)
        self._made.append(f"/api/v1/namespaces/{namespace}")
        base = f"/api/v1/namespaces/{namespace}"
        for path, name in (
            (f"{base}/serviceaccounts/default", "default"),
            (f"{base}/configmaps/kube-root-ca.crt",) * 2,
        ):
            await self._patiently(Exchange("", "GET", path, until={"metadata.name": name.rpartition("/")[2]}))

    async def _patiently(self, request: Exchange) -> tuple[int, Mapping[str, str], str]:
        """The answer, when it has what the exchange waits for; or, in the end, the last one."""
        end, pause = asyncio.get_running_loop().time() + self._patience, _FIRST_SECONDS
        while True:
            got = await self._send(request)
            document = decoded(got[2]) if request.until else None
            come = all(value_at(document, path) == value for path, value in request.until.items())
            if come or asyncio.get_running_loop().time() > end:
                return got
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_SECONDS)

    async def _send(self, request: Exchange) -> tuple[int, Mapping[str, str], str]:
        data, headers = _body(request)
        asking = self._api.session.request(
            request.method,
            URL(self._api.server + request.path, encoded=True),
            data=data,
            headers=headers | _identity(request) | request.headers,
            ssl=self._tls(request),
        )
        async with asking as got:
            if request.events and got.status == 200:
                return got.status, got.headers, await _events(got, request.events)
            return got.status, got.headers, (await got.read()).decode()

    def _tls(self, request: Exchange) -> ssl.SSLContext:
        return self._api.anonymous_tls if request.token else self._api.tls

    def _remember(self, request: Exchange, status: int, text: str) -> None:
        if status != 201 or "/namespaces/" in request.path or "dryRun" in request.path:
            return
        path = request.path.partition("?")[0]
        if request.method == "PATCH":
            self._made.append(path)
        elif name := value_at(decoded(text), "metadata.name"):
            self._made.append(f"{path}/{name}")


def _filled(exchange: Exchange, variables: Mapping[str, Any]) -> Exchange:
    return Exchange(**fill(dict(vars(exchange)), variables))


def _body(request: Exchange) -> tuple[str | None, dict[str, str]]:
    headers = {"Accept": ACCEPTS.get(request.accept, request.accept), "User-Agent": "contract/1"}
    if request.body is None:
        return None, headers | ({"Content-Type": TYPES.get(request.type, request.type)} if request.type else {})
    usual = TYPES["merge"] if request.method == "PATCH" else "application/json"
    headers["Content-Type"] = TYPES.get(request.type, request.type) or usual
    return request.body if isinstance(request.body, str) else json.dumps(request.body, separators=(",", ":")), headers


def _identity(request: Exchange) -> dict[str, str]:
    if request.token:
        return {} if request.token == "none" else {"Authorization": f"Bearer {request.token}"}
    if not request.user:
        return {}
    user: dict[str, Any] = {"name": request.user} if isinstance(request.user, str) else request.user
    told = {"Impersonate-User": user.get("name"), "Impersonate-Uid": user.get("uid")}
    told |= {"Impersonate-Group": user.get("group")}
    told |= {f"Impersonate-Extra-{key}": value for key, value in user.get("extra", {}).items()}
    return {header: value for header, value in told.items() if value is not None}


async def _events(got: aiohttp.ClientResponse, count: int) -> str:
    """The first events of a watch, as one JSON list; fewer if it ends before."""
    lines: list[bytes] = []
    async with asyncio.timeout(_WATCH_SECONDS):
        async for line in got.content:
            lines.append(line)
            if len(lines) == count:
                break
    return f"[{','.join(line.decode() for line in lines)}]"
