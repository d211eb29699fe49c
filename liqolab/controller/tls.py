"""TLS contexts of clients; apart from the clients, so that those that start in milliseconds import little."""

from __future__ import annotations

import ssl
import tempfile
from asyncio.sslproto import SSLProtocol
from typing import Final
from urllib.parse import urlsplit

from liqolab.controller.kubeconfig import Access

_BUFFER_BYTES: Final = 16 * 1024
"""A TLS record."""


def limit_buffers() -> None:
    """Let TLS connections of this process make do with small read buffers.

    asyncio gives each connection 256 KiB at once and for good. In a cluster both ends of some fifty connections, nearly
    all of them idle watches, live in one process: that would be a quarter of its memory.
    """
    SSLProtocol.max_size = _BUFFER_BYTES


def client_tls(access: Access) -> ssl.SSLContext | None:
    """The TLS side of an `Access`; None for plain HTTP servers."""
    if urlsplit(access.server).scheme != "https":
        return None
    if access.insecure:
        context = unverified_tls()
    else:
        # As strict as this Python is: the official client is as well, and both are to find the same clusters in order.
        context = ssl.create_default_context(cadata=access.ca.decode() if access.ca else None)
    if access.certificate and access.key:
        show_certificate(context, access.certificate, access.key)
    return context


def show_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Let the connections of `context` say who they are; certificate and key are PEM."""
    # The ssl module loads keys from files only; this one is private and gone at once.
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate.rstrip() + b"\n" + key)
        file.flush()
        context.load_cert_chain(file.name)


def unverified_tls() -> ssl.SSLContext:
    """For servers whose certificate is checked by other means (a token, a pinned key) or not at all, as Liqo's
    ``insecureSkipTLSVerify`` says.
    """
    # Not create_default_context: it would load the machine's CA bundle, megabytes that nobody will look at.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
