"""Who works on a cluster's objects: controllers, scheduler, service proxy and nodes, over one set of informers.

They share one manager, so each resource is watched once however many of them look at it. What they get is a client;
nothing of the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Manager
from liqolab.kube.controllers.installation import install
from liqolab.kube.controllers.settings import ControllerSettings
from liqolab.kube.node.cluster_nodes import ClusterNodes
from liqolab.kube.node.config import node_configs
from liqolab.kube.scheduler.scheduler import Scheduler

if TYPE_CHECKING:
    from liqolab.kube.cluster import Cluster

_TOKEN_SECONDS = 10 * 365 * 24 * 3600
"""Tokens in Secrets do not expire; ten years is as good as never."""


class ControlPlane:
    """Everything that runs beside the API server. `run` until cancelled."""

    def __init__(self, cluster: Cluster) -> None:
        self._manager = Manager(cluster.client_for("kube-controller-manager"))
        authority = cluster.pki.authority

        async def issue_token(account: Object, secret: Object) -> str:
            return cluster.tokens.issue(
                meta.namespace(account), meta.name(account), seconds=_TOKEN_SECONDS, secret=secret
            )

        settings = ControllerSettings(
            ca_certificate=authority.pem,
            ca_key=authority.key_pem,
            root_ca=authority.pem,
            service_cidr=cluster.config.service_cidr,
            issue_token=issue_token,
        )
        install(self._manager, settings)
        document = {
            "name": cluster.config.name,
            "version": cluster.config.version,
            "podCIDR": cluster.config.pod_cidr,
            "serviceCIDR": cluster.config.service_cidr,
            "nodes": [{"name": node.name, "role": node.role, "labels": node.labels} for node in cluster.config.nodes],
        }
        endpoints = cluster.endpoints
        configs = node_configs(
            document,
            cluster.folder,
            endpoints.node_address,
            (endpoints.address, endpoints.port),
            cluster.pki.kubelet_server_context(),
        )
        nodes = ClusterNodes(cluster.client_for("nodes"), configs, cluster.fabric, self._manager)
        self._manager.add_runnable(nodes.run)
        scheduler = Scheduler(cluster.client_for("kube-scheduler"), self._manager)
        self._manager.add_runnable(scheduler.run)

    async def run(self) -> None:
        """Run until cancelled; the failure of one part ends all."""
        await self._manager.run()
