"""exec, attach and port-forward: what simulated containers do not offer, said in a way that clients show."""

from __future__ import annotations

from liqolab.apimachinery.errors import status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest


async def refuse(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """Raises 501, after 404 for a pod that does not exist."""
    pipeline.record(request.spec, request.namespace, request.name)
    text = f"{request.subresource} is not supported by embedded clusters: their containers are simulated"
    raise status_error(501, "NotImplemented", text)
