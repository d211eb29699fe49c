"""The configuration that KinD gets for a cluster of ours: the lesson's, with a mark on each node.

The mark is what tells a cluster of ours from anybody else's of the same name. It is a read-only mount of a folder of
the playground, because a mount is what `kind` can give a node from its first moment on, every engine tells it of
containers that do not run as well, and it names the playground: it cannot be there by chance, and it cannot be
forgotten when the process that asks for the cluster is killed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from liqolab.playground.containers.engine import Node
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.kind_config.model import CONTROL_PLANE
from liqolab.playground.topology import ClusterSpec

_MARK: Final = "/kind/liqolab"
"""Where in a node the mark is."""
_API_VERSION: Final = "kind.x-k8s.io/v1alpha4"


def mark_of(playground: Playground, cluster: str) -> Path:
    """What is mounted into the nodes of a playground's cluster."""
    return playground.root / "marks" / cluster


def is_ours(playground: Playground, node: Node) -> bool:
    """Whether a node is of a cluster that this playground has made."""
    return node.mounts.get(_MARK) == str(mark_of(playground, node.cluster))


def owner_of(nodes: Sequence[Node]) -> str:
    """The playground whose cluster these nodes are, as people would name it; empty when it is none of ours."""
    sources = [Path(node.mounts[_MARK]) for node in nodes if _MARK in node.mounts]
    return sources[0].parents[1].name if sources and len(sources[0].parents) > 1 else ""


def marked(raw: str | bytes | None, playground: Playground, cluster: str, node_image: str = "") -> str | None:
    """A KinD configuration with the mark, and with another image where one is chosen; None for what KinD will refuse.

    Args:
        raw: the configuration as it was given; None for KinD's defaults.
        playground: whose mark it is.
        cluster: the name of the cluster, also where the configuration has another one.
        node_image: for every node; empty to leave what stands there.
    """
    try:
        document = yaml.safe_load(raw) if raw else None
    except yaml.YAMLError:
        return None
    document = {"kind": "Cluster", "apiVersion": _API_VERSION} if document is None else document
    if not isinstance(document, dict):
        return None
    nodes = document.get("nodes")
    nodes = [{"role": CONTROL_PLANE}] if nodes is None else nodes
    if not isinstance(nodes, list) or not all(_takes_mounts(each) for each in nodes):
        return None
    mount = {"hostPath": str(mark_of(playground, cluster)), "containerPath": _MARK, "readOnly": True}
    document["nodes"] = [
        {
            **each,
            **({"image": node_image} if node_image else {}),
            "extraMounts": [*(each.get("extraMounts") or []), mount],
        }
        for each in nodes
    ]
    return yaml.safe_dump(document, sort_keys=False)


def _takes_mounts(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("extraMounts") or [], list)


def configuration(spec: ClusterSpec) -> bytes:
    """What KinD is to read for a cluster: the file that it was read from, else the same in KinD's words.

    Raises:
        PlaygroundError: the file cannot be read any more.
    """
    if spec.config is not None:
        try:
            return spec.config.read_bytes()
        except OSError as error:
            raise PlaygroundError(f"cluster configuration {spec.config}: {error.strerror}") from None
    document: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": _API_VERSION,
        "networking": {"podSubnet": spec.pod_cidr, "serviceSubnet": spec.service_cidr},
    }
    if spec.nodes:
        document["nodes"] = [_node_entry(node.role, node.labels) for node in spec.nodes]
    return yaml.safe_dump(document, sort_keys=False).encode()


def _node_entry(role: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {"role": role, **({"labels": dict(labels)} if labels else {})}
