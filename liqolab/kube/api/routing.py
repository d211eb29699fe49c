"""Which verb a method stands for on which path, and how a server says that it has no such path, or not that method.

Built-in kinds have a route for each verb that discovery lists, so that a path without any is unknown (404) and a method
without a verb is refused (405). Custom kinds are served by one handler that takes every path of theirs and looks at the
verb later: it knows HEAD, has texts of its own, and leaves paths of the wrong scope to whoever answers unknown pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from liqolab.apimachinery.errors import ApiError, bad_request, method_not_allowed, not_found, status_error
from liqolab.apimachinery.resources import Resource
from liqolab.kube.api.options import flag
from liqolab.kube.api.request import ResourcePath
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec

NOT_SERVED: Final = "the server could not find the requested resource"

_WRITES: Final = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_ON_COLLECTION: Final = frozenset(("list", "watch", "create", "deletecollection"))
_EVERYWHERE: Final = frozenset(("list", "watch"))
_ON_OBJECT: Final = frozenset(("get", "update", "patch", "delete"))
_CONNECTED_BY: Final = ("HEAD", "OPTIONS")
"""Methods that only a proxy takes, besides those of its verbs."""


class NoPageError(Exception):
    """Nothing is served at this path: answered in plain text, where a known group would answer with a Status."""


def not_served() -> ApiError:
    """404: the group is known, what is asked of it is not."""
    return status_error(404, "NotFound", NOT_SERVED, {})


def verb_of(method: str, target: ResourcePath, query: Mapping[str, str]) -> str:
    """The RBAC verb of a request, whether or not it can be answered; empty when the method means nothing."""
    if target.watch:
        return "watch"
    if method in ("GET", "HEAD"):
        if target.name:
            return "get"
        return "watch" if flag(query, "watch") else "list"
    if method == "DELETE":
        return "delete" if target.name else "deletecollection"
    return _WRITES.get(method, "")


def find(registry: Registry, target: ResourcePath) -> KindSpec:
    """The kind at a path.

    Raises:
        ApiError: 404, nothing of a built-in group.
        NoPageError: nothing of anybody's.
    """
    spec = registry.lookup(target.group, target.version, target.plural)
    if spec is None:
        if registry.is_builtin(target.group):
            raise not_served()
        raise NoPageError
    resource = spec.resource
    if not resource.namespaced and target.namespace:
        raise NoPageError if spec.custom else not_served()
    return spec


def check(spec: KindSpec, method: str, verb: str, target: ResourcePath) -> None:
    """Whether the kind answers this verb at this path.

    Raises:
        ApiError: 400, 404, 405.
        NoPageError: a path that a custom kind does not have.
    """
    if spec.custom:
        _check_custom(spec, verb, target)
        return
    known = _verbs(spec, target)
    if not known:
        raise not_served()
    proxied = target.subresource == "proxy"
    if target.watch:
        allowed = method == "GET"
    elif method in _CONNECTED_BY:
        allowed = proxied
    else:
        allowed = verb in known
    if not allowed:
        raise method_not_allowed()


def _verbs(spec: KindSpec, target: ResourcePath) -> tuple[str, ...]:
    """What can be done at a path of a built-in kind; nothing when there is no such path."""
    resource = spec.resource
    if target.subresource:
        row = spec.subresource(target.subresource)
        if row is None or (target.tail and target.subresource != "proxy"):
            return ()
        return row.verbs
    if target.name:
        if resource.namespaced and not target.namespace:
            return ()
        places = _ON_OBJECT
    else:
        places = _EVERYWHERE if resource.namespaced and not target.namespace else _ON_COLLECTION
    return tuple(verb for verb in spec.verbs if verb in places)


def _check_custom(spec: KindSpec, verb: str, target: ResourcePath) -> None:
    resource = spec.resource
    if resource.namespaced and not target.namespace and verb not in _EVERYWHERE:
        raise NoPageError
    if target.subresource:
        row = spec.subresource(target.subresource)
        if row is None or target.tail:
            raise not_found(resource, target.name)
        if verb not in row.verbs:
            raise _not_supported(resource, verb)
    elif not verb:
        raise _not_supported(resource, verb)
    elif not target.name and verb in ("update", "patch"):
        raise bad_request("name must be provided")


def _not_supported(resource: Resource, verb: str) -> ApiError:
    details = {"group": resource.group, "kind": resource.plural}
    text = f'{verb} is not supported on resources of kind "{resource.group_resource}"'
    return status_error(405, "MethodNotAllowed", text, details)
