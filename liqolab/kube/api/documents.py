"""Everything that is not a resource: discovery, version, health, OpenAPI, metrics, the issuer of tokens and the list of
paths.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import orjson
from aiohttp import web
from yarl import URL

from liqolab.apimachinery.errors import method_not_allowed
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import User
from liqolab.kube.access.rbac_rules import Request
from liqolab.kube.api import answers, discovery, health, routing
from liqolab.kube.api.metrics import CONTENT_TYPE as METRICS_TYPE
from liqolab.kube.api.metrics import Metrics
from liqolab.kube.api.negotiation import JSON, check_route, dump, media_ranges, negotiate_document
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.openapi.documents import V2_PROTOBUF, OpenApi

Headers = Mapping[str, str]

_ISSUER: Final = "/.well-known/openid-configuration"
_KEYS: Final = "/openid/v1/jwks"
_KEYS_TYPE: Final = "application/jwk-set+json"
_INDEX: Final = ("/", "/index.html")


class Documents:
    """Answers for the paths outside of ``/api/v1/…`` and ``/apis/G/V/…`` collections."""

    def __init__(self, pipeline: Pipeline, version: Object, address: str) -> None:
        self._pipeline = pipeline
        self._registry = registry = pipeline.registry
        self._discovery = discovery.Discovery(registry)
        self._version = orjson.dumps(version)
        self._address = address
        self.metrics = Metrics(pipeline.store)
        self._openapi = OpenApi(registry, str(version["gitVersion"]))

    async def answer(self, user: User, http: web.BaseRequest, path: str, query: Mapping[str, str]) -> web.Response:
        """Answer a request for a non-resource path.

        Raises:
            ApiError: 403, 404, 405, 406.
            NoPageError: nothing is served there.
        """
        verb = {"GET": "get", "HEAD": "get"}.get(http.method, http.method.lower())
        self._pipeline.authorizer.check(user, Request(verb, path=path.rstrip("/") or "/"))
        first = path[1:].partition("/")[0]
        if path in _INDEX:
            return answers.raw(orjson.dumps({"paths": self.paths()}))
        if first in health.PATHS:
            excluded = [value for name, value in URL(http.raw_path, encoded=True).query.items() if name == "exclude"]
            return health.answer(path, verbose="verbose" in query, excluded=excluded)
        if first in ("api", "apis"):
            return self._discover(http, path)
        if first == "openapi":
            return await self._describe(http, path.removeprefix("/openapi/").strip("/"), query)
        return self._page(http, path.rstrip("/"))

    def _page(self, http: web.BaseRequest, path: str) -> web.Response:
        accept = http.headers.get("Accept", "")
        if path == "/version":
            _check_method(http)
            check_route(accept, (JSON,))
            return answers.raw(self._version)
        if path == "/metrics":
            response = answers.text(self.metrics.render())
            response.headers["Content-Type"] = METRICS_TYPE
            return response
        if path == _ISSUER:
            return _issued(http, accept, JSON, self._pipeline.tokens.configuration(f"https://{self._address}{_KEYS}"))
        if path == _KEYS:
            return _issued(http, accept, _KEYS_TYPE, self._pipeline.tokens.key_set())
        raise routing.NoPageError

    def document(self, user: User, path: str, accept: str) -> bytes:
        """A document of discovery or the version, for clients inside the process.

        Raises:
            ApiError: 403, 404.
        """
        self._pipeline.authorizer.check(user, Request("get", path=path))
        if path == "/version":
            return self._version
        if path[1:] in health.PATHS:
            return b"ok"
        found = self._discovered(path, discovery.dialect(accept))
        if found is None:
            raise routing.not_served()
        return found[0]

    def paths(self) -> list[str]:
        """Every path worth knowing, as ``/`` lists them."""
        found = ["/api", "/api/v1", "/apis", "/apis/", "/metrics", "/openapi/v2", "/openapi/v3", "/openapi/v3/"]
        found += [_ISSUER, _KEYS, "/version", *health.listed()]
        for group in filter(None, self._registry.groups()):
            found.append(f"/apis/{group}")
            found += [f"/apis/{group}/{version}" for version in self._registry.versions(group)]
        return sorted(found)

    def _discover(self, http: web.BaseRequest, path: str) -> web.Response:
        accept = http.headers.get("Accept", "")
        parts = path.strip("/").split("/")
        builtin = parts[0] == "api" or (len(parts) > 1 and self._registry.is_builtin(parts[1]))
        routed = parts[0] == "api" or (builtin and len(parts) > 2)
        dialect = discovery.dialect(accept)
        found = self._discovered(path, dialect)
        if found is None:
            raise routing.not_served() if builtin else routing.NoPageError
        if routed:
            _check_method(http)
        body, digest = found
        if dialect and len(parts) == 1:
            return _tagged(http, body, digest, discovery.content_type(dialect), "public")
        answer = negotiate_document(accept, routed=routed)
        return answers.document(http, dump(orjson.loads(body), answer) if answer.yaml else body, answer=answer)

    def _discovered(self, path: str, dialect: str) -> tuple[bytes, str] | None:
        """A document of discovery and its digest."""
        root, *rest = path.strip("/").split("/")
        if not rest:
            if dialect:
                return self._discovery.aggregated(dialect, core=root == "api")
            return (self._core_versions(), "") if root == "api" else self._discovery.groups()
        group = "" if root == "api" else rest.pop(0)
        if not rest:
            return self._discovery.group(group)
        return self._discovery.resources(group, rest[0]) if len(rest) == 1 else None

    def _core_versions(self) -> bytes:
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": self._address}]
        return orjson.dumps({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses})

    async def _describe(self, http: web.BaseRequest, path: str, query: Mapping[str, str]) -> web.Response:
        """Answer for a path below ``/openapi``.

        The documents are big and made on demand; that happens in a thread, so that watches go on meanwhile.
        """
        version, _, rest = path.partition("/")
        if version == "v2" and not rest:
            protobuf = _wants_protobuf(http.headers.get("Accept", ""))
            make = self._openapi.v2_protobuf if protobuf else self._openapi.v2_json
            found = await asyncio.to_thread(make)
            response = _tagged(http, found.body, found.digest, V2_PROTOBUF if protobuf else JSON)
            if response.status == 200:
                answers.compress(http, response)
            return response
        if version != "v3":
            raise routing.NoPageError
        if not rest:
            index = await asyncio.to_thread(self._openapi.v3_index)
            return _tagged(http, index.body, index.digest, JSON)
        document = await asyncio.to_thread(self._openapi.v3_document, rest)
        if document is None:
            return web.Response(status=404)
        wanted = query.get("hash", "")
        if wanted and wanted != document.digest:
            return web.Response(status=301, headers={"Location": f"/openapi/v3/{rest}?hash={document.digest}"})
        return _tagged(http, document.body, document.digest, JSON, "public, immutable" if wanted else "")


def _check_method(http: web.BaseRequest) -> None:
    if http.method != "GET":
        raise method_not_allowed()


def _issued(http: web.BaseRequest, accept: str, content_type: str, document: Object) -> web.Response:
    """What is published about the issuer of service account tokens, for everybody who wants to check them."""
    _check_method(http)
    check_route(accept, (content_type,))
    response = web.Response(body=orjson.dumps(document), headers={"Cache-Control": "public, max-age=3600"})
    response.headers["Content-Type"] = content_type
    return response


def _wants_protobuf(accept: str) -> bool:
    return any("proto-openapi" in kind for kind, _ in media_ranges(accept))


def _tagged(http: web.BaseRequest, body: bytes, digest: str, content_type: str, caching: str = "") -> web.Response:
    """An answer that a client may keep: 304 when it has it already."""
    etag = http.headers.get("If-None-Match", "")
    headers = {"ETag": f'"{digest}"', "Vary": "Accept", "Cache-Control": caching or "no-cache, private"}
    if etag and etag.strip('"') == digest:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = content_type
    return web.Response(body=body, headers=headers, zlib_executor_size=1)
