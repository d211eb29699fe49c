"""The OpenAPI documents of a cluster: v2 as JSON and protobuf, v3 as an index and one document a group version.

They are made when somebody asks, from the kinds that are served at that moment, and kept until those change; a custom
kind comes or goes without the built-in part being made again. Making one takes tens of milliseconds and touches only
data that never changes, so a server may do it in a thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.openapi import discovery, gnostic
from liqolab.kube.openapi import paths as operations
from liqolab.kube.openapi import schemas as models
from liqolab.kube.schema.definitions import referenced

TITLE: Final = "Kubernetes"

V2_PROTOBUF: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""Content-Type of the v2 document as protobuf; clients ask for it with an ``@`` before ``v1.0``."""

_SECURITY: Final = {
    "BearerToken": {
        "description": "Bearer Token authentication",
        "in": "header",
        "name": "authorization",
        "type": "apiKey",
    }
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document, ready to be sent.

    Attributes:
        body: its bytes.
        digest: changes with the content; good for an ETag and for the ``hash`` of the v3 index.
    """

    body: bytes
    digest: str


class OpenApi:
    """The documents for one registry of kinds.

    Args:
        kinds: the kinds that are served.
        version: the version of Kubernetes that the documents name.
    """

    def __init__(self, kinds: Registry, version: str) -> None:
        self._kinds = kinds
        self._version = version
        self._documents: dict[str, tuple[int | str, Document]] = {}

    def v2_json(self) -> Document:
        """``/openapi/v2`` for clients that ask for JSON."""
        return self._kept("v2", self._kinds.generation, self._make_v2_json)

    def v2_protobuf(self) -> Document:
        """``/openapi/v2`` for kubectl before 1.27, as gnostic protobuf."""
        return self._kept("v2-protobuf", self._kinds.generation, self._make_v2_protobuf)

    def v3_index(self) -> Document:
        """``/openapi/v3``: where the documents of the group versions are."""
        return self._kept("v3", self._kinds.generation, self._make_v3_index)

    def v3_document(self, path: str) -> Document | None:
        """``/openapi/v3/<path>``, with a path such as ``apis/apps/v1`` or ``api/v1``; None if nothing is there."""
        specs = self._group_versions().get(path)
        if not specs:
            return self._other(path)
        digest = _digest_of_kinds(specs, self._version)
        return self._kept(f"v3/{path}", digest, lambda: Document(self._make_v3(specs), digest))

    def _other(self, path: str) -> Document | None:
        """The document of a path that belongs to no group version."""
        item = self._other_paths().get(path)
        if item is None:
            return None
        digest = hashlib.sha512(f"{self._version} {path}".encode()).hexdigest().upper()
        return self._kept(f"v3/{path}", digest, lambda: Document(self._encode_v3({f"/{path}/": item}, {}), digest))

    def _other_paths(self) -> dict[str, Object]:
        return {path.strip("/"): item for path, item in discovery.other_paths(self._groups())}

    def _groups(self) -> list[str]:
        return sorted({spec.resource.group for spec in self._described() if not spec.custom and spec.resource.group})

    def _kept(self, key: str, state: int | str, make: Callable[[], Document]) -> Document:
        kept = self._documents.get(key)
        if kept is None or kept[0] != state:
            kept = (state, make())
            self._documents[key] = kept
        return kept[1]

    def _described(self) -> Iterator[KindSpec]:
        """All kinds but those that are measured: nobody writes them."""
        return (spec for spec in self._kinds if not spec.measured)

    def _group_versions(self) -> dict[str, list[KindSpec]]:
        found: dict[str, list[KindSpec]] = {}
        for spec in self._described():
            group, version = spec.resource.group, spec.resource.version
            path = f"apis/{group}/{version}" if group else f"api/{version}"
            found.setdefault(path, []).append(spec)
        return found

    def _make_v3_index(self) -> Document:
        paths = {}
        digests = {path: _digest_of_kinds(specs, self._version) for path, specs in self._group_versions().items()}
        digests |= {path: document.digest for path in self._other_paths() if (document := self._other(path))}
        for path, digest in sorted(digests.items()):
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return _document(orjson.dumps({"paths": paths}))

    def _make_v3(self, specs: list[KindSpec]) -> bytes:
        paths, declared, _ = _collect(specs)
        return self._encode_v3(paths, declared)

    def _encode_v3(self, paths: Object, declared: dict[str, Object]) -> bytes:
        builtin = models.closure(referenced([paths, declared]))
        schemas = {**models.described(builtin, defaults=True), **declared}
        content = {
            "openapi": "3.0.0",
            "info": {"title": TITLE, "version": self._version},
            "paths": {path: operations.as_v3(item) for path, item in paths.items()},
            "components": {
                "schemas": {name: models.as_v3(name, schema) for name, schema in schemas.items()},
                "securitySchemes": _SECURITY,
            },
        }
        return orjson.dumps(content)

    def _make_v2_json(self) -> Document:
        paths, schemas = self._v2_parts(list(self._described()))
        content = {
            "swagger": "2.0",
            "info": {"title": TITLE, "version": self._version},
            "paths": paths,
            "definitions": schemas,
            "securityDefinitions": _SECURITY,
            "security": [{"BearerToken": []}],
        }
        return _document(orjson.dumps(content))

    def _make_v2_protobuf(self) -> Document:
        # The built-in kinds are encoded once: they are most of the document and never change.
        head = self._kept("v2-protobuf-builtin", 0, self._encode_builtin)
        custom = [spec for spec in self._described() if spec.custom]
        paths, declared, _ = _collect(custom)
        return _document(head.body + (gnostic.encode_parts(paths, _as_v2(declared)) if custom else b""))

    def _v2_parts(self, specs: list[KindSpec]) -> tuple[Object, dict[str, Object]]:
        """The paths and schemas of a v2 document."""
        paths, declared, builtin = _collect(specs)
        others = dict(discovery.other_paths(self._groups()))
        builtin = models.closure([*builtin, *referenced(others)])
        return {**paths, **others}, models.described(builtin) | _as_v2(declared)

    def _encode_builtin(self) -> Document:
        paths, schemas = self._v2_parts([spec for spec in self._described() if not spec.custom])
        head = gnostic.encode_head(TITLE, self._version)
        return _document(head + gnostic.encode_parts(paths, schemas))


def _collect(specs: list[KindSpec]) -> tuple[Object, dict[str, Object], list[str]]:
    """The paths of some kinds, the schemas that they declare, and the built-in definitions that they use."""
    paths: Object = {}
    declared: dict[str, Object] = {}
    for spec in specs:
        name, list_name = models.definition_name(spec), models.list_definition_name(spec)
        paths.update(operations.paths_of(spec, name, list_name))
        declared |= models.declared_schemas(spec)
        if not spec.custom:
            paths.update([discovery.resources_path(spec.resource.group, spec.resource.version)])
    return paths, declared, [*dict.fromkeys(referenced([paths, declared]))]


def _as_v2(schemas: dict[str, Object]) -> dict[str, Object]:
    return {name: models.as_v2(schema) for name, schema in schemas.items()}


def _document(body: bytes) -> Document:
    return Document(body, hashlib.sha512(body).hexdigest().upper())


def _digest_of_kinds(specs: list[KindSpec], version: str) -> str:
    """A digest of what a document is made from: cheaper than making all documents to list them in the index."""
    parts = [
        [s.resource.path(), s.resource.kind, s.definition, s.crd_version, *(r.name for r in s.subresources)]
        for s in specs
    ]
    return hashlib.sha512(orjson.dumps([version, parts])).hexdigest().upper()
