"""The in-process client: what controllers inside the cluster use instead of HTTP.

It takes the same pipeline as an HTTP request, authorisation included, and skips only what exists for the wire: TLS,
JSON and authentication. A watch hands out the store's own parsed objects.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from liqolab.apimachinery.errors import ApiError, method_not_allowed, not_found, status_error
from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.client import JSON, Call, Client, WatchEvent
from liqolab.kube.access.authz import User
from liqolab.kube.api import deletion, listing, patching, watching
from liqolab.kube.api.documents import Documents
from liqolab.kube.api.field_managers import internal_manager
from liqolab.kube.api.list_options import ListOptions
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources import call_subresource

_FOREVER = "315360000"
"""Seconds: a controller's watch ends with its controller."""


class LocalClient(Client):
    """A client without a network."""

    def __init__(self, pipeline: Pipeline, user: User, documents: Documents) -> None:
        self._pipeline = pipeline
        self._user = user
        self._documents = documents

    async def answer(self, call: Call) -> Object:
        pipeline, request = self._pipeline, self._request(call)
        spec = request.spec
        storage = storage_of(spec)
        if request.subresource not in ("", "status") or (call.verb == "create" and "get" not in spec.verbs):
            return await self._subresource(request)
        match call.verb:
            case "get":
                return storage.object(await pipeline.get(request))
            case "list":
                page = await listing.converted_page(pipeline, request, ListOptions.parse(call.options, spec))
                return _list([storage.object(record) for record in page.records], page.revision)
            case "create":
                return storage.object(await pipeline.create(request))
            case "update":
                return storage.object(await pipeline.update(request))
            case "patch":
                return storage.object(await patching.patch(pipeline, request))
            case "delete":
                deleted = await deletion.delete(pipeline, request)
                return deleted.answer(spec) or storage.object(deleted.record)
            case "deletecollection":
                records, at = await deletion.delete_collection(pipeline, request)
                return _list([storage.object(record) for record in records], at)
            case "watch":
                raise method_not_allowed()

    async def events(self, call: Call) -> AsyncIterator[WatchEvent]:
        request = self._request(call)
        options = ListOptions.parse({**call.options, "timeoutSeconds": _FOREVER}, request.spec, watch=True)
        async with watching.watch(self._pipeline, request, options) as opened:
            while events := await opened.batch():
                for event in events:
                    if event.error is not None:
                        raise event.error
                    if event.record is not None:
                        yield WatchEvent(event.type, opened.storage.object(event.record))

    async def raw(self, path: str, *, query: Mapping[str, str] | None = None, accept: str = JSON) -> bytes:
        return self._documents.document(self._user, path, accept)

    def _request(self, call: Call) -> ResourceRequest:
        spec = self._pipeline.registry.find(call.resource)
        if spec is None:
            raise _not_served()
        return ResourceRequest(
            self._user,
            call.verb,
            spec,
            (call.namespace or "") if spec.resource.namespaced else "",
            call.name or "",
            call.subresource or "",
            query=call.options,
            body=None if call.body is None else deep_copy(call.body),
            patch_type=call.patch_type,
            field_manager=call.options.get("fieldManager") or internal_manager(self._user),
            field_validation="Ignore",
            force=call.options.get("force") == "true",
        )

    async def _subresource(self, request: ResourceRequest) -> Object:
        answer = await call_subresource(self._pipeline, request)
        if not isinstance(answer, dict):
            raise not_found(request.spec.resource, request.name)
        return answer


def _list(items: Objects, revision: int) -> Object:
    return {"metadata": {"resourceVersion": str(revision)}, "items": items}


def _not_served(what: str = "") -> ApiError:
    return status_error(404, "NotFound", f"the server could not find the requested resource{what}", {})
