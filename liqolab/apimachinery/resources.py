"""How a kind is addressed: group, version, plural, kind and scope, and the URL that follows from them.

A `Resource` is the one currency in which every layer names a kind (client, informer, API server, command line), so a
kind is spelt in one place. Objects themselves are plain JSON dictionaries: they cross the wire unchanged, unknown
fields survive, and no model class has to know a kind before it can be used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
"""A Kubernetes object (or any API document) as decoded JSON."""

Objects = list[Object]
"""Several of them; named because `list` is a method of clients."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource type: what discovery calls a row of an `APIResourceList`.

    Attributes:
        group: API group; empty for the core group.
        version: version within the group, for instance ``v1``.
        plural: the lower-case name in URLs.
        kind: the name in an object's ``kind`` field.
        namespaced: whether objects live in a namespace.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` field of its objects: ``v1`` or ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """The name used in error texts and RBAC messages: ``pods`` or ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def group_kind(self) -> str:
        """The kind qualified by its group: ``Pod`` or ``Deployment.apps``."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of the collection, of one object, or of a subresource of it."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/" + "/".join(parts)

    def manifest(
        self,
        name: str,
        namespace: str | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        owners: Objects | None = None,
        **fields: Any,
    ) -> Object:
        """An object of this kind, as one is written: `fields` are what stands beside its metadata."""
        metadata = {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": owners,
        }
        metadata = {key: value for key, value in metadata.items() if value is not None}
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, **fields}
