"""Every certificate that clusters with Liqo hand out holds to RFC 5280 as Python reads it from 3.13 on, whatever Python
plays this.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from liqolab.apimachinery.builtin import MUTATING_WEBHOOKS, NODES, SECRETS, SERVICES, VALIDATING_WEBHOOKS
from liqolab.certificates import SERVER, Authority, self_signed
from liqolab.controller import kubeconfig
from liqolab.controller.tls import show_certificate
from liqolab.liqo.exposure import endpoint
from liqolab.liqo.gen05 import names
from liqolab.liqo.identity import secrets
from tests.careless import careless_server

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("peering")]

LOCAL = "kubernetes.default.svc"


def strict(authority: bytes, protocol: int = ssl.PROTOCOL_TLS_CLIENT) -> ssl.SSLContext:
    """A context that trusts `authority` (PEM) alone and demands a faultless certificate of the other side."""
    context = ssl.SSLContext(protocol)
    context.load_verify_locations(cadata=authority.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Let two contexts meet without a network; raises SSLError when one does not like the other."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(down, up, server_hostname=name),
        server.wrap_bio(up, down, server_side=True),
    ]
    while ends:
        for end in tuple(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)


def check_server(authority: bytes, certificate: bytes, key: bytes, name: str) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    show_certificate(server, certificate, key)
    shake_hands(server, strict(authority), name)


def check_client(authority: bytes, certificate: bytes, key: bytes) -> None:
    own = self_signed("server")
    server = strict(authority, ssl.PROTOCOL_TLS_SERVER)
    show_certificate(server, own.certificate, own.key)
    client = strict(own.certificate)
    show_certificate(client, certificate, key)
    shake_hands(server, client, "server")


async def meet(address: str, port: int, client: ssl.SSLContext, name: str | None = None) -> None:
    _, writer = await asyncio.open_connection(address, port, ssl=client, server_hostname=name)
    # Not closed in peace: a gateway greets at once, and nobody reads it.
    writer.transport.abort()


def files(cluster: Any, name: str) -> tuple[bytes, bytes]:
    folder: Path = cluster.process.folder / "pki"
    return (folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes()


def test_this_test_refuses_a_certificate_that_does_not_name_the_key_which_signed_it() -> None:
    authority, pair = careless_server("server")
    with pytest.raises(ssl.SSLCertVerificationError):
        check_server(authority, pair.certificate, pair.key, "server")
    careful = Authority.create("authority")
    pair = careful.issue("server", hosts=["server"], usages=SERVER)
    check_server(careful.pem, pair.certificate, pair.key, "server")


async def test_servers_and_clients_of_the_cluster(naples: Any) -> None:
    authority, _ = files(naples, "ca")
    address = json.loads((naples.process.folder / "run.json").read_text())["nodeAddress"]
    for name in ("apiserver", "kubelet"):
        for host in (address, "127.0.0.1", "naples-control-plane", LOCAL):
            check_server(authority, *files(naples, name), host)
    for name in ("apiserver", "apiserver-kubelet-client", "admin"):
        check_client(authority, *files(naples, name))


async def test_the_api_server_answers_whoever_is_strict(naples: Any) -> None:
    access = kubeconfig.load(naples.process.folder / "kubeconfig")
    client = strict(access.ca)
    show_certificate(client, access.certificate, access.key)
    host, port = access.server.removeprefix("https://").rsplit(":", 1)
    await meet(host, int(port), client)


async def test_webhooks(naples: Any) -> None:
    secret = await naples.client.get(SECRETS, names.WEBHOOK_CERTIFICATE_SECRET, names.LIQO_NAMESPACE)
    certificate, key = (base64.b64decode(secret["data"][name]) for name in ("tls.crt", "tls.key"))
    checked = set()
    for resource in (MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS):
        for configuration in (await naples.client.list(resource)).items:
            for webhook in configuration["webhooks"]:
                client = webhook["clientConfig"]
                host = "{name}.{namespace}.svc".format(**client["service"])
                check_server(base64.b64decode(client["caBundle"]), certificate, key, host)
                checked.add(resource)
    assert len(checked) == 2


async def test_identities_that_a_peer_has_signed(venice: Any, naples: Any) -> None:
    await venice.peered_with(naples)
    tenant = await venice.tenant(naples)
    found = (await venice.client.list(SECRETS, tenant)).items
    (secret,) = [item for item in found if names.IDENTITY_CERTIFICATE in item["data"] and secrets.is_complete(item)]
    identity = secrets.read(secret)
    authority, _ = files(naples, "ca")
    check_client(authority, identity.access.certificate, identity.access.key)


@pytest.mark.parametrize("service", [names.AUTH, names.GATEWAY])
async def test_servers_that_answer_for_themselves(naples: Any, service: str) -> None:
    """The tunnel's and the authentication's: their own certificate is what a client may hold them to."""
    found = await naples.client.get(SERVICES, service, names.LIQO_NAMESPACE)
    address, port = endpoint(found, (await naples.client.list(NODES)).items)
    pem = await asyncio.to_thread(ssl.get_server_certificate, (address, port))
    await meet(address, port, strict(pem.encode()), service)
