"""``kubectl logs``: the kubelet of the pod's node has the lines, the API server finds it and passes them on."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

from aiohttp import web

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import bad_request
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.streams.kubelets import kubelet_url

_OPTIONS: Final = ("follow", "tailLines", "limitBytes", "sinceSeconds", "sinceTime", "timestamps", "previous", "stream")
_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")


async def log(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """GET of ``pods/log``.

    Raises:
        ApiError: 400 for a container that is not clear or not there, and what the kubelet refuses.
    """
    pod = pipeline.read(request.spec, request.namespace, request.name)
    container = _container(pod, request.query.get("container", ""))
    node = meta.get_path(pod, "spec", "nodeName", default="")
    if not node or request.http is None:
        return web.Response(text="")
    chosen = {key: value for key in _OPTIONS if (value := request.query.get(key))}
    path = "/".join(map(quote, ("containerLogs", request.namespace, request.name, container)))
    url = f"{kubelet_url(pipeline, node)}/{path}" + (f"?{urlencode(chosen)}" if chosen else "")
    return await pipeline.backends.stream_text(request.http, url)


def _container(pod: Object, wanted: str) -> str:
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
