"""Who works on a cluster's objects: controllers, scheduler, service proxy and nodes, over one set of informers.

They share one manager, so each resource is watched once however many of them look at it. What they get is a client;
nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.manager import Manager
from liqolab.kube.access.tokens import TokenIssuer
from liqolab.kube.config import ClusterConfig
from liqolab.kube.controllers.installation import install
from liqolab.kube.controllers.settings import ControllerSettings
from liqolab.kube.endpoints import Endpoints
from liqolab.kube.node.cluster_nodes import ClusterNodes
from liqolab.kube.node.fabric import Fabric
from liqolab.kube.pki import Pki
from liqolab.kube.scheduler.scheduler import Scheduler

_TOKEN_SECONDS = 10 * 365 * 24 * 3600
"""Tokens in Secrets do not expire; ten years is as good as never."""


def control_plane(
    client_for: Callable[[str], Client],
    config: ClusterConfig,
    endpoints: Endpoints,
    folder: Path,
    pki: Pki,
    tokens: TokenIssuer,
    fabric: Fabric,
) -> Manager:
    """Everything that runs beside the API server, in one manager to run.

    Args:
        client_for: an in-process client for a part of the control plane, by its name.
        config: what was ordered.
        endpoints: where the cluster listens.
        folder: where it keeps its things.
        pki: its keys.
        tokens: makes the tokens that Secrets hold.
        fabric: its network.
    """

    async def issue_token(account: Object, secret: Object) -> str:
        return tokens.issue(meta.namespace(account), meta.name(account), seconds=_TOKEN_SECONDS, secret=secret)

    manager = Manager(client_for("kube-controller-manager"))
    settings = ControllerSettings(
        authority=pki.authority,
        issue_token=issue_token,
        service_cidr=config.service_cidr,
    )
    install(manager, settings)
    tls = pki.kubelet_server_context()
    nodes = ClusterNodes(client_for("nodes"), config, endpoints, folder, fabric, manager, tls)
    manager.add_runnable(nodes.run)
    manager.add_runnable(Scheduler(client_for("kube-scheduler"), manager).run)
    return manager
