"""Requests that are neither reads nor writes of an object: subresources with a meaning of their own, and kinds that
are only posted and answered (reviews).

Handlers are registered by (group, plural, subresource); an empty subresource is a posted kind. They get the pipeline
and the request, already authorised, and return the document to answer with, or a whole HTTP response.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from aiohttp import web

from liqolab.apimachinery.errors import method_not_allowed, not_found
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest

Handler = Callable[[Pipeline, ResourceRequest], Awaitable[Object | web.StreamResponse]]
Address = tuple[str, str, str]
"""Group, plural, subresource. The group ``*`` stands for every kind that has the subresource (scale)."""


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
    if name and spec.subresource(name) is None:
        raise not_found(spec.resource, request.name)
    pipeline.authorize(request)
    verbs = spec.subresource(name).verbs if name else spec.verbs  # type: ignore[union-attr]
    if request.verb not in verbs:
        raise method_not_allowed()
    table = handlers()
    handler = table.get((spec.resource.group, spec.resource.plural, name)) or table.get(("*", "*", name))
    if handler is None:
        raise method_not_allowed()
    return await handler(pipeline, request)
