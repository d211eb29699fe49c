"""The static pods of a control-plane node, with the labels and command lines that kind's have.

Programs read them: ``liqoctl install kind`` takes the pod and service networks from the controller manager's flags.
"""

from __future__ import annotations

import hashlib

from liqolab.apimachinery.resources import Object
from liqolab.kube.node import mirrors
from liqolab.kube.node.config import NodeConfig

_ETCD_TAG = "3.5.1-0"


def static_pods(config: NodeConfig, node_uid: str) -> list[Object]:
    """The mirror pods of etcd, API server, controller manager and scheduler on a node."""
    rows = (
        ("etcd", f"{mirrors.ETCD}:{_ETCD_TAG}", "100m", ["--data-dir=/var/lib/etcd"]),
        ("kube-apiserver", f"{mirrors.API_SERVER}:{config.version}", "250m", _api_server_flags(config)),
        (
            "kube-controller-manager",
            f"{mirrors.CONTROLLER_MANAGER}:{config.version}",
            "200m",
            _controller_manager_flags(config),
        ),
        (
            "kube-scheduler",
            f"{mirrors.SCHEDULER}:{config.version}",
            "100m",
            ["--bind-address=127.0.0.1", "--leader-elect=true"],
        ),
    )
    return [_pod(config, node_uid, name, image, [name, *flags], cpu) for name, image, cpu, flags in rows]


def _api_server_flags(config: NodeConfig) -> list[str]:
    host, port = config.api_server
    return [
        f"--advertise-address={host}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        f"--secure-port={port}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-cluster-ip-range={config.service_cidr}",
    ]


def _controller_manager_flags(config: NodeConfig) -> list[str]:
    return [
        "--allocate-node-cidrs=true",
        "--bind-address=127.0.0.1",
        f"--cluster-cidr={config.cluster_cidr}",
        f"--cluster-name={config.cluster}",
        "--controllers=*,bootstrapsigner,tokencleaner",
        f"--service-cluster-ip-range={config.service_cidr}",
        "--use-service-account-credentials=true",
    ]


def _pod(config: NodeConfig, node_uid: str, component: str, image: str, command: list[str], cpu: str) -> Object:
    name = f"{component}-{config.name}"
    digest = hashlib.sha256(f"{name} {image} {command}".encode()).hexdigest()[:32]
    container = {
        "name": component,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {"requests": {"cpu": cpu}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "kube-system",
            "labels": {"component": component, "tier": "control-plane"},
            "annotations": {
                "kubernetes.io/config.hash": digest,
                "kubernetes.io/config.mirror": digest,
                "kubernetes.io/config.source": "file",
            },
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Node", "name": config.name, "uid": node_uid, "controller": True}
            ],
        },
        "spec": {
            "nodeName": config.name,
            "hostNetwork": True,
            "priorityClassName": "system-node-critical",
            "automountServiceAccountToken": False,
            "enableServiceLinks": True,
            "tolerations": [{"operator": "Exists", "effect": "NoExecute"}],
            "containers": [container],
        },
    }
