"""Where a node's kubelet listens."""

from __future__ import annotations

from liqolab.apimachinery import builtin, meta
from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.kube.api.pipeline import Pipeline

KUBELET_PORT = 10250


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
        raise no_address(node_name)
    port = meta.get_path(node, "status", "daemonEndpoints", "kubeletEndpoint", "Port", default=0) or KUBELET_PORT
    return f"https://{address}:{port}"


def no_address(node_name: str) -> ApiError:
    return status_error(500, "InternalError", f"no preferred addresses found for node {node_name}; known addresses: []")
