"""What a controller may ask of an API server.

`Client` is the seam of the whole project: `liqolab.controller.http.HttpClient` fulfils it over HTTPS against any
cluster, and the embedded API server fulfils it in process, through the same authentication-less but authorised,
defaulted, admitted and validated pipeline that HTTP requests take. Both raise `ApiError`.

Objects that a client returns may be shared with caches: treat them as frozen, and copy before changing anything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

from liqolab.apimachinery.resources import Object, Objects, Resource

PatchType = Literal["merge", "strategic", "json", "apply"]
EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]


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


class Client(Protocol):
    """Typed by `Resource`, otherwise plain JSON. Every method raises `ApiError` on a Status answer, and `OSError`
    (or a subclass, `ConnectionError` and `TimeoutError` among them) when the server cannot be reached.
    """

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object: ...

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
    ) -> ObjectList:
        """All objects (of one namespace, or of all when it is None) that match the two selectors."""
        ...

    def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
    ) -> AsyncIterator[WatchEvent]:
        """Events after `resource_version`, until the server ends the stream. A 410 is raised as `ApiError`, whether
        it came as an HTTP answer or as an ERROR event.
        """
        ...

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
        ...

    async def update(self, resource: Resource, body: Object, *, subresource: str | None = None) -> Object:
        """PUT; name and namespace are taken from the body's metadata."""
        ...

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
    ) -> Object: ...

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
        """DELETE with optional preconditions. Returns the object or the Status that the server answered."""
        ...

    async def raw(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: Object | None = None
    ) -> bytes:
        """Any other request (``/version``, pod logs, discovery): the body of a 2xx answer, undecoded."""
        ...

    async def close(self) -> None:
        """Release connections; the client is of no use afterwards."""
        ...
