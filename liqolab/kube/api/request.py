"""One API request after routing and decoding: what HTTP and the in-process client both hand to the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from liqolab.controller.client import PatchType
from liqolab.kube.access.user import User
from liqolab.kube.kinds.spec import KindSpec


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
    warnings: list[str] = field(default_factory=list)
    http: web.BaseRequest | None = None
