"""The proxy subresources: HTTP to a pod, a service or a kubelet through the API server.

``/api/v1/namespaces/<ns>/services/[scheme:]name[:port]/proxy/<path>``: the port is a number or a name, the scheme http
unless said.
"""

from __future__ import annotations

from aiohttp import web

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import ApiError, bad_request, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.streams.kubelets import kubelet_url


def _split(text: str) -> tuple[str, str, str]:
    """Scheme, name and port of ``[scheme:]name[:port]``.

    Raises:
        ApiError: 400, it is not of that form.
    """
    parts = text.split(":")
    if len(parts) == 1:
        return "http", text, ""
    if len(parts) == 2:
        first, second = parts
        return (first, second, "") if first in ("http", "https") else ("http", first, second)
    if len(parts) == 3 and parts[0] in ("http", "https", ""):
        return parts[0] or "http", parts[1], parts[2]
    raise bad_request(f'invalid proxy target "{text}": it is written [scheme:]name[:port]')


def _redirect(request: ResourceRequest) -> web.Response | None:
    """The proxied root ends in a slash, so that relative links of the page stay inside of it."""
    http = request.http
    assert http is not None
    path = http.raw_path.partition("?")[0]
    if request.tail or path.endswith("/") or http.method not in ("GET", "HEAD"):
        return None
    return web.Response(status=301, headers={"Location": path + "/"})


async def _forward(
    pipeline: Pipeline, request: ResourceRequest, base: str, *, kubelet: bool = False
) -> web.StreamResponse:
    http = request.http
    if http is None:
        raise status_error(501, "NotImplemented", "proxies are for HTTP clients only")
    redirect = _redirect(request)
    if redirect is not None:
        return redirect
    query = http.raw_path.partition("?")[2]
    url = f"{base}/{request.tail}" + (f"?{query}" if query else "")
    return await pipeline.backends.forward(http, url, kubelet=kubelet)


async def pod(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """``pods/proxy``: the first declared port unless one is named."""
    scheme, name, port = _split(request.name)
    found = pipeline.read(request.spec, request.namespace, name)
    address = meta.get_path(found, "status", "podIP", default="")
    if not address:
        raise status_error(503, "ServiceUnavailable", f"pod {name} has no address yet")
    ports = [row for container in found["spec"]["containers"] for row in container.get("ports") or ()]
    number = _number(port, [(row.get("name", ""), row["containerPort"]) for row in ports])
    if number is None and port:
        raise bad_request(f'no port "{port}" found for pod "{name}"')
    return await _forward(pipeline, request, f"{scheme}://{address}:{number or 80}")


def _number(port: str, known: list[tuple[str, int]]) -> int | None:
    if port.isdigit():
        return int(port)
    return next((number for name, number in known if not port or name == port), None)


async def service(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """``services/proxy``: to one of the ready endpoints."""
    scheme, name, port = _split(request.name)
    found = pipeline.read(request.spec, request.namespace, name)
    ports = found["spec"].get("ports") or []
    number = next((row["port"] for row in ports if not port or port in (row.get("name"), str(row["port"]))), None)
    if number is None:
        raise _unavailable(f'no service port "{port}" found for service "{name}"')
    address = found["spec"].get("clusterIP") or ""
    host = address if address not in ("", "None") else f"{name}.{request.namespace}.svc"
    return await _forward(pipeline, request, f"{scheme}://{host}:{number}")


def _unavailable(text: str) -> ApiError:
    return status_error(503, "ServiceUnavailable", text)


async def node(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """``nodes/proxy``: to the node's kubelet."""
    _, name, _ = _split(request.name)
    return await _forward(pipeline, request, kubelet_url(pipeline, name), kubelet=True)
