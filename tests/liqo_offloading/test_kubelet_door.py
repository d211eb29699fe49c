"""The virtual kubelet's own port: whom it answers, by certificate."""

from __future__ import annotations

import datetime
import ssl

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from liqolab.controller.client import Client
from liqolab.controller.dialing import serve, shut_down
from liqolab.controller.hostnet import HostNetwork
from liqolab.controller.tls import unverified_tls
from liqolab.liqo.virtualkubelet.kubelet import KubeletServer, kubelet_tls

NODE = "liqo-naples"


class Pods:
    def list(self):
        return []


class ApiServer(Client):
    """Lets administrators do everything and others nothing."""

    async def answer(self, call):
        body = call.body
        attributes = body["spec"]["resourceAttributes"]
        assert attributes == {"verb": "get", "resource": "nodes", "subresource": "proxy", "name": NODE}
        return {"status": {"allowed": "system:masters" in body["spec"]["groups"]}}

    def events(self, call):
        raise NotImplementedError


def issue(folder, name, organization, authority=None):
    """Certificate and key in one file; signed by itself if there is no `authority` (name, key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    oids = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, name))
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in oids])
    issuer, signer = authority or (subject, key)
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / f"{name}.pem"
    file.write_bytes(private + certificate.public_bytes(pem))
    return file, (subject, key)


@pytest.fixture
async def door(tmp_path):
    """Asks the kubelet for its pods with a certificate for (name, organization), or without one."""
    authority_file, authority = issue(tmp_path, "authority", "kubernetes")
    network = HostNetwork()
    handler = KubeletServer((ApiServer(), None), None, Pods(), NODE).handle
    server = await serve(network, 10250, handler, kubelet_tls(NODE, authority_file))

    async def ask(name="", organization="", path="/pods"):
        tls = unverified_tls()
        if name:
            tls.load_cert_chain(issue(tmp_path, name, organization, authority)[0])
        url = f"https://127.0.0.1:{network.ports[10250]}{path}"
        async with aiohttp.ClientSession() as session, session.get(url, ssl=tls) as answer:
            return answer.status

    yield ask
    await shut_down(server)
    await network.close()


async def test_the_api_server_is_answered(door):
    assert await door("kube-apiserver", "system:masters") == 200


async def test_a_peer_is_not_although_it_has_a_certificate_of_this_cluster(door):
    assert await door("53d11339-fc85-4741-a912-a3eda781a69e", "liqo.io") == 403
    assert await door("53d11339-fc85-4741-a912-a3eda781a69e", "liqo.io", "/containerLogs/a/b/c") == 403


async def test_nobody_is_not(door):
    with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
        await door()
