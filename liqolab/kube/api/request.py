"""One API request: what HTTP and the in-process client both hand to the pipeline, and the URL grammar, from a path to
the kind, object and subresource that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from liqolab.controller.client import PatchType
from liqolab.kube.access.authz import User
from liqolab.kube.api.decode import CLEAN, Spelling
from liqolab.kube.kinds.spec import KindSpec

_NAMESPACE_SUBRESOURCES = ("status", "finalize")
"""``/namespaces/x/status`` is a subresource of the namespace, not a resource in it."""


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """What follows ``/api/v1/`` or ``/apis/<group>/<version>/``.

    Attributes:
        group, version, plural: the kind.
        namespace: empty for cluster scope and for a list over all namespaces.
        name, subresource, tail: empty where the path ends before them.
        watch: the deprecated ``/watch/`` prefix was used.
    """

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    tail: str = ""
    watch: bool = False


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """The path of a request target, still percent-encoded, and the first value of each query parameter."""
    path, _, text = target.partition("?")
    if not text:
        return path, {}
    pairs = parse_qsl(text, keep_blank_values=True)
    query: dict[str, str] = {}
    for key, value in pairs:
        query.setdefault(key, value)
    return path, query


def parse_path(path: str) -> ResourcePath | None:
    """The resource that a (still percent-encoded) path names; None for every other path, discovery included."""
    parts = path.split("/")[1:]
    if parts[:1] == ["api"]:
        group, rest = "", parts[1:]
    elif parts[:1] == ["apis"] and len(parts) > 2:
        group, rest = unquote(parts[1]), parts[2:]
    else:
        return None
    version, rest = rest[0] if rest else "", rest[1:]
    watch = rest[:1] == ["watch"]
    rest = rest[1:] if watch else rest
    if not version or not rest or not rest[0]:
        return None
    namespace = ""
    in_namespace = rest[0] == "namespaces" and len(rest) > 2 and rest[2]
    if in_namespace and not (group == "" and rest[2] in _NAMESPACE_SUBRESOURCES and len(rest) == 3):
        namespace, rest = unquote(rest[1]), rest[2:]
    plural, name, subresource = (*(unquote(part) for part in rest[:3]), "", "")[:3]
    tail = "/".join(rest[3:])
    if "/" in name:
        # An encoded slash is a slash to a real server.
        name, _, subresource = name.partition("/")
    return ResourcePath(group, version, plural, namespace, name, subresource, tail, watch)


@dataclass(slots=True)
class ResourceRequest:
    """A request for a resource, its collection or a subresource.

    Attributes:
        user: who asks (after impersonation).
        verb: the RBAC verb: get, list, watch, create, update, patch, delete, deletecollection.
        spec: the kind in the version of the URL.
        namespace: from the URL; empty for cluster scope and for all namespaces.
        name: from the URL; empty for a collection.
        subresource: from the URL, or empty.
        tail: what follows the subresource in the URL (proxy paths), without the leading slash.
        query: the query parameters; of a repeated one the first.
        body: the decoded body: an object, a patch document, DeleteOptions, or None.
        patch_type: set when verb is patch.
        dry_run, field_manager, field_validation, force: the write options.
        spelling: what the body spells twice.
        warnings: collected on the way, sent as ``Warning`` headers.
        http: the HTTP request, where there is one; only streaming subresources look at it.
    """

    user: User
    verb: str
    spec: KindSpec
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    tail: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    patch_type: PatchType | None = None
    dry_run: bool = False
    field_manager: str = ""
    field_validation: str = "Warn"
    force: bool = False
    spelling: Spelling = CLEAN
    warnings: list[str] = field(default_factory=list)
    http: web.BaseRequest | None = None
