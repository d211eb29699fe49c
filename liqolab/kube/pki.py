"""A cluster's certificates: one authority, elliptic keys (a P-256 key takes a thousandth of a second to make, an RSA
key thirty times as long), valid from five minutes ago because clocks of virtual machines differ.
"""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from liqolab.controller.tls import unverified_tls
from liqolab.kube.config import write_private

_CA_DAYS: Final = 3650
_LEAF_DAYS: Final = 365
_SKEW: Final = timedelta(minutes=5)

USAGES: Final = {
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes


def _name(common_name: str, organizations: Iterable[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, text) for text in organizations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


class Authority:
    """The cluster's CA."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)
        """The CA certificate: what goes into kubeconfigs and ``kube-root-ca.crt``."""
        self.key_pem = _key_pem(key)

    @classmethod
    def create(cls, common_name: str) -> Authority:
        """A new authority with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        name = _name(common_name)
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + timedelta(days=_CA_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        return cls(builder.sign(key, hashes.SHA256()), key)

    def save(self, folder: Path) -> None:
        write_private(folder / "ca.key", self.key_pem)
        write_private(folder / "ca.crt", self.pem)

    @classmethod
    def load(cls, folder: Path) -> Authority:
        """The authority saved in `folder`.

        Raises:
            OSError, ValueError: it cannot be read.
        """
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
        return cls(certificate, cast("ec.EllipticCurvePrivateKey", key))

    def issue(
        self,
        common_name: str,
        organizations: Iterable[str] = (),
        *,
        hosts: Iterable[str] = (),
        usages: Iterable[str] = ("client auth",),
    ) -> KeyPair:
        """A certificate with a new key.

        Args:
            common_name: the user, or the server's name.
            organizations: the user's groups.
            hosts: names and addresses of a server.
            usages: of `USAGES`.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(common_name, organizations)
        certificate = self._sign(subject, key.public_key(), hosts, usages, timedelta(days=_LEAF_DAYS))
        return KeyPair(certificate, _key_pem(key))

    def sign_request(self, request: bytes, usages: Iterable[str], lifetime: timedelta) -> bytes:
        """The certificate (PEM) for a PEM certificate signing request: its subject and hosts, these usages.

        Raises:
            ValueError: the request cannot be read or is not signed by its own key.
        """
        wanted = x509.load_pem_x509_csr(request)
        if not wanted.is_signature_valid:
            raise ValueError("the certificate request is not signed by its own key")
        hosts: list[x509.GeneralName] = []
        with contextlib.suppress(x509.ExtensionNotFound):
            hosts = list(wanted.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        return self._sign(wanted.subject, wanted.public_key(), hosts, usages, lifetime)

    def _sign(
        self,
        subject: x509.Name,
        key: CertificatePublicKeyTypes,
        hosts: Iterable[str | x509.GeneralName],
        usages: Iterable[str],
        lifetime: timedelta,
    ) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + lifetime)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        purposes = [USAGES[usage] for usage in usages if usage in USAGES]
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        names = [_host(host) if isinstance(host, str) else host for host in hosts]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Pki:
    """All key material of a cluster, in its ``pki`` folder: made at the first start, read at later ones."""

    def __init__(self, folder: Path, cluster: str, hosts: Iterable[str]) -> None:
        """Load or make everything.

        Args:
            folder: ``DIR/pki``.
            cluster: the cluster's name, for the authority's.
            hosts: names and addresses under which the API server is reached.

        Raises:
            OSError, ValueError: a file cannot be read or written.
        """
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / "ca.crt").exists():
            self.authority = Authority.load(folder)
        else:
            self.authority = Authority.create(f"{cluster}-ca")
            self.authority.save(folder)
        both = ("server auth", "client auth")
        hosts = list(hosts)
        self.server = self._pair("apiserver", "kube-apiserver", (), hosts, both)
        self._pair("kubelet", f"system:nodes:{cluster}", ("system:nodes",), hosts, ("server auth",))
        self.admin = self._pair("admin", "kubernetes-admin", ("system:masters",), (), ("client auth",))
        client = ("client auth",)
        self.kubelet_client = self._pair("apiserver-kubelet-client", "kube-apiserver", ("system:masters",), (), client)

    def _pair(
        self, name: str, common_name: str, organizations: Iterable[str], hosts: Iterable[str], usages: Iterable[str]
    ) -> KeyPair:
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if certificate.exists() and key.exists():
            return KeyPair(certificate.read_bytes(), key.read_bytes())
        pair = self.authority.issue(common_name, organizations, hosts=hosts, usages=usages)
        write_private(key, pair.key)
        write_private(certificate, pair.certificate)
        return pair

    def server_context(self) -> ssl.SSLContext:
        """TLS of the API server: client certificates of the own authority are verified, and optional."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.folder / "apiserver.crt", self.folder / "apiserver.key")
        context.load_verify_locations(cadata=self.authority.pem.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def kubelet_server_context(self) -> ssl.SSLContext:
        """TLS of the nodes' kubelets: clients of the own authority are verified, and optional."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.folder / "kubelet.crt", self.folder / "kubelet.key")
        context.load_verify_locations(cadata=self.authority.pem.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def kubelet_context(self) -> ssl.SSLContext:
        """TLS towards kubelets: the API server shows who it is, and takes any kubelet's certificate (as it does by
        default everywhere: virtual kubelets sign their own).
        """
        context = unverified_tls()
        context.load_cert_chain(
            self.folder / "apiserver-kubelet-client.crt", self.folder / "apiserver-kubelet-client.key"
        )
        return context
