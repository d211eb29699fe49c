"""The objects that every cluster has from its first moment, and what "the cluster is ready" means.

Everything is created through the pipeline by the API server's own identity, and only where it is missing: what a user
has changed stays changed over a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from liqolab.apimachinery import builtin, meta
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.client import Client
from liqolab.kube.api import rbac_bootstrap

if TYPE_CHECKING:
    from liqolab.kube.cluster import Cluster

Reached = Callable[[list[Object]], bool]

SYSTEM_NAMESPACES: Final = ("default", "kube-system", "kube-public", "kube-node-lease")


async def ensure(client: Client, resource: Resource, obj: Object, namespace: str | None = None) -> None:
    """Create an object unless it is there."""
    try:
        await client.get(resource, meta.name(obj), namespace)
    except ApiError as error:
        if not error.not_found:
            raise
        await client.create(resource, obj, namespace)


def _named(name: str, **fields: object) -> Object:
    return {"metadata": {"name": name}, **fields}


async def create_objects(cluster: Cluster) -> None:
    """Namespaces, roles and bindings, and the API server's own service."""
    client = cluster.client_for("apiserver")
    for name in SYSTEM_NAMESPACES:
        await ensure(client, builtin.NAMESPACES, _named(name))
    await rbac_bootstrap.install(client)
    await _ensure_service(client, cluster)


async def _ensure_service(client: Client, cluster: Cluster) -> None:
    labels = {"component": "apiserver", "provider": "kubernetes"}
    service_ip = cluster.config.service_address
    own = cluster.endpoints.own_node_address
    port = 6443 if own else cluster.endpoints.port
    service: Object = {
        "metadata": {"name": "kubernetes", "labels": labels},
        "spec": {
            "clusterIP": service_ip,
            "clusterIPs": [service_ip],
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
        },
    }
    await ensure(client, builtin.SERVICES, service, "default")
    ports = [{"name": "https", "port": port, "protocol": "TCP"}]
    address = cluster.endpoints.node_address
    mirror = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    endpoints: Object = {
        "metadata": {"name": "kubernetes", "labels": mirror},
        "subsets": [{"addresses": [{"ip": address}], "ports": ports}],
    }
    await ensure(client, builtin.ENDPOINTS, endpoints, "default")
    slice_: Object = {
        "metadata": {"name": "kubernetes", "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": ports,
    }
    await ensure(client, builtin.ENDPOINT_SLICES, slice_, "default")


# ---------------------------------------------------------------------- readiness


async def wait_until_ready(cluster: Cluster) -> None:
    """Wait until the nodes and the system pods are ready and the default service account exists."""
    client = cluster.client_for("apiserver")
    wanted = {node.name for node in cluster.config.nodes}
    await asyncio.gather(
        _until(client, builtin.NODES, None, lambda objects: wanted <= {meta.name(o) for o in objects if _ready(o)}),
        _until(client, builtin.PODS, "kube-system", lambda pods: _all_run(pods, wanted)),
        _until(client, builtin.SERVICE_ACCOUNTS, "default", lambda objects: "default" in map(meta.name, objects)),
    )


def _all_run(pods: Objects, nodes: set[str]) -> bool:
    """Whether there are system pods on each of the cluster's own nodes, all ready.

    Pods of DaemonSets also sit, waiting for ever, on virtual nodes: those say nothing about this cluster.
    """
    own = [pod for pod in pods if pod["spec"].get("nodeName") in nodes]
    return nodes == {pod["spec"]["nodeName"] for pod in own} and all(_ready(pod) for pod in own)


def _ready(obj: Object) -> bool:
    return meta.condition_is_true(obj, "Ready")


async def _until(client: Client, resource: Resource, namespace: str | None, reached: Reached) -> None:
    found = await client.list(resource, namespace)
    objects = {meta.uid(obj): obj for obj in found.items}
    if reached(list(objects.values())):
        return
    async for event in client.watch(resource, namespace, resource_version=found.resource_version):
        if event.type == "DELETED":
            objects.pop(meta.uid(event.object), None)
        else:
            objects[meta.uid(event.object)] = event.object
        if reached(list(objects.values())):
            return
