"""Subresources that carry bytes instead of objects: logs and proxies.

Proxies are HTTP to a pod, a service or a kubelet through the API server:
``/api/v1/namespaces/<ns>/services/[scheme:]name[:port]/proxy/<path>``: the port is a number or a name, the scheme http
unless said.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, quote, urlencode

from aiohttp import web

from liqolab.apimachinery import builtin, meta
from liqolab.apimachinery.errors import ApiError, bad_request, invalid, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.api.options import flag
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.kinds.field_errors import NOT_NEGATIVE, NOT_POSITIVE, WHOLE, forbidden_field, invalid_value

KUBELET_PORT = 10250

_LOG_OPTIONS: Final = Resource("", "v1", "", "PodLogOptions", True)
_LEAST: Final = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}
"""Option of a log → the least that may be asked for."""

_OPTIONS: Final = ("follow", "tailLines", "limitBytes", "sinceSeconds", "sinceTime", "timestamps", "previous", "stream")
_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
_SPDY_ONLY: Final = (
    "embedded clusters speak WebSockets here, not SPDY: use kubectl 1.31 or newer (1.29 and 1.30 with "
    "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=true)"
)
_FLAGS: Final = ("stdin", "stdout", "stderr", "tty")


def kubelet_url(pipeline: Pipeline, node_name: str) -> str:
    """``https://address:port`` of a node's kubelet.

    Raises:
        ApiError: 404 for an unknown node, 500 for one without an address.
    """
    spec = pipeline.registry.find(builtin.NODES)
    assert spec is not None, "the built-in table has no Node"
    node = pipeline.read(spec, "", node_name)
    addresses = {row.get("type"): row.get("address") for row in meta.get_path(node, "status", "addresses", default=())}
    address = addresses.get("InternalIP") or addresses.get("Hostname")
    if not address:
        text = f"no preferred addresses found for node {node_name}; known addresses: []"
        raise status_error(500, "InternalError", text)
    port = meta.get_path(node, "status", "daemonEndpoints", "kubeletEndpoint", "Port", default=0) or KUBELET_PORT
    return f"https://{address}:{port}"


def _split(text: str, what: str) -> tuple[str, str, str]:
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
    raise bad_request(f'invalid {what} request "{text}"')


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
    scheme, name, port = _split(request.name, "pod")
    found = pipeline.read(request.spec, request.namespace, name)
    address = meta.get_path(found, "status", "podIP", default="")
    if not address:
        raise bad_request("address not allowed")
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
    scheme, name, port = _split(request.name, "service")
    found = pipeline.read(request.spec, request.namespace, name)
    ports = found["spec"].get("ports") or []
    row = _service_port(ports, port)
    if row is None and port.isdigit():
        raise _unavailable(f'no service port {port} found for service "{name}"')
    subsets = _subsets(pipeline, request.namespace, name)
    if not subsets:
        raise _unavailable(f'no endpoints available for service "{name}"')
    if row is None or not any(_serves(subset, row.get("name") or "") for subset in subsets):
        raise _unavailable(f'no endpoints available for service "{request.name}"')
    number = row["port"]
    address = found["spec"].get("clusterIP") or ""
    host = address if address not in ("", "None") else f"{name}.{request.namespace}.svc"
    return await _forward(pipeline, request, f"{scheme}://{host}:{number}")


def _service_port(ports: list[Object], port: str) -> Object | None:
    """The port of a service that is asked for, by its name or number; the only one, which has no name."""
    return next((row for row in ports if port in (row.get("name") or "", str(row["port"]))), None)


def _subsets(pipeline: Pipeline, namespace: str, name: str) -> list[Object]:
    """Who stands behind a service.

    Raises:
        ApiError: 404, the service has no Endpoints.
    """
    spec = pipeline.registry.find(builtin.ENDPOINTS)
    assert spec is not None, "endpoints are built in"
    found: list[Object] = pipeline.read(spec, namespace, name).get("subsets") or []
    return found


def _serves(subset: Object, port: str) -> bool:
    named = any((row.get("name") or "") == port for row in subset.get("ports") or ())
    return named and bool(subset.get("addresses"))


def _unavailable(text: str) -> ApiError:
    return status_error(503, "ServiceUnavailable", text)


async def node(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """``nodes/proxy``: to the node's kubelet."""
    _, name, _ = _split(request.name, "node")
    return await _forward(pipeline, request, kubelet_url(pipeline, name), kubelet=True)


