"""What is neither a read nor a write of an object: subresources with a meaning of their own, and kinds that are only
posted and answered (reviews).

Each handler gets the pipeline and a request that RBAC has let pass, and returns the document to answer with, or a whole
HTTP response. What one writes goes through admission as what was posted (a Binding, an Eviction, a Scale), which is
what webhooks have rules for, and then straight into the store: the kind's own rules of update are about what clients
may do to the whole object.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from liqolab.apimachinery.errors import bad_request, method_not_allowed, not_found
from liqolab.apimachinery.resources import Object
from liqolab.kube.api import field_problems
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.subresources import executing, fields, forwarding, pods, reviews, scaling, streams
from liqolab.kube.api.subresources.writing import admit
from liqolab.kube.kinds import schemas

Handler = Callable[[Pipeline, ResourceRequest], Awaitable[Object | web.StreamResponse]]

CONNECTED: Final = frozenset(("attach", "exec", "portforward", "proxy"))
"""Subresources that take the connection over: admission hears of them as CONNECT, and their bodies are left alone."""

_AUTHENTICATION: Final = "authentication.k8s.io"
_AUTHORIZATION: Final = "authorization.k8s.io"

_HANDLERS: Final[Mapping[tuple[str, str, str], Handler]] = {
    ("", "pods", "log"): streams.log,
    ("", "pods", "proxy"): streams.pod,
    ("", "services", "proxy"): streams.service,
    ("", "nodes", "proxy"): streams.node,
    ("", "pods", "exec"): executing.execute,
    ("", "pods", "attach"): executing.execute,
    ("", "pods", "portforward"): forwarding.forward,
    ("", "pods", "binding"): pods.bind,
    ("", "bindings", ""): pods.bind_posted,
    ("", "pods", "eviction"): pods.evict,
    ("", "pods", "ephemeralcontainers"): fields.ephemeral_containers,
    ("", "pods", "resize"): fields.resize,
    ("", "namespaces", "finalize"): fields.finalize,
    ("", "serviceaccounts", "token"): reviews.request_token,
    ("*", "*", "scale"): scaling.scale,
    ("certificates.k8s.io", "certificatesigningrequests", "approval"): fields.approval,
    (_AUTHENTICATION, "tokenreviews", ""): reviews.token_review,
    (_AUTHENTICATION, "selfsubjectreviews", ""): reviews.self_review,
    (_AUTHORIZATION, "subjectaccessreviews", ""): reviews.access_review,
    (_AUTHORIZATION, "localsubjectaccessreviews", ""): reviews.access_review,
    (_AUTHORIZATION, "selfsubjectaccessreviews", ""): reviews.self_access_review,
    (_AUTHORIZATION, "selfsubjectrulesreviews", ""): reviews.self_rules_review,
}
"""(group, plural, subresource) → handler; an empty subresource is a posted kind, ``*`` every kind that has it."""


async def call_subresource(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """Answer a request for a subresource other than status.

    Raises:
        ApiError: 403, 404 when the kind has no such subresource, 405, and what the handler raises.
    """
    spec, name = request.spec, request.subresource
    row = spec.subresource(name) if name else None
    if name and row is None:
        raise not_found(spec.resource, request.name)
    pipeline.authorize(request)
    if request.verb not in (row.verbs if row is not None else spec.verbs) and not (
        name == "proxy" and not request.verb
    ):
        raise method_not_allowed()
    if name in CONNECTED and request.query.get("dryRun"):
        raise bad_request("dryRun is not supported")
    address = (spec.resource.group, spec.resource.plural, name)
    handler = _HANDLERS.get(address) or _HANDLERS.get(("*", "*", name))
    if handler is None:
        raise method_not_allowed()
    if request.verb in ("create", "update") and isinstance(request.body, dict):
        unknown = schemas.check_posted(spec, row, request.body)
        field_problems.report(request, unknown, kind=row.kind if row is not None else "")
    if name in CONNECTED:
        # What webhooks change in the options has no effect.
        await admit(pipeline, request, "CONNECT", streams.connect_options(request), None)
    return await handler(pipeline, request)
