"""Requests that are neither reads nor writes of an object: subresources with a meaning of their own, and kinds that
are only posted and answered (reviews).

Handlers are registered by (group, plural, subresource); an empty subresource is a posted kind. They get the pipeline
and the request, already authorised, and return the document to answer with, or a whole HTTP response.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Final

from aiohttp import web

from liqolab.apimachinery.errors import method_not_allowed, not_found
from liqolab.apimachinery.resources import Object
from liqolab.kube.api import schemas
from liqolab.kube.api.admitting import attributes_of
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest

Handler = Callable[[Pipeline, ResourceRequest], Awaitable[Object | web.StreamResponse]]
Address = tuple[str, str, str]
"""Group, plural, subresource. The group ``*`` stands for every kind that has the subresource (scale)."""

CONNECTED: Final = frozenset(("attach", "exec", "portforward", "proxy"))
"""Subresources that take the connection over: admission hears of them as CONNECT, and their bodies are left alone."""


@cache
def handlers() -> Mapping[Address, Handler]:
    """Every registered handler. Imported late: the handlers themselves build on the pipeline."""
    from liqolab.kube.api.streams import STREAMS
    from liqolab.kube.api.subresources import SUBRESOURCES

    return {**STREAMS, **SUBRESOURCES}


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
    if request.verb not in (row.verbs if row is not None else spec.verbs):
        raise method_not_allowed()
    table = handlers()
    handler = table.get((spec.resource.group, spec.resource.plural, name)) or table.get(("*", "*", name))
    if handler is None:
        raise method_not_allowed()
    if request.verb in ("create", "update") and isinstance(request.body, dict):
        schemas.check_posted(spec, row, request.body)
    if name in CONNECTED:
        await _admit_connection(pipeline, request)
    return await handler(pipeline, request)


async def _admit_connection(pipeline: Pipeline, request: ResourceRequest) -> None:
    """Ask admission whether the connection may be made; what webhooks change in the options has no effect.

    Raises:
        ApiError: it was refused.
    """
    from liqolab.kube.api.streams.options import connect_options

    attributes = attributes_of(request, "CONNECT", connect_options(request), None)
    attributes.options = {}
    await pipeline.admission.admit(attributes)
    await pipeline.admission.validate(attributes)
