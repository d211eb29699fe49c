"""Which kinds there are: the documents from which every client learns URLs, verbs and short names.

Three dialects are spoken: the legacy lists (one document a group version), and the aggregated document in its v2 and
v2beta1 forms. All are rendered from the registry, and rendered again when it has changed.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any, Final

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.kube.api.negotiation import media_ranges
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec, Subresource

GROUP: Final = "apidiscovery.k8s.io"
_CUSTOM_VERBS: Final = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")

_STORED_AS: Final = {
    "customresourcedefinitions.apiextensions.k8s.io": "v1beta1",
    "volumeattributesclasses.storage.k8s.io": "v1beta1",
    **dict.fromkeys(
        (
            "deviceclasses.resource.k8s.io",
            "resourceclaims.resource.k8s.io",
            "resourceclaimtemplates.resource.k8s.io",
            "resourceslices.resource.k8s.io",
        ),
        "v1beta2",
    ),
}
"""The version that a real 1.34 stores a kind in, where it is an older one: all that shows of it is a hash."""


def dialect(accept: str) -> str:
    """``v2`` or ``v2beta1`` when the client asks for the aggregated document first, else empty."""
    for kind, pairs in media_ranges(accept):
        parameters = dict(pairs)
        if kind != "application/json":
            continue
        if not parameters:
            return ""
        wanted = parameters.get("g") == GROUP and parameters.get("as") == "APIGroupDiscoveryList"
        if wanted and parameters.get("v") in ("v2", "v2beta1"):
            return parameters["v"]
    return ""


def content_type(version: str) -> str:
    """The media type that tells a client which aggregated dialect it got."""
    return f"application/json;g={GROUP};v={version};as=APIGroupDiscoveryList"


class Discovery:
    """Rendered documents, by name, for the registry's present generation."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._generation = -1
        self._cache: dict[tuple[str, ...], tuple[bytes, str]] = {}

    def _document(self, *key: str, make: Any) -> tuple[bytes, str]:
        if self._generation != self._registry.generation:
            self._cache.clear()
            self._generation = self._registry.generation
        found = self._cache.get(key)
        if found is None:
            body = orjson.dumps(make())
            found = self._cache[key] = (body, hashlib.sha256(body).hexdigest().upper())
        return found

    def aggregated(self, version: str, *, core: bool) -> tuple[bytes, str]:
        """The aggregated document of ``/api`` (core) or ``/apis``, and its hash."""
        return self._document("aggregated", version, str(core), make=lambda: self._aggregate(version, core))

    def groups(self) -> tuple[bytes, str]:
        """``APIGroupList`` of ``/apis``."""
        named = [group for group in self._registry.groups() if group]
        return self._document(
            "groups",
            make=lambda: {"kind": "APIGroupList", "apiVersion": "v1", "groups": [self._group(name) for name in named]},
        )

    def group(self, name: str) -> tuple[bytes, str] | None:
        """``APIGroup`` of ``/apis/<name>``; None when there is no such group."""
        if not name or not self._registry.versions(name):
            return None
        head = {"kind": "APIGroup", "apiVersion": "v1"}
        return self._document("group", name, make=lambda: {**head, **self._group(name)})

    def resources(self, group: str, version: str) -> tuple[bytes, str] | None:
        """``APIResourceList`` of a group version; None when it is not served."""
        if version not in self._registry.versions(group):
            return None
        return self._document("resources", group, version, make=lambda: self._resource_list(group, version))

    def _group(self, name: str) -> Object:
        versions = [{"groupVersion": f"{name}/{v}", "version": v} for v in self._registry.versions(name)]
        return {"name": name, "versions": versions, "preferredVersion": versions[0]}

    def _resource_list(self, group: str, version: str) -> Object:
        rows: list[Object] = []
        for spec in self._registry.kinds(group, version):
            rows.append(_resource_row(spec))
            rows += [_subresource_row(spec, sub) for sub in spec.subresources]
        head = {"kind": "APIResourceList", "groupVersion": f"{group}/{version}" if group else version}
        return head | ({"apiVersion": "v1"} if group else {}) | {"resources": rows}

    def _aggregate(self, version: str, core: bool) -> Object:
        names = [name for name in self._registry.groups() if (name == "") is core]
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"{GROUP}/{version}",
            "metadata": {},
            "items": [self._aggregated_group(name) for name in names],
        }

    def _aggregated_group(self, name: str) -> Object:
        versions = [
            {
                "version": version,
                "resources": [_aggregated_row(spec) for spec in self._registry.kinds(name, version)],
                "freshness": "Current",
            }
            for version in self._registry.versions(name)
        ]
        return {"metadata": {"name": name, "creationTimestamp": None}, "versions": versions}


def _verbs(spec: KindSpec) -> list[str]:
    return list(_CUSTOM_VERBS if spec.custom else spec.verbs)


def _other_names(spec: KindSpec) -> Object:
    found = {"shortNames": spec.short_names, "categories": spec.categories}
    return {field: list(names) for field, names in found.items() if names}


def _resource_row(spec: KindSpec) -> Object:
    resource = spec.resource
    row: Object = {
        "name": resource.plural,
        "singularName": spec.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _verbs(spec),
    }
    row |= _other_names(spec)
    if "watch" in spec.verbs:
        stored = spec.storage or resource
        version = _STORED_AS.get(stored.group_resource, stored.version)
        digest = hashlib.sha256(f"{stored.group}/{version}/{stored.kind}".encode()).digest()
        row["storageVersionHash"] = b64encode(digest[:8]).decode()
    return row


def _subresource_row(spec: KindSpec, sub: Subresource) -> Object:
    row: Object = {
        "name": f"{spec.resource.plural}/{sub.name}",
        "singularName": "",
        "namespaced": spec.resource.namespaced,
    }
    if sub.version:
        row |= {"group": sub.group, "version": sub.version}
    return row | {"kind": sub.kind or spec.resource.kind, "verbs": list(sub.verbs)}


def _response_kind(spec: KindSpec, sub: Subresource | None) -> Object:
    resource = spec.resource
    if sub is not None and sub.version:
        return {"group": sub.group, "version": sub.version, "kind": sub.kind}
    kind = sub.kind if sub is not None and sub.kind else resource.kind
    return {"group": resource.group, "version": resource.version, "kind": kind}


def _aggregated_row(spec: KindSpec) -> Object:
    row: Object = {
        "resource": spec.resource.plural,
        "responseKind": _response_kind(spec, None),
        "scope": "Namespaced" if spec.resource.namespaced else "Cluster",
        "singularResource": spec.singular,
        "verbs": _verbs(spec),
    }
    row |= _other_names(spec)
    if spec.subresources:
        row["subresources"] = [
            {"subresource": sub.name, "responseKind": _response_kind(spec, sub), "verbs": list(sub.verbs)}
            for sub in spec.subresources
        ]
    return row
