"""How the rows of the built-in kinds are written: one short call a kind, the rest follows from its names.

The OpenAPI definition name follows from the group, the singular from the kind, and the usual subresources have
constants here, so that the group modules read like the table of discovery that they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds.spec import KindSpec, Subresource

READ_WRITE = ("get", "patch", "update")
CONNECT = ("create", "get")
PROXY = ("create", "delete", "get", "patch", "update")

SCALE = Subresource("scale", READ_WRITE, kind="Scale", group="autoscaling", version="v1")

_DEFINITION_PREFIXES = {
    "": "io.k8s.api.core",
    "apiextensions.k8s.io": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration.k8s.io": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
    "flowcontrol.apiserver.k8s.io": "io.k8s.api.flowcontrol",
    "rbac.authorization.k8s.io": "io.k8s.api.rbac",
}


def definition_name(resource: Resource) -> str:
    """The OpenAPI definition of a built-in kind: ``io.k8s.api.apps.v1.Deployment``."""
    prefix = _DEFINITION_PREFIXES.get(resource.group) or f"io.k8s.api.{resource.group.removesuffix('.k8s.io')}"
    return f"{prefix}.{resource.version}.{resource.kind}"


def status(resource: Resource) -> Subresource:
    """The ``status`` row of a kind."""
    return Subresource("status", READ_WRITE, kind=resource.kind)


def kind(
    resource: Resource,
    *,
    short: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
    has_status: bool = False,
    subresources: tuple[Subresource, ...] = (),
    **fields: Any,
) -> KindSpec:
    """A row. `fields` are further attributes of `KindSpec`; subresources end up in discovery's (alphabetical) order."""
    rows = (*subresources, status(resource)) if has_status else subresources
    fields.setdefault("singular", resource.kind.lower())
    fields.setdefault("definition", definition_name(resource))
    return KindSpec(
        resource=resource,
        short_names=short,
        categories=categories,
        subresources=tuple(sorted(rows, key=lambda row: row.name)),
        **fields,
    )


def review(group: str, plural: str, kind_name: str, *, namespaced: bool = False) -> KindSpec:
    """A kind that is only ever posted and answered, never stored."""
    return kind(Resource(group, "v1", plural, kind_name, namespaced), verbs=("create",))


def fields_at(*paths: str) -> Mapping[str, Callable[[Object], str]]:
    """Field selectors whose name is the path of the value."""
    return {path: field_getter(path) for path in paths}


def field_getter(path: str, default: str = "") -> Callable[[Object], str]:
    """A function that reads `path` as selectors compare it: booleans and numbers as text, absent as `default`."""
    keys = path.split(".")

    def get(obj: Object) -> str:
        value: Any = obj
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return default
        return str(value).lower() if isinstance(value, bool) else str(value)

    return get
