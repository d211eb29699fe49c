"""What a playground consists of: clusters with their networks, versions, nodes and labels.

A topology is independent of the provider that realises it. It is read from the same ``kind.x-k8s.io/v1alpha4``
configuration that KinD reads, so that one file describes a cluster on every provider.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from liqolab.playground.errors import PlaygroundError

DEFAULT_VERSION = "v1.34.0"
"""The Kubernetes that embedded clusters imitate, and show where no node image says otherwise."""

KIND_POD_SUBNET = "10.244.0.0/16"
KIND_SERVICE_SUBNET = "10.96.0.0/16"

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?")
_IMAGE_TAG = re.compile(r":(v\d+\.\d+\.\d+)")


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One node; `role` is ``control-plane`` or ``worker``."""

    name: str
    role: str = "control-plane"
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """One cluster of a playground.

    Attributes:
        name: DNS-1123 label of at most 50 characters.
        version: Kubernetes version shown, with a leading ``v``.
        pod_cidr, service_cidr: the cluster's networks.
        nodes: at least one.
        liqo_labels: labels under which Liqo presents the cluster to its peers.
        config: the KinD configuration it was read from, where there is one.
    """

    name: str
    version: str = DEFAULT_VERSION
    pod_cidr: str = KIND_POD_SUBNET
    service_cidr: str = KIND_SERVICE_SUBNET
    nodes: tuple[NodeSpec, ...] = ()
    liqo_labels: Mapping[str, str] = field(default_factory=dict)
    config: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what no provider could create."""
        if not _NAME.fullmatch(self.name):
            raise PlaygroundError(
                f'"{self.name}" is not a valid cluster name',
                "use at most 50 lowercase letters, digits and hyphens, beginning and ending with a letter or digit",
            )
        for what, cidr in (("pod", self.pod_cidr), ("service", self.service_cidr)):
            try:
                ipaddress.ip_network(cidr, strict=False)
            except ValueError:
                raise PlaygroundError(f'"{cidr}" is not a valid {what} subnet', "write it like 10.200.0.0/16") from None


def from_kind_config(
    name: str, path: Path | None, *, image: str = "", liqo_labels: Mapping[str, str] | None = None
) -> ClusterSpec:
    """The cluster that a KinD configuration file describes (None: KinD's defaults).

    Raises:
        PlaygroundError: the file is missing, is no KinD configuration, or asks for what cannot be.
    """
    document = _read(path) if path else {}
    networking: dict[str, Any] = document.get("networking") or {}
    entries: list[dict[str, Any]] = document.get("nodes") or [{"role": "control-plane"}]
    tag = _IMAGE_TAG.search(image or next((str(entry["image"]) for entry in entries if entry.get("image")), ""))
    return ClusterSpec(
        name=name,
        version=tag.group(1) if tag else DEFAULT_VERSION,
        pod_cidr=networking.get("podSubnet") or KIND_POD_SUBNET,
        service_cidr=networking.get("serviceSubnet") or KIND_SERVICE_SUBNET,
        nodes=_nodes(name, entries),
        liqo_labels=dict(liqo_labels or {}),
        config=path,
    )


def _nodes(cluster: str, entries: list[dict[str, Any]]) -> tuple[NodeSpec, ...]:
    """Name nodes as KinD does: ``NAME-control-plane``, ``NAME-worker``, ``NAME-worker2`` and so on."""
    counts: dict[str, int] = {}
    nodes = []
    for entry in entries:
        role = entry.get("role", "control-plane")
        if role not in ("control-plane", "worker"):
            raise PlaygroundError(f'"{role}" is not a role of a node', "use control-plane or worker")
        counts[role] = counts.get(role, 0) + 1
        number = "" if counts[role] == 1 else str(counts[role])
        nodes.append(NodeSpec(f"{cluster}-{role}{number}", role, entry.get("labels") or {}))
    if not counts.get("control-plane"):
        raise PlaygroundError(
            f'cluster "{cluster}" has no control-plane node', "give it a node with role: control-plane"
        )
    return tuple(nodes)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise PlaygroundError(f"cluster configuration {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PlaygroundError(f"cluster configuration {path} is not valid YAML: {error}") from None
    if not isinstance(document, dict) or document.get("kind") != "Cluster":
        raise PlaygroundError(
            f"{path} is not a cluster configuration", "it starts with kind: Cluster, apiVersion: kind.x-k8s.io/v1alpha4"
        )
    return document
