"""Everything that is not a resource: discovery, version, health, OpenAPI, metrics and the list of paths."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

import orjson
from aiohttp import web

from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import User
from liqolab.kube.access.rbac_rules import Request
from liqolab.kube.api import discovery
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.rendering import media_ranges
from liqolab.kube.openapi.documents import V2_PROTOBUF, OpenApi
from liqolab.kube.store.store import Store

Label = tuple[str, str, str]
"""HTTP status code, resource (empty for other paths) and HTTP method."""


class Metrics:
    """``/metrics``: what one API server has done and holds, in Prometheus' text format."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._started = time.time()
        self._requests: defaultdict[Label, int] = defaultdict(int)
        self._seconds: defaultdict[Label, float] = defaultdict(float)

    def observe(self, method: str, name: str, code: int, seconds: float) -> None:
        """Count one answered request."""
        label = (str(code), name, method)
        self._requests[label] += 1
        self._seconds[label] += seconds

    def render(self) -> str:
        """All metrics as text."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        yield "# HELP apiserver_request_total Counter of apiserver requests."
        yield "# TYPE apiserver_request_total counter"
        for label, count in sorted(self._requests.items()):
            yield f"apiserver_request_total{_labels(label)} {count}"
        yield "# HELP apiserver_request_duration_seconds Response latency; watches count their whole life."
        yield "# TYPE apiserver_request_duration_seconds summary"
        for label, seconds in sorted(self._seconds.items()):
            yield f"apiserver_request_duration_seconds_sum{_labels(label)} {seconds:.6f}"
            yield f"apiserver_request_duration_seconds_count{_labels(label)} {self._requests[label]}"
        yield "# HELP apiserver_storage_objects Number of stored objects."
        yield "# TYPE apiserver_storage_objects gauge"
        for name, count in sorted(self._store.collections()):
            yield f'apiserver_storage_objects{{resource="{name}"}} {count}'
        yield "# TYPE process_cpu_seconds_total counter"
        yield f"process_cpu_seconds_total {time.process_time():.2f}"
        yield "# HELP process_max_resident_memory_bytes Largest resident set so far."
        yield "# TYPE process_max_resident_memory_bytes gauge"
        unit = 1 if sys.platform == "darwin" else 1024
        yield f"process_max_resident_memory_bytes {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}"
        yield "# TYPE process_start_time_seconds gauge"
        yield f"process_start_time_seconds {self._started:.2f}"


def _labels(label: Label) -> str:
    code, name, method = label
    return f'{{code="{code}",resource="{name}",verb="{method}"}}'


Headers = Mapping[str, str]

_HEALTH: Final = ("ping", "log", "etcd", "poststarthook/rbac/bootstrap-roles", "poststarthook/crd-informer-synced")


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

    def answer(self, user: User, method: str, path: str, query: Mapping[str, str], headers: Headers) -> web.Response:
        """Answer a request for a non-resource path.

        Raises:
            ApiError: 403.
        """
        path = path.rstrip("/") or "/"
        verb = {"GET": "get", "HEAD": "get"}.get(method, method.lower())
        self._pipeline.authorizer.check(user, Request(verb, path=path))
        parts = path.strip("/").split("/")
        found: web.Response | None = None
        if parts[0] in ("healthz", "livez", "readyz"):
            found = _health(parts, query)
        elif path == "/version":
            found = _json(self._version)
        elif path == "/metrics":
            found = web.Response(text=self.metrics.render())
        elif parts[0] in ("api", "apis"):
            found = self._discover(parts, headers) or web.Response(status=404, text="404 page not found\n")
        if found is not None:
            return found
        return _json(orjson.dumps({"paths": self.paths()}), 200 if path == "/" else 404)

    def paths(self) -> list[str]:
        """Every path worth knowing, as ``/`` lists them."""
        groups = [group for group in self._registry.groups() if group]
        found = [
            "/api",
            "/api/v1",
            "/apis",
            "/apis/",
            "/healthz",
            "/livez",
            "/readyz",
            "/metrics",
            "/openapi/v2",
            "/openapi/v3",
        ]
        found += ["/openapi/v2", "/openapi/v3", "/version"]
        for group in groups:
            found.append(f"/apis/{group}")
            found += [f"/apis/{group}/{version}" for version in self._registry.versions(group)]
        return sorted(found)

    def _discover(self, parts: list[str], headers: Headers) -> web.Response | None:
        root, rest = parts[0], parts[1:]
        if not rest:
            version = discovery.dialect(headers.get("Accept", ""))
            if version:
                body, digest = self._discovery.aggregated(version, core=root == "api")
                return _tagged(body, digest, discovery.content_type(version), headers)
            return _json(self._core_versions()) if root == "api" else _json(self._discovery.groups()[0])
        group = "" if root == "api" else rest.pop(0)
        if not rest:
            found = self._discovery.group(group)
        elif len(rest) == 1:
            found = self._discovery.resources(group, rest[0])
        else:
            found = None
        return _json(found[0]) if found else None

    def _core_versions(self) -> bytes:
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": self._address}]
        return orjson.dumps({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses})

    async def openapi(self, user: User, path: str, query: Mapping[str, str], headers: Headers) -> web.Response | None:
        """Answer for a path below ``/openapi``; None when there is no such document.

        The documents are big and made on demand; that happens in a thread, so that watches go on meanwhile.

        Raises:
            ApiError: 403.
        """
        self._pipeline.authorizer.check(user, Request("get", path=path))
        version, _, rest = path.removeprefix("/openapi/").strip("/").partition("/")
        if version == "v2" and not rest:
            protobuf = _wants_protobuf(headers.get("Accept", ""))
            make = self._openapi.v2_protobuf if protobuf else self._openapi.v2_json
            found = await asyncio.to_thread(make)
            return _tagged(found.body, found.digest, V2_PROTOBUF if protobuf else "application/json", headers)
        if version != "v3":
            return None
        if not rest:
            index = await asyncio.to_thread(self._openapi.v3_index)
            return _tagged(index.body, index.digest, "application/json", headers)
        document = await asyncio.to_thread(self._openapi.v3_document, rest)
        if document is None:
            return web.Response(status=404, text="404 page not found\n")
        wanted = query.get("hash", "")
        if wanted and wanted != document.digest:
            return web.Response(status=301, headers={"Location": f"/openapi/v3/{rest}?hash={document.digest}"})
        response = _tagged(document.body, document.digest, "application/json", headers)
        if wanted:
            response.headers["Cache-Control"] = "public, immutable"
        return response


def _wants_protobuf(accept: str) -> bool:
    return any("proto-openapi" in kind for kind, _ in media_ranges(accept))


def _json(body: bytes, code: int = 200) -> web.Response:
    return web.Response(status=code, body=body, content_type="application/json")


def _tagged(body: bytes, digest: str, content_type: str, request: Headers) -> web.Response:
    """An answer that a client may keep: 304 when it has it already."""
    etag = request.get("If-None-Match", "")
    headers = {"ETag": f'"{digest}"', "Vary": "Accept", "Cache-Control": "no-cache, private"}
    if etag and etag.strip('"') == digest:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = content_type
    return web.Response(body=body, headers=headers)


def _health(parts: list[str], query: Mapping[str, str]) -> web.Response:
    name, check = parts[0], "/".join(parts[1:])
    if check and check not in _HEALTH and check != "shutdown":
        return web.Response(status=404, text="404 page not found\n")
    if "verbose" not in query or check:
        return web.Response(text="ok")
    lines = [f"[+]{row} ok" for row in _HEALTH]
    return web.Response(text="\n".join([*lines, f"{name} check passed", ""]))
