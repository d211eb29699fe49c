"""``crd-conversion-webhook``: converts between ``hostPort`` and ``host`` with ``port`` of ``stable.example.com``."""

from __future__ import annotations

from liqolab.apimachinery.resources import Object
from liqolab.kube.node.agnhost.job import Job
from liqolab.kube.node.agnhost.reviews import serve_reviews

_ONE, _TWO = "stable.example.com/v1", "stable.example.com/v2"


async def serve(job: Job) -> int:
    """Serve on ``/crdconvert``."""
    return await serve_reviews(job, "ConversionReview", {"/crdconvert": _convert})


class _UnconvertibleError(Exception):
    pass


async def _convert(request: Object) -> Object:
    wanted = request["desiredAPIVersion"]
    try:
        converted = [_converted(item, wanted) for item in request["objects"]]
    except _UnconvertibleError as error:
        return {"convertedObjects": None, "result": {"metadata": {}, "status": "Failure", "message": str(error)}}
    return {"convertedObjects": converted, "result": {"metadata": {}, "status": "Success"}}


def _converted(item: Object, wanted: str) -> Object:
    found = item["apiVersion"]
    if wanted == found:
        raise _UnconvertibleError(f"conversion from a version to itself should not call the webhook: {wanted}")
    item = item | {"apiVersion": wanted}
    if (found, wanted) == (_ONE, _TWO):
        if "hostPort" in item:
            host, separator, port = str(item.pop("hostPort")).partition(":")
            if not separator or ":" in port:
                raise _UnconvertibleError(f"invalid hostPort value `{host}{separator}{port}`")
            item |= {"host": host, "port": port}
        return item
    if (found, wanted) == (_TWO, _ONE):
        if {"host", "port"} & item.keys():
            item["hostPort"] = f"{item.pop('host', '')}:{item.pop('port', '')}"
        return item
    raise _UnconvertibleError(f'unexpected conversion version "{wanted if found in (_ONE, _TWO) else found}"')
