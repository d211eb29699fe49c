"""Where a cluster listens: chosen at its first start, kept for its life.

Whoever probes for a free port and binds it later loses it now and then to a cluster that starts beside. What is chosen
here is therefore listened on at once, and the server takes over the listening sockets.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import socket
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

from liqolab.kube.config import SECURE_PORT, ClusterConfig, ConfigError, write_private

BACKLOG: Final = 256
_PORTS: Final = range(16443, 30000)
_PORT_ATTEMPTS: Final = 200
_PRIVILEGED: Final = 1024
_NODE_NETWORK: Final = (127, 18)


@dataclass(frozen=True, slots=True)
class MappedPort:
    """A port of the machine that leads to `container_port` of a node."""

    node: str
    container_port: int
    address: str
    host_port: int


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a cluster listens.

    Attributes:
        address, port: the API server.
        node_address: the address of its nodes, where NodePorts and (with an address of its own) port 6443 listen.
        mapped: ports of the machine that lead to nodes.
    """

    address: str
    port: int
    node_address: str
    mapped: tuple[MappedPort, ...] = ()

    @property
    def server(self) -> str:
        """The URL in the kubeconfig."""
        return f"https://{self.address}:{self.port}"

    @property
    def own_node_address(self) -> bool:
        """Whether the nodes have an address that no other cluster uses."""
        return self.node_address != self.address


class Reserved:
    """Sockets that already listen where a cluster is going to, so that nobody else can take the place meanwhile."""

    def __init__(self) -> None:
        self._sockets: dict[tuple[str, int], socket.socket] = {}

    def take(self, address: str, port: int) -> socket.socket | None:
        """The socket for that place, from now on the caller's; None when it was not reserved."""
        return self._sockets.pop((address, port), None)

    def close(self) -> None:
        """Give back what was not taken."""
        while self._sockets:
            self._sockets.popitem()[1].close()

    def listen(self, address: str, port: int) -> bool:
        """Whether the place was free; it is reserved then."""
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            # Not bound only: two sockets may share an address until one of them listens.
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            if error.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
                return False
            raise
        self._sockets[(address, port)] = listener
        return True


def choose_endpoints(folder: Path, config: ClusterConfig, reserved: Reserved) -> Endpoints:
    """The endpoints of the last start, or new ones, which are written down and `reserved`.

    Raises:
        ConfigError: ``endpoints.json`` cannot be read, or no port is free.
    """
    path = folder / "endpoints.json"
    if path.exists():
        try:
            kept = orjson.loads(path.read_bytes())
            mapped = tuple(MappedPort(**row) for row in kept.get("mappedPorts") or ())
            return Endpoints(kept["address"], int(kept["port"]), kept["nodeAddress"], mapped)
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path} is damaged ({error}); remove it to have new ports chosen") from error
    port = config.port or _free_port(config.address, reserved)
    if config.port and not reserved.listen(config.address, port):
        raise ConfigError(
            f"cluster {config.name} cannot listen on {config.address}:{port} (it is in use, or not allowed); choose "
            "another port for its API server"
        )
    endpoints = Endpoints(config.address, port, _node_address(config, reserved), _mapped(config, reserved))
    document = {
        "address": endpoints.address,
        "port": port,
        "nodeAddress": endpoints.node_address,
        "mappedPorts": [asdict(mapped) for mapped in endpoints.mapped],
    }
    write_private(path, orjson.dumps(document))
    return endpoints


def _mapped(config: ClusterConfig, reserved: Reserved) -> tuple[MappedPort, ...]:
    """Reserve the ports of the machine that are mapped to nodes.

    Raises:
        ConfigError: one is taken, or only a privileged program may listen on it.
    """
    found = []
    for node in config.nodes:
        for mapping in node.port_mappings:
            port = mapping.host_port or _free_port(mapping.address, reserved)
            if mapping.host_port and not reserved.listen(mapping.address, port):
                hint = "; ports below 1024 may need privileges" if port < _PRIVILEGED else ""
                raise ConfigError(
                    f"port {port} of {mapping.address} is already allocated or not allowed, so it cannot be mapped to "
                    f"port {mapping.container_port} of node {node.name}; choose another hostPort{hint}"
                )
            found.append(MappedPort(node.name, mapping.container_port, mapping.address, port))
    return tuple(found)


def _free_port(address: str, reserved: Reserved) -> int:
    """A port below those that the system hands to outgoing connections: it must still be free after a restart."""
    for _ in range(_PORT_ATTEMPTS):
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        if reserved.listen(address, port):
            return port
    raise ConfigError(f"no free port between {_PORTS.start} and {_PORTS.stop - 1} on {address}")


def _node_address(config: ClusterConfig, reserved: Reserved) -> str:
    """A loopback address that nobody uses: on Linux all of 127/8 is the machine's own."""
    if sys.platform != "linux":
        return config.address
    digest = hashlib.sha256(f"{config.name}\0{os.getpid()}".encode()).digest()
    for low, high in zip(digest[::2], digest[1::2], strict=True):
        address = ".".join(map(str, (*_NODE_NETWORK, low, max(1, min(high, 254)))))
        if reserved.listen(address, SECURE_PORT):
            return address
    return config.address
