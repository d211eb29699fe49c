"""What a kind cluster has beside its static pods: kube-proxy, kindnet and CoreDNS, and the class of its storage.

They are ordinary DaemonSets, a Deployment, a Service and a StorageClass, created once; the cluster's own controllers do
the rest.
"""

from __future__ import annotations

from ipaddress import IPv4Network

from liqolab.apimachinery.builtin import DAEMON_SETS, DEPLOYMENTS, SERVICE_ACCOUNTS, SERVICES, STORAGE_CLASSES
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.config import ClusterConfig
from liqolab.kube.node import mirrors

_NAMESPACE = "kube-system"
_DNS_INDEX = 10
"""The name service has the tenth address of the service network, as kubeadm gives it."""

_EVERYWHERE = [{"operator": "Exists"}]


def addons(cluster: ClusterConfig) -> list[tuple[Resource, Object]]:
    """The objects, in the order in which they are to be created."""
    proxy = f"{mirrors.PROXY}:{cluster.version}"
    kindnet = f"docker.io/{mirrors.KINDNET}:v20220510-4929dd75"
    optional = {
        "kube-proxy": _daemon_set("kube-proxy", {"k8s-app": "kube-proxy"}, proxy, "kube-proxy"),
        "kindnet": _daemon_set("kindnet", {"app": "kindnet"}, kindnet, "kindnet-cni"),
    }
    chosen = {name: manifest for name, manifest in optional.items() if name in cluster.addons}
    return [
        *((SERVICE_ACCOUNTS, _account(name)) for name in (*chosen, "coredns")),
        (STORAGE_CLASSES, _storage_class()),
        (SERVICES, _dns_service(cluster.service_cidr)),
        *((DAEMON_SETS, manifest) for manifest in chosen.values()),
        (DEPLOYMENTS, _coredns()),
    ]


def dns_address(service_cidr: str) -> str:
    """Where pods look names up."""
    return str(IPv4Network(service_cidr, strict=False)[_DNS_INDEX])


def _account(name: str) -> Object:
    return SERVICE_ACCOUNTS.manifest(name, _NAMESPACE)


def _storage_class() -> Object:
    """The default class: a folder of the node where the claim's first pod runs."""
    return STORAGE_CLASSES.manifest(
        "standard",
        annotations={"storageclass.kubernetes.io/is-default-class": "true"},
        provisioner="rancher.io/local-path",
        reclaimPolicy="Delete",
        volumeBindingMode="WaitForFirstConsumer",
    )


def _dns_service(service_cidr: str) -> Object:
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
        {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153},
    ]
    labels = {"k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"}
    address = dns_address(service_cidr)
    return SERVICES.manifest(
        "kube-dns",
        _NAMESPACE,
        labels=labels,
        spec={"clusterIP": address, "selector": {"k8s-app": "kube-dns"}, "ports": ports},
    )


def _daemon_set(name: str, labels: dict[str, str], image: str, container: str) -> Object:
    spec = {
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "serviceAccountName": name,
        "tolerations": _EVERYWHERE,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "containers": [{"name": container, "image": image}],
    }
    return DAEMON_SETS.manifest(
        name,
        _NAMESPACE,
        labels=labels,
        spec={"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    )


def _coredns() -> Object:
    labels = {"k8s-app": "kube-dns"}
    container = {
        "name": "coredns",
        "image": f"{mirrors.COREDNS}:v1.8.6",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
        "ports": [{"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"}],
    }
    spec = {
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": "coredns",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "containers": [container],
    }
    return DEPLOYMENTS.manifest(
        "coredns",
        _NAMESPACE,
        labels=labels,
        spec={
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    )