async def log(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """GET of ``pods/log``: the kubelet of the pod's node has the lines, which are passed on.

    Raises:
        ApiError: 400 for a container that is not clear or not there, 422, and what the kubelet refuses.
    """
    _check_log_options(request)
    pod = pipeline.read(request.spec, request.namespace, request.name)
    container = container_of(pod, request.query.get("container", ""))
    node = meta.get_path(pod, "spec", "nodeName", default="")
    if not node or request.http is None:
        return web.Response(status=204)
    chosen = {key: value for key in _OPTIONS if (value := request.query.get(key))}
    path = "/".join(map(quote, ("containerLogs", request.namespace, request.name, container)))
    url = f"{kubelet_url(pipeline, node)}/{path}" + (f"?{urlencode(chosen)}" if chosen else "")
    return await pipeline.backends.stream_text(request.http, url)


def _check_log_options(request: ResourceRequest) -> None:
    amounts = {key: int(text) for key in _LEAST if (text := request.query.get(key, "")).lstrip("-").isdigit()}
    errors = [
        invalid_value(key, amount, NOT_POSITIVE if _LEAST[key] else NOT_NEGATIVE)
        for key, amount in amounts.items()
        if amount < _LEAST[key]
    ]
    if "sinceSeconds" in amounts and request.query.get("sinceTime"):
        errors.append(forbidden_field(WHOLE, "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    if errors:
        raise invalid(_LOG_OPTIONS, request.name, errors)


def container_of(pod: Object, wanted: str) -> str:
    """The container that a request means.

    Raises:
        ApiError: 400, the pod has none of that name, or several and none is named.
    """
    name = meta.name(pod)
    groups = {key: [row["name"] for row in pod["spec"].get(key) or ()] for key in _CONTAINERS}
    known = [row for rows in groups.values() for row in rows]
    if wanted:
        if wanted not in known:
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(groups["containers"]) == 1 and not groups["initContainers"]:
        return str(groups["containers"][0])
    text = f"a container name must be specified for pod {name}, choose one of: [{' '.join(groups['containers'])}]"
    if groups["initContainers"]:
        text += f" or one of the init containers: [{' '.join(groups['initContainers'])}]"
    raise bad_request(text)


def connect_options(request: ResourceRequest) -> Object:
    """What a request for exec, attach, portforward or proxy asks for, as the document (``PodExecOptions`` and its like)
    that admission is shown. Nothing of it is stored: webhooks see who wants to run what in which pod, and may refuse.
    """
    row = request.spec.subresource(request.subresource)
    assert row is not None, "only known subresources are connected to"
    document: Object = {"kind": row.kind, "apiVersion": "v1"}
    if request.subresource in ("exec", "attach"):
        document |= {name: True for name in _FLAGS if flag(request.query, name)}
        if request.query.get("container"):
            document["container"] = request.query["container"]
    if request.subresource == "exec":
        document["command"] = values_of(request, "command")
    elif request.subresource == "portforward":
        document["ports"] = [
            int(port) for text in values_of(request, "ports") for port in text.split(",") if port.isdigit()
        ]
    elif request.subresource == "proxy":
        document["path"] = f"/{request.tail}"
    return document


def ports_of(request: ResourceRequest) -> list[int]:
    """The ports that a request for portforward names."""
    return [int(port) for text in values_of(request, "ports") for port in text.split(",") if port.isdigit()]


def values_of(request: ResourceRequest, name: str) -> list[str]:
    """Every value of a query parameter that may be repeated."""
    if request.http is None:
        return [request.query[name]] if name in request.query else []
    return parse_qs(request.http.raw_path.partition("?")[2], keep_blank_values=True).get(name, [])
