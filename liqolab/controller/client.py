"""What a controller may ask of an API server.

`Client` is the seam of the whole project: `liqolab.controller.http.HttpClient` fulfils it over HTTPS against any
cluster, and the embedded API server fulfils it in process, through the same authentication-less but authorised,
defaulted, admitted and validated pipeline that HTTP requests take. Both raise `ApiError`.

A client is made of two methods: `answer` one `Call`, and follow the `events` of one. How a call is spelt (get, list,
watch, create, …) is written here, once, whatever carries it.

Objects that a client returns may be shared with caches: treat them as frozen, and copy before changing anything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from liqolab.apimachinery.errors import missing_ok, status_error
from liqolab.apimachinery.resources import Object, Objects, Resource

Verb = Literal["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
PatchType = Literal["merge", "strategic", "json", "apply"]
Propagation = Literal["Foreground", "Background", "Orphan"]
EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One question to an API server about one kind.

    Attributes:
        verb: as RBAC has it.
        namespace: None for cluster scope, and for all namespaces.
        body: what is sent: an object, a patch, or DeleteOptions.
        options: query parameters by their names in a URL; none of them is empty.
        patch_type: set when the verb is patch.
    """

    verb: Verb
    resource: Resource
    namespace: str | None = None
    name: str | None = None
    subresource: str | None = None
    body: Object | Objects | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    patch_type: PatchType | None = None


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One line of a watch. For ``ERROR`` the object is a Status; for ``BOOKMARK`` only its resourceVersion counts."""

    type: EventType
    object: Object


@dataclass(frozen=True, slots=True)
class ObjectList:
    """The answer to a list: items (each carries its own kind and apiVersion) and the revision they were read at."""

    items: Objects
    resource_version: str


class Client(ABC):
    """Typed by `Resource`, otherwise plain JSON. Every method raises `ApiError` on a Status answer, and `OSError`
    (or a subclass, `ConnectionError` and `TimeoutError` among them) when the server cannot be reached.
    """

    @abstractmethod
    async def answer(self, call: Call) -> Object:
        """The document that the server answers: an object, a list, or a Status that says that all went well. The items
        of a list carry their kind and apiVersion.
        """

    @abstractmethod
    def events(self, call: Call) -> AsyncIterator[WatchEvent]:
        """The events of a watch, until the server ends the stream. A 410 is raised as `ApiError`, whether it came as
        an HTTP answer or as an ERROR event.
        """

    async def raw(self, path: str, *, query: Mapping[str, str] | None = None, accept: str = JSON) -> bytes:
        """GET of anything else (``/version``, pod logs, discovery): the body of a 2xx answer, undecoded. A client that
        knows of nothing but objects answers as for a path that nobody serves.
        """
        raise status_error(404, "NotFound", f"the server could not find the requested resource {path}", {})

    async def document(self, path: str, *, query: Mapping[str, str] | None = None, accept: str = JSON) -> Object:
        """As `raw`, decoded.

        Raises:
            ConnectionError: what answers is no API server.
        """
        return decoded(await self.raw(path, query=query, accept=accept), f"the server answered GET {path}")

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        return await self.answer(Call("get", resource, namespace, name))

    async def find(self, resource: Resource, name: str, namespace: str | None = None) -> Object | None:
        """As `get`; None when there is no such object."""
        with missing_ok:
            return await self.get(resource, name, namespace)
        return None

    async def list(
        self, resource: Resource, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> ObjectList:
        """All objects (of one namespace, or of all when it is None) that match the two selectors."""
        options = _options(labelSelector=labels, fieldSelector=fields)
        answer = await self.answer(Call("list", resource, namespace, options=options))
        metadata = answer.get("metadata") or {}
        return ObjectList(answer.get("items") or [], str(metadata.get("resourceVersion", "")))

    def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
    ) -> AsyncIterator[WatchEvent]:
        """Events after `resource_version`; as `events` otherwise."""
        options = _options(resourceVersion=resource_version, labelSelector=labels, fieldSelector=fields)
        return self.events(Call("watch", resource, namespace, options=options))

    async def create(
        self,
        resource: Resource,
        body: Object,
        namespace: str | None = None,
        *,
        name: str | None = None,
        subresource: str | None = None,
    ) -> Object:
        """POST. With `name` and `subresource` it posts to a subresource (``binding``, ``eviction``, ``token``)."""
        place = namespace or (body.get("metadata") or {}).get("namespace")
        return await self.answer(Call("create", resource, place, name, subresource, body))

    async def update(self, resource: Resource, body: Object, *, subresource: str | None = None) -> Object:
        """PUT; name and namespace are taken from the body's metadata."""
        metadata = body["metadata"]
        return await self.answer(
            Call("update", resource, metadata.get("namespace"), metadata["name"], subresource, body)
        )

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
        options = _options(fieldManager=field_manager, force="true" if force else "")
        return await self.answer(Call("patch", resource, namespace, name, subresource, body, options, type))

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        grace_seconds: int | None = None,
        propagation: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> Object:
        """DELETE with optional preconditions. Returns the object or the Status that the server answered."""
        body: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        if propagation:
            body["propagationPolicy"] = propagation
        if preconditions := _options(uid=uid or "", resourceVersion=resource_version or ""):
            body["preconditions"] = preconditions
        return await self.answer(Call("delete", resource, namespace, name, body=body))

    async def remove(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        propagation: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """As `delete`; an object that has gone already is no error."""
        with missing_ok:
            await self.delete(
                resource, name, namespace, propagation=propagation, uid=uid, resource_version=resource_version
            )

    async def delete_collection(self, resource: Resource, namespace: str, *, propagation: Propagation) -> Object:
        """DELETE of all objects in a namespace; the list of them is the answer."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        return await self.answer(Call("deletecollection", resource, namespace, body=body))


def decoded(content: bytes, who: str) -> Object:
    """A document that an API server answered; `who` says who answered what.

    Raises:
        ConnectionError: it is no JSON, so that was no API server.
    """
    try:
        found: Object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ConnectionError(f"{who} with what is no JSON") from error
    return found


def _options(**given: str) -> dict[str, str]:
    """Those that say something."""
    return {key: value for key, value in given.items() if value}
