"""What a mode of agnhost is given, and how it speaks and serves."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from liqolab.apimachinery import clock
from liqolab.certificates import SERVER, Authority
from liqolab.controller.dialing import Handler, shut_down
from liqolab.kube.node.fabric import Factory
from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine
from liqolab.program import Container

_OWN = ("/localhost.crt", "/localhost.key")
"""Where the image has a certificate and its key."""


class FatalError(Exception):
    """The mode ends with code 1 and this as its last line."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a mode.

    Attributes:
        machine: the container.
        call: the command: its words, and where its output goes.
        options: flag → value.
        words: what stands beside the flags.
    """

    machine: Machine
    call: Invocation
    options: dict[str, Any]
    words: list[str]

    @property
    def container(self) -> Container:
        return self.machine.container

    @property
    def hostname(self) -> str:
        return self.machine.identity.hostname

    async def say(self, text: str) -> None:
        await self.call.stdout.write(text.encode())

    async def log(self, text: str) -> None:
        """A line as Go's `log` writes it."""
        await self.call.stderr.write(f"{clock.utc():%Y/%m/%d %H:%M:%S} {text}\n".encode())

    async def klog(self, text: str, source: str) -> None:
        """A line as Kubernetes' own logger writes it."""
        await self.call.stderr.write(f"I{clock.utc():%m%d %H:%M:%S.%f}       1 {source}] {text}\n".encode())

    def read(self, path: str) -> bytes:
        """A file of the container.

        Raises:
            FatalError: it is not there.
        """
        content = self.machine.read(path)
        if content is None:
            raise FatalError(f"open {path}: no such file or directory")
        return content

    def tls(self) -> ssl.SSLContext:
        """A server's settings, with the certificate that the flags name."""
        certificate, key = self.options["tls-cert-file"], self.options["tls-private-key-file"]
        if (certificate, key) == _OWN and self.machine.read(key) is None:
            return own_tls()
        return server_tls(self.read(key) + b"\n" + self.read(certificate))

    async def serve(
        self, stack: AsyncExitStack, port: int, handler: Handler, tls: ssl.SSLContext | None = None
    ) -> None:
        """Answer HTTP until the stack is left.

        Raises:
            FatalError: the port is taken in this pod.
        """
        server = web.Server(handler, access_log=None)
        stack.push_async_callback(shut_down, server)
        await self.listen(stack, port, server, tls)

    async def listen(
        self, stack: AsyncExitStack, port: int, factory: Factory, tls: ssl.SSLContext | None = None
    ) -> None:
        """Accept connections until the stack is left.

        Raises:
            FatalError: the port is taken in this pod.
        """
        try:
            stack.callback(await self.container.network.listen(port, factory, tls))
        except OSError as error:
            raise FatalError(str(error.strerror or error)) from error


def as_json(mapping: Mapping[str, Any]) -> str:
    """A mapping as Go writes it: its keys in order, without spaces."""
    return orjson.dumps(mapping, option=orjson.OPT_SORT_KEYS).decode()


def own_tls() -> ssl.SSLContext:
    """A server's settings, with a certificate like the one that the image brings along."""
    pair = Authority.create("agnhost").issue("localhost", hosts=["localhost", "127.0.0.1"], usages=SERVER)
    return server_tls(pair.key + b"\n" + pair.certificate)


def server_tls(pair: bytes) -> ssl.SSLContext:
    """TLS settings of a server with this key and certificate (PEM, one after the other)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pair.pem")
        file.touch(mode=0o600)
        file.write_bytes(pair)
        context.load_cert_chain(file)
    return context
