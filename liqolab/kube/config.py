"""A cluster's folder: what the playground writes into it, what the cluster writes back, and what it keeps.

======================  =============================================================
``cluster.json``        the cluster as it was ordered (see `ClusterConfig`)
``endpoints.json``      port and node address, chosen at the first start and kept
``kubeconfig``          administrator's access
``run.json``            the running process; gone when it has stopped in an orderly way
``pki/``                certificates and keys
``store.db``            all objects
``lock``                held by the process for as long as it lives
``log``                 what the process says
======================  =============================================================
"""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

SECURE_PORT: Final = 6443
"""Where the API server also listens on the node's address, as a control-plane node's does."""


class ConfigError(Exception):
    """The folder or its ``cluster.json`` is not usable; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """A simulated node: its name, role (``control-plane`` or ``worker``) and extra labels."""

    name: str
    role: str = "worker"
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """The order for a cluster.

    Attributes:
        name: the cluster's name, ``venice``.
        version: the Kubernetes version its nodes and ``/version`` report, ``v1.23.6``.
        pod_cidr, service_cidr: IPv4 networks; the first service address is the API server's.
        nodes: at least one.
        address: loopback address of the API server.
        port: its port; 0 leaves the choice to the first start.
        kubeconfig_name: name of cluster, user and context in the kubeconfig.
    """

    name: str
    version: str
    pod_cidr: str
    service_cidr: str
    nodes: tuple[NodeConfig, ...]
    address: str = "127.0.0.1"
    port: int = 0
    kubeconfig_name: str = ""

    @staticmethod
    def load(folder: Path) -> ClusterConfig:
        """The order in ``cluster.json``.

        Raises:
            ConfigError: it is missing, unreadable or makes no sense.
        """
        path = folder / "cluster.json"
        try:
            document = orjson.loads(path.read_bytes())
            return ClusterConfig._from(document)
        except FileNotFoundError:
            raise ConfigError(f"{path} does not exist; create the cluster first") from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
        except orjson.JSONDecodeError as error:
            raise ConfigError(f"{path} is not JSON: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path}: {_explain(error)}") from error

    @staticmethod
    def _from(document: dict[str, Any]) -> ClusterConfig:
        api = document.get("apiServer") or {}
        name = document["name"]
        nodes = [NodeConfig(n["name"], n.get("role") or "worker", n.get("labels") or {}) for n in document["nodes"]]
        if not nodes:
            raise ValueError("a cluster needs at least one node")
        address = api.get("address") or "127.0.0.1"
        if not ipaddress.ip_address(address).is_loopback:
            raise ValueError(f"apiServer.address {address} is not a loopback address")
        return ClusterConfig(
            name=name,
            version=document["version"],
            pod_cidr=_network_text(document["podCIDR"]),
            service_cidr=_network_text(document["serviceCIDR"]),
            nodes=tuple(nodes),
            address=address,
            port=int(api.get("port") or 0),
            kubeconfig_name=document.get("kubeconfigName") or name,
        )

    @property
    def service_address(self) -> str:
        """ClusterIP of the service ``kubernetes``."""
        return str(ipaddress.IPv4Network(self.service_cidr, strict=False)[1])

    def version_info(self) -> dict[str, str]:
        """The document of ``/version``."""
        major, minor = self.version.lstrip("v").split(".")[:2]
        return {
            "major": major,
            "minor": minor,
            "gitVersion": self.version,
            "gitCommit": "0" * 40,
            "gitTreeState": "simulated",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": f"python{sys.version_info.major}.{sys.version_info.minor}",
            "compiler": sys.implementation.name,
            "platform": f"{sys.platform}/{os.uname().machine if hasattr(os, 'uname') else 'unknown'}",
        }


def _explain(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)


def _network_text(text: str) -> str:
    """`text` as it was written, host bits and all: command lines and reports repeat it. ValueError if no network."""
    ipaddress.IPv4Network(text, strict=False)
    return text
