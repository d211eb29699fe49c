"""The contract between a node and the programs that run as containers on it.

A container whose image is known to the lab runs for real: the node looks the image up among the entry points of group
``liqolab.programs``, loads the program and calls it with a `Container`. The program sees what a process in a container
sees (arguments, environment, mounted files, its pod's address) and nothing of the cluster that runs it, so the same
program also runs as an ordinary process in a real pod.

A program ends by returning (exit code 0), by returning an int, or by raising (exit code 1, the error is its last log
line). When the pod is deleted, its task is cancelled, as a process gets SIGTERM; it has the pod's grace period to
clean up and must let `CancelledError` pass.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Protocol

ENTRY_POINT_GROUP = "liqolab.programs"
"""Each entry point of this group names a mapping ``{image repository without tag: "package.module:function"}``."""

IMAGES_GROUP = "liqolab.images"
"""Each entry point of this group names a mapping ``{image with tag: "package.module:function"}``: the images that nodes
which run no programs of ours need, so that they can be made and loaded into real clusters.
"""

SERVICE_ACCOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where a container finds ``token``, ``ca.crt`` and ``namespace``."""

HEALTH_PORT = 5870
READY_PATH, LIVE_PATH = "/readyz", "/healthz"
"""Where whatever runs a program as the process of a real pod answers probes. An embedded node sees `Container.ready`
itself: probes of this port say there what the program says.
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One answer of a name service: ``web.default.svc.cluster.local``, ``A``, ``10.80.0.5``."""

    name: str
    kind: str
    data: str


Forwarder = Callable[[str, int, str], Awaitable[socket]]
"""Opens a connection towards (address, port) beyond this pod and returns the near end, non-blocking. The last argument
is the address of who dials; empty where that is a node, or not known.
"""


class Network(Protocol):
    """The network as a container sees it. Addresses are those of the cluster's pod and service networks; what lies
    outside of them is reached over the machine's own (loopback) network.
    """

    async def dial(self, host: str, port: int, protocol: str = "", *, origin: str = "") -> socket:
        """A connected, non-blocking stream socket. `host` is an address or a service name (``liqo-auth.liqo.svc``);
        `protocol` (``TCP``, ``UDP``) says which port is meant; nothing where any will do. `origin` is where a router
        has the connection from: it is judged, and seen, as if it came from there. Nobody else is believed, and in real
        pods, where a connection's source is the kernel's affair, a router neither.

        Raises:
            OSError: nobody listens there, or there is no route.
        """
        ...

    async def resolve(self, name: str) -> tuple[str, list[str]]:
        """What the cluster's DNS answers for a name: its full form, and the addresses.

        Raises:
            socket.gaierror: nobody is called so.
        """
        ...

    async def query(self, name: str, kind: str) -> list[Record]:
        """What the cluster's DNS answers for a name and a kind of record (``A``, ``CNAME``, ``SRV``, ``PTR``).

        Raises:
            socket.gaierror: it does not answer.
        """
        ...

    async def reaches(self, address: str) -> bool:
        """Whether a pod has this address, listening or not."""
        ...

    async def listened(self) -> list[int]:
        """The ports that somebody in this pod accepts connections to, in order."""
        ...

    async def listen(
        self, port: int, factory: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
    ) -> Callable[[], None]:
        """Accept connections to this pod's address and `port`, each handled by a protocol from `factory` (an aiohttp
        ``web.Server`` is one). The listener goes away with the container, or when what is returned is called.

        Raises:
            OSError: the port is taken in this pod.
        """
        ...

    async def add_route(self, cidr: str, via: str) -> None:
        """Send the node's traffic for `cidr` to the pod with address `via`. Needs ``NET_ADMIN`` or ``privileged`` in
        the container's security context, else raises PermissionError.

        Raises:
            OSError: the node cannot send anything there.
        """
        ...

    async def remove_route(self, cidr: str) -> None:
        """Undo `add_route`; a route that is not there is no error."""
        ...

    async def forward(self, forwarder: Forwarder) -> None:
        """Be a router: connections routed ``via`` this pod's address are opened through `forwarder`. Needs
        ``NET_ADMIN`` as above.
        """
        ...


@dataclass(frozen=True, slots=True)
class Container:
    """What a program is started with.

    Attributes:
        name: the container's name.
        image: the image as the pod spells it.
        args: ``command`` + ``args`` of the container, with ``$(VAR)`` expanded.
        env: the whole environment, service variables included (``KUBERNETES_SERVICE_HOST`` …).
        namespace, pod, pod_uid, pod_ip, node, host_ip, service_account: the pod's identity.
        network: see `Network`.
        log: writes one line to the container's log (what ``kubectl logs`` shows).
        log_unended: writes a last line that has no end.
        mounts: container path → host path of every volume mount; use `path`.
        ready: set it when the program has started serving; the container's readiness follows unless it has probes.
    """

    name: str
    image: str
    args: tuple[str, ...]
    env: Mapping[str, str]
    namespace: str
    pod: str
    pod_uid: str
    pod_ip: str
    node: str
    host_ip: str
    service_account: str
    network: Network
    log: Callable[[str], None]
    log_unended: Callable[[str], None] | None = None
    mounts: Mapping[str, Path] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def path(self, inside: str) -> Path:
        """The file on this machine behind a path inside the container.

        Raises:
            FileNotFoundError: no volume is mounted there.
        """
        for mount in sorted(self.mounts, key=len, reverse=True):
            prefix = mount.rstrip("/")
            if inside == prefix or inside.startswith(prefix + "/"):
                return self.mounts[mount] / inside[len(prefix) :].lstrip("/")
        raise FileNotFoundError(f"{inside}: nothing is mounted there in container {self.name}")


Program = Callable[[Container], Awaitable[int | None]]
