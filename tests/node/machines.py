"""A container as a small machine, without a cluster: its network knows one server."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from liqolab.kube.node.disks import Disks
from liqolab.kube.node.machine.machine import Machine
from liqolab.kube.node.machine.userlands import BUSYBOX, Userland
from liqolab.kube.node.storage import Place
from liqolab.program import Container, Record

ENVIRONMENT = {"HOSTNAME": "web-0", "EMPTY": "", "LIST": " a  b "}


class Network:
    """``http://web`` answers, whatever is asked for under ``/no`` with 404; nobody else is there."""

    async def dial(self, host: str, port: int, protocol: str = "", *, origin: str = "") -> socket.socket:
        await self.resolve(host)
        if host != "web":
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        Thread(target=self._answer, args=(ours,), daemon=True).start()
        return theirs

    def _answer(self, connected: socket.socket) -> None:
        with connected:
            asked = connected.recv(4096)
            status = "404 Not Found" if b" /no" in asked else "200 OK"
            body = b"" if asked.startswith(b"HEAD") else b"page\n"
            with contextlib.suppress(BrokenPipeError):  # Who asks may be content with a connection.
                connected.sendall(f"HTTP/1.0 {status}\r\nContent-Length: 5\r\n\r\n".encode() + body)

    async def resolve(self, name: str) -> tuple[str, list[str]]:
        known = {"web": "10.80.0.5", "closed": "10.80.0.6"}
        if name not in known:
            raise socket.gaierror(socket.EAI_NONAME, "no such host")
        return f"{name}.default.svc.cluster.local", [known[name]]

    async def query(self, name: str, kind: str) -> list[Record]:
        try:
            canonical, addresses = await self.resolve(name.rstrip("."))
        except socket.gaierror:
            return []
        return [Record(canonical, kind, address) for address in addresses]

    async def reaches(self, address: str) -> bool:
        return address == "10.80.0.5"

    async def listened(self) -> list[int]:
        return [80, 8080]

    listen: Any = None
    add_route: Any = None
    remove_route: Any = None
    forward: Any = None


def machine(
    mounted: Path,
    log: Callable[[str], None],
    userland: Userland = BUSYBOX,
    notice: Callable[[str], None] = print,
    disks: Disks | None = None,
) -> Machine:
    """One of pod ``default/web-0``, with a folder mounted at ``/etc/config``, and a volume at ``/data``."""
    (mounted / "greeting").write_text("hello\n")
    data = (disks or Disks(mounted.with_name(f"{mounted.name}.db"))).directory("node/n", "/data")
    data.make("/", parents=True)
    data.write("greeting", b"hello\n")
    container = Container(
        name="c", image="busybox", args=(), env=ENVIRONMENT, namespace="default", pod="web-0", pod_uid="1",
        pod_ip="10.0.0.9", node="n", host_ip="10.0.0.1", service_account="default", network=Network(), log=log,
        mounts={"/etc/config": mounted},
    )  # fmt: skip
    aliases = [{"ip": "10.1.2.3", "hostnames": ["foo.local"]}]
    pod = {"metadata": {"name": "web-0", "namespace": "default"}, "spec": {"hostAliases": aliases}}
    places = {"/data": Place(data)}
    return Machine(pod, {"name": "c"}, container, userland, "10.80.0.10", notice, places=places)
