"""What installing knows about the kind of cluster: where its networks are written down, how peers will reach it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from liqolab.apimachinery.builtin import NODES, PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError
from liqolab.liqo.gen05 import messages, names
from liqolab.liqo.gen05.chart.values import lookup

_CONTROLLER_MANAGER_LABELS: Final = "component=kube-controller-manager,tier=control-plane"
_OPENSHIFT_NETWORKS: Final = Resource("config.openshift.io", "v1", "networks", "Network", namespaced=False)
_EMBEDDED_RUNTIME: Final = "liqolab://"
_DEFAULT_POD_CIDR: Final = "172.16.0.0/16"
_DEFAULT_SERVICE_CIDR: Final = "10.96.0.0/12"


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of cluster.

    Attributes:
        name: value of the cluster label ``liqo.io/provider``; empty for none.
        detects: whether the networks are read from the controller manager's flags instead of the command line.
        elsewhere: whether the kubeconfig may name another address of the API server than peers use.
        local: whether it lives on one machine: peers reach it through a node's address, also on loopback.
        values: chart values that it needs.
    """

    name: str
    detects: bool = False
    local: bool = False
    elsewhere: bool = False
    values: Object = field(default_factory=dict)


GENERIC: Final = Provider("")
_ON_NODES: Final[Object] = {"auth": {"service": {"type": "NodePort"}}, "gateway": {"service": {"type": "NodePort"}}}
# The kubeconfig of k3s names this machine.
K3S: Final = Provider("k3s", elsewhere=True, values=_ON_NODES)
OPENSHIFT: Final = Provider(
    "openshift",
    values={
        "route": {"pod": {"extraArgs": ["--route.vxlan-vtep-port=5050"]}},
        "openshiftConfig": {"enable": True},
    },
)
KUBEADM: Final = Provider("kubeadm", detects=True)
KIND: Final = Provider(
    "kind",
    detects=True,
    local=True,
    values=_ON_NODES,
)


async def networks(provider: Provider, client: Client, invocation: Invocation) -> tuple[str, str]:
    """The pods' and the services' network.

    Raises:
        CommandError: they are not where this kind of cluster has them.
    """
    if provider is OPENSHIFT:
        return await _openshift_networks(client)
    if not provider.detects:
        return str(invocation.option("pod-cidr")), str(invocation.option("service-cidr"))
    pods = (await client.list(PODS, "kube-system", labels=_CONTROLLER_MANAGER_LABELS)).items
    if not pods:
        raise CommandError(messages.CONTROLLER_MANAGER_NOT_FOUND)
    flags = _flags(pods[0]["spec"]["containers"])
    return flags.get("cluster-cidr", _DEFAULT_POD_CIDR), flags.get("service-cluster-ip-range", _DEFAULT_SERVICE_CIDR)


async def _openshift_networks(client: Client) -> tuple[str, str]:
    try:
        network = await client.get(_OPENSHIFT_NETWORKS, "cluster")
    except ApiError as error:
        raise CommandError(messages.OPENSHIFT_UNREADABLE.format(error=error.message)) from None
    status = network.get("status") or {}
    pods, services = (_single(status, field) for field in ("clusterNetwork", "serviceNetwork"))
    return str(pods["cidr"]), str(services)


def _single(status: Object, field: str) -> Any:
    found = status.get(field) or []
    if len(found) != 1:
        raise CommandError(messages.OPENSHIFT_NETWORKS[field, min(len(found), 2)])
    return found[0]


async def routes_are_the_nodes(client: Client) -> bool:
    """Whether a route is of a node's network. On an embedded node it is of the fabric, which every pod is in: there the
    program that sets it is a pod with an address like any other.
    """
    nodes = (await client.list(NODES)).items
    runtimes = [str(lookup(node, "status.nodeInfo.containerRuntimeVersion", "")) for node in nodes]
    return not any(runtime.startswith(_EMBEDDED_RUNTIME) for runtime in runtimes)


def cluster_labels(provider: Provider) -> dict[str, str]:
    """The labels that a cluster gets from its provider."""
    return {names.LABEL_PROVIDER: provider.name} if provider.name else {}


def _flags(containers: Iterable[Object]) -> dict[str, str]:
    words = [word for each in containers for word in (*(each.get("command") or ()), *(each.get("args") or ()))]
    return {match[1]: match[2] for word in words if (match := re.fullmatch(r"--([a-z-]+)=(.*)", word))}
