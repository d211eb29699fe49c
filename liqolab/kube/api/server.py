"""The API server on the wire: from an HTTP request to the pipeline, and back.

aiohttp's low-level server is used because it hands the verified client certificate to the handler and lets a connection
be taken over. One `ApiServer` serves any number of listening addresses.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final, cast

import orjson
from aiohttp import web

from liqolab.apimachinery.errors import ApiError, internal, method_not_allowed, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authn import RequestAuthenticator
from liqolab.kube.access.authz import User
from liqolab.kube.api import decode, deletion, listing, options, patching, rendering, watching, yaml_bodies
from liqolab.kube.api.documents import Documents
from liqolab.kube.api.duplicates import Duplicates
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.rendering import Answer, Include, negotiate
from liqolab.kube.api.request import ResourcePath, ResourceRequest, parse_path, split_target
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources import CONNECTED, call_subresource
from liqolab.kube.store.record import Record

log = logging.getLogger(__name__)

MAX_BODY: Final = 3 * 1024 * 1024
_KEEP_ALIVE: Final = 150.0
"""Longer than the 90 s after which Go clients drop an idle connection, so that they never race with a close."""

_VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_OPTION_KINDS: Final = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
_HEADERS: Final = {"Cache-Control": "no-cache, private"}
_NOT_SERVED = "the server could not find the requested resource"


class ApiServer:
    """Handles requests for one cluster."""

    def __init__(self, pipeline: Pipeline, authenticator: RequestAuthenticator, documents: Documents) -> None:
        self._pipeline = pipeline
        self._authenticator = authenticator
        self._documents = documents
        self._server = web.Server(
            self.handle,
            request_factory=self._make_request,
            handler_cancellation=True,
            keepalive_timeout=_KEEP_ALIVE,
            access_log=None,
        )

    @property
    def protocol_factory(self) -> web.Server:
        """What a listener makes its connections from."""
        return self._server

    async def shutdown(self) -> None:
        """Close every connection; watches have been ended by closing the store's subscriptions."""
        await self._server.shutdown(timeout=0.2)

    @staticmethod
    def _make_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; every failure becomes a Status, unless the answer has begun: then the connection ends."""
        start = time.perf_counter()
        path, query = split_target(request.raw_path)
        target = parse_path(path)
        response = await self._answer(request, path, query, target)
        name = target.plural if target is not None and response.status != 404 else ""
        self._documents.metrics.observe(request.method, name, response.status, time.perf_counter() - start)
        return response

    async def _answer(
        self, request: web.BaseRequest, path: str, query: Mapping[str, str], target: ResourcePath | None
    ) -> web.StreamResponse:
        try:
            user = await self._authenticator.authenticate(request)
            if target is None:
                if path.startswith("/openapi/"):
                    found = await self._documents.openapi(user, path, query, request.headers)
                    if found is not None:
                        return found
                return self._documents.answer(user, request.method, path, query, request.headers)
            return await self._resource(request, user, target, query)
        except ApiError as error:
            answer = failure(error)
        except web.HTTPRequestEntityTooLarge:
            text = f"Request entity too large: limit is {MAX_BODY}"
            answer = failure(status_error(413, "RequestEntityTooLarge", text))
        except ConnectionError:
            # The client has left, which is its good right; aiohttp puts the connection away.
            raise
        except Exception as error:
            # One request that finds a defect must not take the others along.
            log.exception("%s %s failed", request.method, request.path)
            answer = failure(internal(f"{type(error).__name__}: {error}"))
        if request.writer.output_size:
            raise ConnectionResetError("the answer had begun")
        return answer

    async def _resource(
        self, http: web.BaseRequest, user: User, target: ResourcePath, query: Mapping[str, str]
    ) -> web.StreamResponse:
        registry = self._pipeline.registry
        spec = registry.lookup(target.group, target.version, target.plural)
        if spec is None:
            if target.version in registry.versions(target.group):
                raise status_error(404, "NotFound", _NOT_SERVED, {})
            return web.Response(status=404, text="404 page not found\n")
        namespaced = spec.resource.namespaced
        if not namespaced and target.namespace:
            raise status_error(404, "NotFound", _NOT_SERVED, {})
        request = ResourceRequest(
            user=user,
            verb=_verb(http.method, target, query),
            spec=spec,
            namespace=target.namespace,
            name=target.name,
            subresource=target.subresource,
            tail=target.tail,
            query=query,
            http=http,
        )
        if not request.verb:
            raise method_not_allowed()
        if spec.deprecation:
            request.warnings.append(spec.deprecation)
        try:
            return await self._dispatch(http, request)
        except ApiError as error:
            if request.warnings:
                error.headers["Warning"] = ", ".join(map(rendering.warning, request.warnings))
            raise

    async def _dispatch(self, http: web.BaseRequest, request: ResourceRequest) -> web.StreamResponse:
        if request.verb in ("list", "watch"):
            return await self._collection(http, request)
        await _read_body(http, request)
        posted_only = request.verb == "create" and "get" not in request.spec.verbs
        if request.subresource not in ("", "status") or posted_only:
            return await self._connect(http, request)
        if request.subresource and request.spec.subresource(request.subresource) is None:
            raise status_error(404, "NotFound", _NOT_SERVED, {})
        if request.verb in ("delete", "deletecollection"):
            return await self._delete(http, request)
        if request.verb == "get":
            return self._object(http, request, self._pipeline.get(request))
        return await self._write(http, request)

    async def _write(self, http: web.BaseRequest, request: ResourceRequest) -> web.StreamResponse:
        pipeline = self._pipeline
        if request.verb == "create":
            if request.spec.resource.namespaced and not request.namespace:
                raise method_not_allowed()
            return self._object(http, request, await pipeline.create(request), 201)
        if request.verb == "update":
            return self._object(http, request, await pipeline.update(request))
        record = await patching.patch(pipeline, request)
        created = request.patch_type == "apply" and request.verb == "create"
        return self._object(http, request, record, 201 if created else 200)

    async def _collection(self, http: web.BaseRequest, request: ResourceRequest) -> web.StreamResponse:
        answer = negotiate(http.headers.get("Accept", ""))
        include = _include(request.query)
        watch = request.verb == "watch"
        wanted = options.ListOptions.parse(request.query, request.spec, watch=watch)
        if watch:
            opened = watching.watch(self._pipeline, request, wanted)
            return await rendering.stream(http, opened, answer, include, request.warnings)
        page = listing.list_page(self._pipeline, request, wanted)
        body = rendering.render_list(storage_of(request.spec), page, answer, include)
        return respond(http, body, answer=answer, warnings=request.warnings)

    async def _delete(self, http: web.BaseRequest, request: ResourceRequest) -> web.StreamResponse:
        if request.verb == "deletecollection":
            records, at = await deletion.delete_collection(self._pipeline, request)
            page = listing.Page(records, at)
            body = rendering.render_list(storage_of(request.spec), page, Answer(), "None")
            return respond(http, body, warnings=request.warnings)
        deleted = await deletion.delete(self._pipeline, request)
        status = deleted.answer(request.spec)
        if status is None:
            return self._object(http, request, deleted.record)
        return respond(http, orjson.dumps(status), warnings=request.warnings)

    async def _connect(self, http: web.BaseRequest, request: ResourceRequest) -> web.StreamResponse:
        document = await call_subresource(self._pipeline, request)
        if not isinstance(document, dict):
            return document
        code = 201 if request.verb == "create" else 200
        answer = negotiate(http.headers.get("Accept", ""))
        body = rendering.dump(document, Answer(yaml=answer.yaml))
        return respond(http, body, code, answer=answer, warnings=request.warnings)

    @staticmethod
    def _object(http: web.BaseRequest, request: ResourceRequest, record: Record, code: int = 200) -> web.StreamResponse:
        answer = negotiate(http.headers.get("Accept", ""))
        body = rendering.render(storage_of(request.spec), record, answer, _include(request.query))
        return respond(http, body, code, answer=answer, warnings=request.warnings)


def _verb(method: str, target: ResourcePath, query: Mapping[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if target.name:
            return "get"
        return "watch" if target.watch or options.flag(query, "watch") else "list"
    if method == "DELETE":
        return "delete" if target.name else "deletecollection"
    return _VERBS.get(method, "")


def _include(query: Mapping[str, str]) -> Include:
    wanted = query.get("includeObject") or "Metadata"
    if wanted not in ("Metadata", "Object", "None"):
        text = f'Unsupported value: "{wanted}": supported values: "Metadata", "None", "Object"'
        raise options.refuse("TableOptions", "includeObject", "FieldValueNotSupported", text)
    return cast("Include", wanted)


async def _read_body(http: web.BaseRequest, request: ResourceRequest) -> None:
    """Decode the body and the write options into the request.

    Raises:
        ApiError: 400, 415 or 422.
    """
    if request.verb == "get" or request.subresource in CONNECTED:
        return
    if http.headers.get("Expect", "").lower() == "100-continue" and http.transport is not None:
        http.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    raw = await http.read()
    content_type = http.headers.get("Content-Type", "")
    spec, query = request.spec, request.query
    if request.verb in ("delete", "deletecollection"):
        request.body = decode.decode(raw, content_type, "DeleteOptions")[0] if raw else None
        body = request.body if isinstance(request.body, dict) else None
        request.dry_run = options.dry_run(query, body, "DeleteOptions")
        return
    kind = _OPTION_KINDS[request.verb]
    request.dry_run = options.dry_run(query, None, kind)
    request.field_validation = options.field_validation(query, kind)
    request.field_manager = options.field_manager(query, http.headers.get("User-Agent", ""), kind)
    if request.verb == "patch":
        request.patch_type = cast("Any", decode.patch_type(content_type, spec))
        content_type = decode.JSON
        request.force = options.flag(query, "force")
        if request.patch_type == "apply":
            # Who applies says who it is; the name of the program is not enough.
            request.field_manager = query.get("fieldManager", "")
            request.body = yaml_bodies.load_applied(raw, request.field_validation, request.warnings)
            return
    request.body, twice = decode.decode(raw, content_type, spec.resource.kind)
    if twice:
        _report_duplicates(request, twice)


def _report_duplicates(request: ResourceRequest, twice: Duplicates) -> None:
    """Warn of what the body spells twice, or refuse it; where unknown fields are looked for, together with those."""
    if request.patch_type == "json":
        twice = twice.prefixed("json patch ")
    if request.field_validation == "Warn":
        request.warnings += twice.warnings
    if request.field_validation != "Strict":
        return
    if "get" not in request.spec.verbs or request.subresource not in ("", "status"):
        raise decode.strict_error(request.spec, list(twice.strict))
    request.duplicates = twice.strict


def respond(
    http: web.BaseRequest,
    body: bytes,
    code: int = 200,
    *,
    answer: Answer | None = None,
    warnings: list[str] | None = None,
) -> web.Response:
    """An answer with a document."""
    if _wants_pretty(http) and not (answer is not None and answer.yaml):
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    response = web.Response(status=code, body=body, headers=_HEADERS)
    response.headers["Content-Type"] = "application/json" if answer is None else answer.content_type
    for text in warnings or ():
        response.headers.add("Warning", rendering.warning(text))
    return response


def _wants_pretty(http: web.BaseRequest) -> bool:
    if "pretty=" in http.raw_path:
        return "pretty=false" not in http.raw_path and "pretty=0" not in http.raw_path
    return http.headers.get("User-Agent", "").startswith(("curl/", "Wget/", "Mozilla/"))


def failure(error: ApiError) -> web.Response:
    """A Status as an HTTP answer."""
    status: Object = error.status
    headers = {**_HEADERS, **error.headers, "Content-Type": "application/json"}
    retry = (status.get("details") or {}).get("retryAfterSeconds")
    if retry:
        headers.setdefault("Retry-After", str(retry))
    return web.Response(status=error.code, body=orjson.dumps(status), headers=headers)
