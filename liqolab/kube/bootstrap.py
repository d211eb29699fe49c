"""The objects that every cluster has from its first moment, and what "the cluster is ready" means.

Everything is created through the pipeline by the API server's own identity, and only where it is missing: what a user
has changed stays changed over a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from liqolab.apimachinery import builtin, meta
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.waiting import wait_for
from liqolab.kube.access import rbac_bootstrap
from liqolab.kube.config import SECURE_PORT, ClusterConfig
from liqolab.kube.endpoints import Endpoints

Reached = Callable[[list[Object]], bool]

SYSTEM_NAMESPACES: Final = ("default", "kube-system", "kube-public", "kube-node-lease")


async def ensure(client: Client, resource: Resource, obj: Object, namespace: str | None = None) -> None:
    """Create an object unless it is there."""
    if await client.find(resource, meta.name(obj), namespace) is None:
        await client.create(resource, obj, namespace)


def _named(name: str, **fields: object) -> Object:
    return {"metadata": {"name": name}, **fields}


async def create_objects(client: Client, config: ClusterConfig, endpoints: Endpoints) -> None:
    """Namespaces, roles and bindings, and the API server's own service."""
    for name in SYSTEM_NAMESPACES:
        await ensure(client, builtin.NAMESPACES, _named(name))
    await rbac_bootstrap.install(client)
    await _ensure_service(client, config.service_address, endpoints)


async def _ensure_service(client: Client, service_ip: str, listening: Endpoints) -> None:
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = SECURE_PORT if listening.own_node_address else listening.port
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
    address = listening.node_address
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


async def wait_until_ready(client: Client, wanted: set[str]) -> None:
    """Wait until the nodes of these names and the system pods are ready and the default service account exists."""
    await asyncio.gather(
        wait_for(client, builtin.NODES, lambda nodes: wanted <= set(map(meta.name, filter(_ready, nodes.values())))),
        wait_for(client, builtin.PODS, lambda pods: _all_run(pods.values(), wanted), "kube-system"),
        wait_for(client, builtin.SERVICE_ACCOUNTS, bool, "default", name="default"),
    )


def _all_run(pods: Iterable[Object], nodes: set[str]) -> bool:
    """Whether there are system pods on each of the cluster's own nodes, all ready.

    Pods of DaemonSets also sit, waiting for ever, on virtual nodes: those say nothing about this cluster.
    """
    own = [pod for pod in pods if pod["spec"].get("nodeName") in nodes]
    return nodes == {pod["spec"]["nodeName"] for pod in own} and all(_ready(pod) for pod in own)


def _ready(obj: Object) -> bool:
    return meta.condition_is_true(obj, "Ready")
