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
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from liqolab.kube.config import SECURE_PORT, ClusterConfig, ConfigError, write_private

BACKLOG: Final = 256
_PORTS: Final = range(16443, 30000)
_PORT_ATTEMPTS: Final = 200
_NODE_NETWORK: Final = (127, 18)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a cluster listens.

    Attributes:
        address, port: the API server.
        node_address: the address of its nodes, where NodePorts and (with an address of its own) port 6443 listen.
    """

    address: str
    port: int
    node_address: str

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
            return Endpoints(kept["address"], int(kept["port"]), kept["nodeAddress"])
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path} is damaged ({error}); remove it to have new ports chosen") from error
    port = config.port or _free_port(config.address, reserved)
    endpoints = Endpoints(config.address, port, _node_address(config, reserved))
    document = {"address": endpoints.address, "port": port, "nodeAddress": endpoints.node_address}
    write_private(path, orjson.dumps(document))
    return endpoints


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
