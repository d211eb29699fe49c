"""What probes and lifecycle hooks do to a container: a request, a connection, a command, a pause.

Requests and connections go over the fabric, as a kubelet's go over the node's network. Commands are carried out in the
container's machine; a container that runs a program has none, and speaks for itself (`program.Container.ready`).
"""

from __future__ import annotations

import asyncio
from socket import socket

from yarl import URL

from liqolab.apimachinery.resources import Object
from liqolab.kube.node.fabric import Fabric
from liqolab.kube.node.fetch import Answer, exchange
from liqolab.kube.node.machine.machine import Machine, NotStartedError
from liqolab.program import Container

_REDIRECTS = 10
"""How often a probe goes on to where it is sent."""


class Actions:
    """See the module.

    Args:
        spec: the container of the pod's spec; its ports have names.
        container: what its program was started with.
        machine: where commands are carried out; None for programs.
        fabric: the node's network.
    """

    def __init__(self, spec: Object, container: Container, machine: Machine | None, fabric: Fabric) -> None:
        self.container = container
        self.machine = machine
        self._fabric = fabric
        self._ports = {row["name"]: int(row["containerPort"]) for row in spec.get("ports") or () if row.get("name")}

    async def attempt(self, handler: Object, seconds: float) -> str | None:
        """Do what a probe or hook asks for; None on success, else why it failed.

        Args:
            handler: with one of ``httpGet``, ``tcpSocket``, ``grpc``, ``exec``, ``sleep``.
            seconds: to do it in.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._perform(handler)
        except TimeoutError:
            if "exec" in handler:
                command = " ".join(handler["exec"].get("command") or ())
                return f"command timed out: {command!r} timed out after {seconds:g}s"
            return "context deadline exceeded"
        except OSError as error:
            return str(error.strerror or error)

    async def _perform(self, handler: Object) -> str | None:
        if http := handler.get("httpGet"):
            return await self._get(http)
        if target := handler.get("tcpSocket") or handler.get("grpc"):
            (await self._dial(target)).close()
            return None
        if pause := handler.get("sleep"):
            await asyncio.sleep(float(pause.get("seconds") or 0))
            return None
        if self.machine is not None and self.machine.carries_out:
            return await self._execute(self.machine, list(handler.get("exec", {}).get("command") or ()))
        return None if self.container.ready.is_set() else "the program has not said that it is ready"

    async def _execute(self, machine: Machine, words: list[str]) -> str | None:
        if not words:
            return None
        try:
            code, printed = await machine.execute(words)
        except NotStartedError as error:
            return str(error)
        return None if code == 0 else printed.rstrip("\n") or f"command exited with code {code}"

    async def _get(self, http: Object) -> str | None:
        host = http.get("host") or self.container.pod_ip
        scheme, port, path = (http.get("scheme") or "HTTP").lower(), self._port(http["port"]), http.get("path") or "/"
        url = URL(f"{scheme}://{host}:{port}{path}")
        headers = [(row["name"], row["value"]) for row in http.get("httpHeaders") or ()]
        try:
            answer = await exchange(await self._dial(http), url, headers)
            for _ in range(_REDIRECTS):
                further = _redirected(answer, url)
                if further is None:
                    break
                url = further
                answer = await exchange(await self._fabric.dial(str(url.host), url.port or port), url, headers)
            else:
                return f'Get "{url}": stopped after {_REDIRECTS} redirects'
        except OSError as error:
            return f'Get "{url}": {error.strerror or error}'
        return None if 200 <= answer.status < 400 else f"HTTP probe failed with statuscode: {answer.status}"

    async def _dial(self, target: Object) -> socket:
        host = target.get("host") or self.container.pod_ip
        return await self._fabric.dial(host, self._port(target["port"]))

    def _port(self, port: int | str) -> int:
        if isinstance(port, int) or port.isdigit():
            return int(port)
        if port not in self._ports:
            raise OSError(f"strconv.Atoi: parsing {port!r}: invalid syntax")
        return self._ports[port]


def _redirected(answer: Answer, url: URL) -> URL | None:
    """Where an answer sends a probe to; nowhere, if that is another host, which says nothing of this one."""
    location = answer.header("Location") if answer.status in (301, 302, 303, 307, 308) else None
    further = url.join(URL(location)) if location else None
    return further if further is not None and further.host == url.host else None
