"""The tunnels of a gateway, one link a peer.

Of two gateways the one with the lower cluster ID dials, so that there is one connection and no contest; the other one
waits. A link that breaks is dialled again with growing pauses, for as long as its TunnelEndpoint exists.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from socket import socket

from liqolab.apimachinery.resources import Object
from liqolab.controller.dialing import Dial
from liqolab.controller.tls import unverified_tls
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.network.tunnel import handshake
from liqolab.liqo.network.tunnel.handshake import HandshakeError, UnknownPeerError
from liqolab.liqo.network.tunnel.keys import GatewayKey
from liqolab.liqo.network.tunnel.session import Session

Open = Callable[[str, str, int, str], Awaitable[socket]]
"""Opens (peer ID, address, port, who dials) in this cluster on behalf of a peer; raises OSError."""

_FIRST_RETRY_SECONDS = 0.05
_LONGEST_RETRY_SECONDS = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """What a TunnelEndpoint says of the peer's gateway."""

    peer_id: str
    host: str
    port: int
    public_key: str

    @classmethod
    def of(cls, tep: Object) -> Target:
        """Raises KeyError or ValueError when the backend configuration is incomplete."""
        spec = tep["spec"]
        backend = spec["backend_config"]
        return cls(
            peer_id=spec["clusterID"],
            host=spec["endpointIP"],
            port=int(backend[names.BACKEND_PORT]),
            public_key=backend[names.BACKEND_PUBLIC_KEY],
        )


class Link:
    """The tunnel to one peer.

    Attributes:
        target: where the peer's gateway is and which key it has.
        session: the tunnel, while it stands.
        fault: why there is none, if that is no matter of waiting.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.session: Session | None = None
        self.fault = ""
        self.task: asyncio.Task[None] | None = None
        self.carrier: asyncio.Task[None] | None = None

    @property
    def state(self) -> tuple[str, str]:
        """Status and message of a TunnelEndpoint's connection."""
        if self.session is not None:
            return texts.TUNNEL_CONNECTED, texts.TUNNEL_MESSAGES[texts.TUNNEL_CONNECTED]
        if self.fault:
            return texts.TUNNEL_ERROR, self.fault
        return texts.TUNNEL_CONNECTING, texts.TUNNEL_MESSAGES[texts.TUNNEL_CONNECTING]


class Links:
    """All tunnels of this gateway. `run` it before anything else."""

    def __init__(self, local_id: str, key: GatewayKey, dial: Dial, open: Open, changed: Callable[[str], None]) -> None:
        """`changed` is called with a peer's ID whenever its link's state may have changed."""
        self._local_id = local_id
        self._key = key
        self._dial = dial
        self._open = open
        self._changed = changed
        self._links: dict[str, Link] = {}
        self._group = asyncio.TaskGroup()

    async def run(self) -> None:
        """Own the tunnels' tasks until cancelled."""
        async with self._group:
            await asyncio.Event().wait()

    def get(self, peer_id: str) -> Link | None:
        return self._links.get(peer_id)

    async def keep(self, target: Target) -> Link:
        """Keep a tunnel to a peer; one to another address or key of it is replaced."""
        known = self._links.get(target.peer_id)
        if known is not None and known.target == target:
            return known
        await self.drop(target.peer_id)
        link = self._links[target.peer_id] = Link(target)
        if self._local_id < target.peer_id:
            link.task = self._group.create_task(self._keep_dialling(link))
        return link

    async def drop(self, peer_id: str) -> None:
        """Give up the tunnel to a peer."""
        link = self._links.pop(peer_id, None)
        if link is None:
            return
        tasks = [task for task in (link.task, link.carrier) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A gateway has dialled."""
        self._group.create_task(self._accept(reader, writer))

    # --- Dialling ---

    async def _keep_dialling(self, link: Link) -> None:
        pause = _FIRST_RETRY_SECONDS
        while True:
            try:
                reader, writer = await self._reach(link.target)
            except UnknownPeerError:
                self._failed(link, "")
            except HandshakeError as error:
                self._failed(link, str(error))
            except OSError as error:
                _log.debug("gateway of %s: %s", link.target.peer_id, error)
                self._failed(link, "")
            else:
                pause = _FIRST_RETRY_SECONDS
                await self._carry(link, Session(reader, writer, self._connector(link), dialled=True))
            # Nothing tells when the peer's gateway can be reached again.
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_RETRY_SECONDS)

    async def _reach(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connected = await self._dial(target.host, target.port)
        try:
            reader, writer = await asyncio.open_connection(
                sock=connected, ssl=unverified_tls(), server_hostname=names.GATEWAY
            )
        except BaseException:
            connected.close()
            raise
        try:
            await handshake.dial(reader, writer, self._key, self._local_id, target.public_key)
        except ValueError as error:
            writer.transport.abort()
            raise HandshakeError("the peer speaks another protocol") from error
        except BaseException:
            writer.transport.abort()
            raise
        return reader, writer

    def _failed(self, link: Link, fault: str) -> None:
        if link.fault != fault:
            link.fault = fault
            self._changed(link.target.peer_id)

    # --- Accepting ---

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer_id = await handshake.accept(reader, writer, self._key, self._public_of)
        except (OSError, ValueError) as error:
            _log.info("a gateway was refused: %s", error)
            writer.transport.abort()
            return
        link = self._links.get(peer_id)
        try:
            if link is not None:
                # The peer has given up the tunnel that it had, or it would not dial.
                before, link.carrier = link.carrier, asyncio.current_task()
                if before is not None:
                    before.cancel()
                    await asyncio.gather(before, return_exceptions=True)
                await self._carry(link, Session(reader, writer, self._connector(link), dialled=False))
        finally:
            writer.transport.abort()

    def _public_of(self, peer_id: str) -> str | None:
        link = self._links.get(peer_id)
        return link.target.public_key if link else None

    # --- Carrying ---

    async def _carry(self, link: Link, session: Session) -> None:
        link.session, link.fault = session, ""
        self._changed(link.target.peer_id)
        try:
            await session.run()
        except ConnectionError as error:
            _log.info("the tunnel to %s broke: %s", link.target.peer_id, error)
        finally:
            if link.session is session:
                link.session = None
                self._changed(link.target.peer_id)

    def _connector(self, link: Link) -> Callable[[str, int, str], Awaitable[socket]]:
        async def connect(host: str, port: int, origin: str) -> socket:
            return await self._open(link.target.peer_id, host, port, origin)

        return connect
