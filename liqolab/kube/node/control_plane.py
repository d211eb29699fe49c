"""The static pods of a control-plane node, with the labels and command lines that kind's have.

Programs read them: ``liqoctl install kind`` takes the pod and service networks from the controller manager's flags.
"""

from __future__ import annotations

import hashlib

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.resources import Object
from liqolab.kube.config import ClusterConfig
from liqolab.kube.endpoints import Endpoints
from liqolab.kube.node import mirrors

_ETCD_TAG = "3.5.1-0"


def static_pods(cluster: ClusterConfig, endpoints: Endpoints, node: Object) -> list[Object]:
    """The mirror pods of etcd, API server, controller manager and scheduler on a node."""
    rows = (
        ("etcd", f"{mirrors.ETCD}:{_ETCD_TAG}", "100m", ["--data-dir=/var/lib/etcd"]),
        ("kube-apiserver", f"{mirrors.API_SERVER}:{cluster.version}", "250m", _api_server_flags(cluster, endpoints)),
        (
            "kube-controller-manager",
            f"{mirrors.CONTROLLER_MANAGER}:{cluster.version}",
            "200m",
            _controller_manager_flags(cluster),
        ),
        (
            "kube-scheduler",
            f"{mirrors.SCHEDULER}:{cluster.version}",
            "100m",
            ["--bind-address=127.0.0.1", "--leader-elect=true"],
        ),
    )
    return [_pod(node, name, image, [name, *flags], cpu) for name, image, cpu, flags in rows]


def _api_server_flags(cluster: ClusterConfig, endpoints: Endpoints) -> list[str]:
    return [
        f"--advertise-address={endpoints.address}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        f"--secure-port={endpoints.port}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-cluster-ip-range={cluster.service_cidr}",
    ]


def _controller_manager_flags(cluster: ClusterConfig) -> list[str]:
    return [
        "--allocate-node-cidrs=true",
        "--bind-address=127.0.0.1",
        f"--cluster-cidr={cluster.pod_cidr}",
        f"--cluster-name={cluster.name}",
        "--controllers=*,bootstrapsigner,tokencleaner",
        f"--service-cluster-ip-range={cluster.service_cidr}",
        "--use-service-account-credentials=true",
    ]


def _pod(node: Object, component: str, image: str, command: list[str], cpu: str) -> Object:
    name = f"{component}-{meta.name(node)}"
    digest = hashlib.sha256(f"{name} {image} {command}".encode()).hexdigest()[:32]
    container = {
        "name": component,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {"requests": {"cpu": cpu}},
    }
    return PODS.manifest(
        name,
        "kube-system",
        labels={"component": component, "tier": "control-plane"},
        annotations={
            "kubernetes.io/config.hash": digest,
            "kubernetes.io/config.mirror": digest,
            "kubernetes.io/config.source": "file",
        },
        owners=[
            {"apiVersion": "v1", "kind": "Node", "name": meta.name(node), "uid": meta.uid(node), "controller": True}
        ],
        spec={
            "nodeName": meta.name(node),
            "hostNetwork": True,
            "priorityClassName": "system-node-critical",
            "automountServiceAccountToken": False,
            "enableServiceLinks": True,
            "tolerations": [{"operator": "Exists", "effect": "NoExecute"}],
            "containers": [container],
        },
    )
