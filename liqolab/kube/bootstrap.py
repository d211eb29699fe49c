"""The objects that every cluster has from its first moment, and what "the cluster is ready" means.

What is the same in every cluster is written as it is; the rest is created through the pipeline, by the API server's own
identity (see `liqolab.kube.system`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from liqolab.apimachinery import builtin, meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.manager import Manager
from liqolab.controller.waiting import wait_for
from liqolab.kube.config import ClusterConfig
from liqolab.kube.endpoints import Endpoints
from liqolab.kube.store.store import Store
from liqolab.kube.system import components, flow_control, objects, roles
from liqolab.kube.system.keeper import SystemKeeper
from liqolab.kube.system.owned import Owned, ensure, write

Reached = Callable[[list[Object]], bool]


def own_objects(config: ClusterConfig, endpoints: Endpoints, authority: str) -> list[Owned]:
    """What the API server keeps for as long as it runs, in the order in which it is created.

    Args:
        config: the cluster.
        endpoints: where it listens.
        authority: the certificate that its users' certificates are signed with, as PEM.
    """
    return [
        *objects.namespaces(),
        objects.authentication(authority),
        objects.own_network(config),
        *objects.own_service(config, endpoints),
    ]


async def create_objects(client: Client, store: Store, own: Iterable[Owned]) -> None:
    """Everything that a cluster is born with, where it is missing."""
    for owned in own:
        await ensure(client, owned)
    components.install(store)
    for owned in flow_control.owned():
        write(store, owned)
    await roles.install(client, store)


def keep(manager: Manager, client: Client, own: Iterable[Owned]) -> None:
    """Have `manager` bring back what is deleted while the cluster runs."""
    SystemKeeper(manager, client, [*own, *flow_control.owned()])


# ---------------------------------------------------------------------- readiness


async def wait_until_ready(client: Client, config: ClusterConfig) -> None:
    """Wait until a cluster's nodes and system pods are ready and the default service account exists."""
    wanted = {node.name for node in config.nodes}
    # Without the DaemonSets there is nothing to wait for but on control planes.
    busy = {node.name for node in config.nodes if config.addons or node.is_control_plane}
    await asyncio.gather(
        wait_for(client, builtin.NODES, lambda nodes: wanted <= set(map(meta.name, filter(_ready, nodes.values())))),
        wait_for(client, builtin.PODS, lambda pods: _all_run(pods.values(), busy), "kube-system"),
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
