"""The in-process client: what controllers inside the cluster use instead of HTTP.

It takes the same pipeline as an HTTP request, authorisation included, and skips only what exists for the wire: TLS,
JSON and authentication. A watch hands out the store's own parsed objects.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

from liqolab.apimachinery.errors import ApiError, not_found, status_error
from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.client import ObjectList, PatchType, WatchEvent
from liqolab.kube.api import deletion, listing, rendering, urls, watching
from liqolab.kube.api.connect import call_subresource
from liqolab.kube.api.documents import Documents
from liqolab.kube.api.negotiation import Answer
from liqolab.kube.api.options import ListOptions
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.user import User

_FOREVER = "315360000"
"""Seconds: a controller's watch ends with its controller."""


class LocalClient:
    """`liqolab.controller.client.Client` without a network."""

    def __init__(self, pipeline: Pipeline, user: User, documents: Documents | None = None) -> None:
        self._pipeline = pipeline
        self._user = user
        self._documents = documents

    def _request(
        self, verb: str, resource: Resource, namespace: str | None, name: str = "", **fields: Any
    ) -> ResourceRequest:
        spec = self._pipeline.registry.find(resource)
        if spec is None:
            raise status_error(404, "NotFound", "the server could not find the requested resource", {})
        place = (namespace or "") if spec.resource.namespaced else ""
        return ResourceRequest(
            self._user, verb, spec, place, name, field_manager=self._user.name, field_validation="Ignore", **fields
        )

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        request = self._request("get", resource, namespace, name)
        return storage_of(request.spec).object(self._pipeline.get(request))

    async def list(
        self, resource: Resource, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> ObjectList:
        request = self._request("list", resource, namespace)
        query = {"labelSelector": labels, "fieldSelector": fields}
        page = listing.list_page(self._pipeline, request, ListOptions.parse(query, request.spec))
        storage = storage_of(request.spec)
        return ObjectList([storage.object(record) for record in page.records], str(page.revision))

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
    ) -> AsyncIterator[WatchEvent]:
        request = self._request("watch", resource, namespace)
        query = {
            "labelSelector": labels,
            "fieldSelector": fields,
            "resourceVersion": resource_version,
            "timeoutSeconds": _FOREVER,
        }
        options = ListOptions.parse(query, request.spec, watch=True)
        async with watching.watch(self._pipeline, request, options) as opened:
            while events := await opened.batch():
                for event in events:
                    if event.error is not None:
                        raise event.error
                    if event.record is not None:
                        yield WatchEvent(event.type, opened.storage.object(event.record))

    async def create(
        self,
        resource: Resource,
        body: Object,
        namespace: str | None = None,
        *,
        name: str | None = None,
        subresource: str | None = None,
    ) -> Object:
        place = namespace or (body.get("metadata") or {}).get("namespace")
        request = self._request("create", resource, place, name or "", body=deep_copy(body))
        if subresource:
            return await self._subresource(request, subresource)
        if "get" not in request.spec.verbs:
            return await self._subresource(request, "")
        return storage_of(request.spec).object(await self._pipeline.create(request))

    async def _subresource(self, request: ResourceRequest, subresource: str) -> Object:
        request.subresource = subresource
        answer = await call_subresource(self._pipeline, request)
        if not isinstance(answer, dict):
            raise not_found(request.spec.resource, request.name)
        return answer

    async def update(self, resource: Resource, body: Object, *, subresource: str | None = None) -> Object:
        metadata = body.get("metadata") or {}
        request = self._request(
            "update", resource, metadata.get("namespace"), metadata.get("name", ""), body=deep_copy(body)
        )
        if subresource and subresource != "status":
            return await self._subresource(request, subresource)
        request.subresource = subresource or ""
        return storage_of(request.spec).object(await self._pipeline.update(request))

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Object | Objects,
        namespace: str | None = None,
        *,
        type: PatchType = "merge",
        subresource: str | None = None,
        field_manager: str = "",
        force: bool = False,
    ) -> Object:
        request = self._request("patch", resource, namespace, name, body=deep_copy(body), patch_type=type, force=force)
        if field_manager:
            request.field_manager = field_manager
        if subresource and subresource != "status":
            return await self._subresource(request, subresource)
        request.subresource = subresource or ""
        return storage_of(request.spec).object(await self._pipeline.patch(request))

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        grace_seconds: int | None = None,
        propagation: Literal["Foreground", "Background", "Orphan"] | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> Object:
        request = self._request("delete", resource, namespace, name)
        preconditions = {"uid": uid or "", "resourceVersion": resource_version or ""}
        request.body = {
            "gracePeriodSeconds": grace_seconds,
            "propagationPolicy": propagation or "",
            "preconditions": preconditions,
        }
        deleted = await deletion.delete(self._pipeline, request)
        return deleted.answer(request.spec) or storage_of(request.spec).object(deleted.record)

    async def raw(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: Object | None = None
    ) -> bytes:
        target = urls.parse(path)
        if target is None:
            if self._documents is None:
                raise _not_served(path)
            answer = self._documents.answer(self._user, method, path, query or {}, {"Accept": "application/json"})
            if answer.status >= 400:
                raise _not_served(path)
            assert isinstance(answer.body, bytes), "documents are bytes"
            return answer.body
        spec = self._pipeline.registry.lookup(target.group, target.version, target.plural)
        if spec is None or target.subresource:
            raise _not_served(path)
        if method == "DELETE" and not target.name:
            request = self._request("deletecollection", spec.resource, target.namespace, query=query or {}, body=body)
            records, at = await deletion.delete_collection(self._pipeline, request)
            return rendering.render_list(storage_of(spec), listing.Page(records, at), Answer(), "None")
        if method != "GET":
            raise _not_served(path)
        if target.name:
            found = self._pipeline.get(self._request("get", spec.resource, target.namespace, target.name))
            return storage_of(spec).encode(found)
        listed = self._request("list", spec.resource, target.namespace)
        page = listing.list_page(self._pipeline, listed, ListOptions.parse(query or {}, spec))
        return rendering.render_list(storage_of(spec), page, Answer(), "None")

    async def close(self) -> None:
        """Nothing is held."""


def _not_served(path: str) -> ApiError:
    return status_error(404, "NotFound", f"the server could not find the requested resource {path}", {})
