"""What a streaming request asks for, as the document that admission is shown: ``PodExecOptions`` and its like.

Nothing of it is stored. Webhooks see who wants to run what in which pod, and may refuse.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from liqolab.apimachinery.resources import Object
from liqolab.kube.api.options import flag
from liqolab.kube.api.request import ResourceRequest

_FLAGS: Final = ("stdin", "stdout", "stderr", "tty")


def connect_options(request: ResourceRequest) -> Object:
    """The options of a request for exec, attach, portforward or proxy."""
    row = request.spec.subresource(request.subresource)
    assert row is not None, "only known subresources are connected to"
    document: Object = {"kind": row.kind, "apiVersion": "v1"}
    if request.subresource in ("exec", "attach"):
        document |= {name: True for name in _FLAGS if flag(request.query, name)}
        if request.query.get("container"):
            document["container"] = request.query["container"]
    if request.subresource == "exec":
        document["command"] = _all(request, "command")
    elif request.subresource == "portforward":
        document["ports"] = [int(port) for text in _all(request, "ports") for port in text.split(",") if port.isdigit()]
    elif request.subresource == "proxy":
        document["path"] = f"/{request.tail}"
    return document


def _all(request: ResourceRequest, name: str) -> list[str]:
    """Every value of a query parameter that may be repeated."""
    if request.http is None:
        return [request.query[name]] if name in request.query else []
    return parse_qs(request.http.raw_path.partition("?")[2], keep_blank_values=True).get(name, [])
