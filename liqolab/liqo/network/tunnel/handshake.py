"""How two gateways make sure of each other, once TLS stands between them.

The accepting gateway proves its key as a TLS server does; the dialling one compares the certificate's key with the one
that the NetworkConfig told. The dialling gateway then signs a challenge together with the accepting gateway's key, so
that its signature is of no use towards anybody else. Neither side asks a certificate authority.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import ssl
from collections.abc import Callable
from typing import Any

import orjson

from liqolab.liqo.network.tunnel.keys import GatewayKey, is_signed_by, public_of_certificate

_PURPOSE = b"liqo tunnel, dialling gateway\0"
_NONCE_BYTES = 32
_LARGEST_MESSAGE = 4096
_SECONDS = 10.0


class HandshakeError(ConnectionError):
    """The peer is not who it should be, or does not know this gateway (yet); the message says which."""


class UnknownPeerError(HandshakeError):
    """The accepting gateway has no TunnelEndpoint for the dialling one; usually a matter of moments."""


async def dial(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: GatewayKey, local_id: str, peer_public: str
) -> None:
    """The dialling side.

    Args:
        reader: of the TLS connection.
        writer: of the TLS connection.
        key: this gateway's.
        local_id: this cluster.
        peer_public: the key that the peer must have.

    Raises:
        HandshakeError: it has another one, or refuses this gateway.
        OSError: the connection broke.
    """
    async with asyncio.timeout(_SECONDS):
        tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls else None
        if certificate is None or public_of_certificate(certificate) != peer_public:
            raise HandshakeError("the peer's gateway has another key than its NetworkConfig says")
        nonce = await _receive(reader, "nonce")
        signature = key.private.sign(_message(base64.b64decode(nonce), peer_public))
        await _send(writer, {"clusterID": local_id, "signature": base64.b64encode(signature).decode()})
        verdict = await _receive(reader, "verdict")
    if verdict == "unknown":
        raise UnknownPeerError("the peer's gateway does not know this cluster yet")
    if verdict != "welcome":
        raise HandshakeError(f"the peer's gateway refuses this cluster: {verdict}")


async def accept(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    key: GatewayKey,
    public_of: Callable[[str], str | None],
) -> str:
    """The accepting side; returns the ID of the cluster that dialled.

    Args:
        reader: of the TLS connection.
        writer: of the TLS connection.
        key: this gateway's.
        public_of: the key that the gateway of a cluster must have; None for a cluster that is no peer.

    Raises:
        HandshakeError: not a peer, or not its key.
        OSError: the connection broke.
    """
    async with asyncio.timeout(_SECONDS):
        nonce = secrets.token_bytes(_NONCE_BYTES)
        await _send(writer, {"nonce": base64.b64encode(nonce).decode()})
        document = await _document(reader)
        cluster_id, signature = str(document.get("clusterID")), str(document.get("signature"))
        public = public_of(cluster_id)
        if public is None:
            await _send(writer, {"verdict": "unknown"})
            raise UnknownPeerError(f'cluster "{cluster_id}" is no peer')
        if not is_signed_by(public, _message(nonce, key.public), base64.b64decode(signature)):
            await _send(writer, {"verdict": "the key is not the one in its NetworkConfig"})
            raise HandshakeError(f'the gateway of cluster "{cluster_id}" has another key than its NetworkConfig says')
        await _send(writer, {"verdict": "welcome"})
    return cluster_id


def _message(nonce: bytes, accepting_public: str) -> bytes:
    return _PURPOSE + nonce + accepting_public.encode()


async def _send(writer: asyncio.StreamWriter, document: dict[str, str]) -> None:
    body = orjson.dumps(document)
    writer.write(len(body).to_bytes(4) + body)
    await writer.drain()


async def _document(reader: asyncio.StreamReader) -> dict[str, Any]:
    try:
        length = int.from_bytes(await reader.readexactly(4))
        if length > _LARGEST_MESSAGE:
            raise HandshakeError("the peer speaks another protocol")
        document = orjson.loads(await reader.readexactly(length))
    except asyncio.IncompleteReadError as error:
        raise HandshakeError("the peer hung up during the handshake") from error
    except orjson.JSONDecodeError as error:
        raise HandshakeError("the peer speaks another protocol") from error
    return document if isinstance(document, dict) else {}


async def _receive(reader: asyncio.StreamReader, field: str) -> str:
    return str((await _document(reader)).get(field, ""))
