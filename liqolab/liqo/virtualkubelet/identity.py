"""The identity towards the provider, as the Secret in the tenant namespace has it now.

A provider that was reinstalled, or whose certificate ran out, grants a new one; the client of the provider then goes on
with that, and what was under way is tried again by whoever asked for it.
"""

from __future__ import annotations

import asyncio
import logging
from socket import socket

from liqolab.apimachinery.builtin import SECRETS
from liqolab.controller.dialing import Dial
from liqolab.controller.http import HttpClient
from liqolab.controller.informer import Informer
from liqolab.liqo.gen05 import names
from liqolab.liqo.identity import secrets
from liqolab.liqo.identity.proxy import through_proxy
from liqolab.liqo.identity.secrets import Identity
from liqolab.liqo.virtualkubelet.pair import Pair
from liqolab.program import Container

_log = logging.getLogger(__name__)


class IdentityKeeper:
    """Run `run` as a task; `client` then gives the client of the provider, once and for all."""

    def __init__(self, local: HttpClient, pair: Pair, container: Container) -> None:
        self._container = container
        self._identity: Identity | None = None
        self._granted = asyncio.Event()
        self._renewed = asyncio.Event()
        self._client: HttpClient | None = None
        selector = f"{secrets.SELECTOR},{names.LABEL_CERTIFICATE_AVAILABLE}=true"
        self._secrets = Informer(local, SECRETS, pair.tenant, labels=selector)
        self._secrets.add_handler(lambda *_: self._seen())

    async def run(self) -> None:
        """Follow the Secret until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._secrets.run())
            while True:
                await self._renewed.wait()
                self._renewed.clear()
                if self._client is not None and self._identity is not None:
                    _log.info("the provider has granted a new identity")
                    await self._client.renew(self._identity.access)

    async def client(self) -> HttpClient:
        """A client of the provider, as soon as there is an identity for it."""
        await self._granted.wait()
        assert self._identity is not None
        self._client = HttpClient(self._identity.access, dial=self._dial, user_agent=self._container.name)
        return self._client

    def _seen(self) -> None:
        """A Secret that is gone, or being renewed, leaves what was known of it in force."""
        secret = secrets.oldest(self._secrets.list())
        identity = secrets.read(secret) if secret is not None else self._identity
        if identity != self._identity:
            self._identity = identity
            (self._granted if self._client is None else self._renewed).set()

    async def _dial(self, host: str, port: int) -> socket:
        dial: Dial = self._container.network.dial
        if self._identity is not None and self._identity.proxy_url:
            dial = through_proxy(dial, self._identity.proxy_url)
        return await dial(host, port)
