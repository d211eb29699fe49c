"""The way of a request to its handler: is there one, may the user call it, and what has admission to say?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from liqolab.apimachinery.errors import method_not_allowed, not_found
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.admitting import attributes_of
from liqolab.kube.api.handler import CONNECTED, Address, Handler
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.streams import STREAMS
from liqolab.kube.api.streams.options import connect_options
from liqolab.kube.api.subresources import SUBRESOURCES
from liqolab.kube.kinds import schemas

_HANDLERS: Final[Mapping[Address, Handler]] = {**STREAMS, **SUBRESOURCES}


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
    address = (spec.resource.group, spec.resource.plural, name)
    handler = _HANDLERS.get(address) or _HANDLERS.get(("*", "*", name))
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
    attributes = attributes_of(request, "CONNECT", connect_options(request), None)
    attributes.options = {}
    await pipeline.admission.admit(attributes)
    await pipeline.admission.validate(attributes)
