"""Keys and certificates, as PEM, for the embedded clusters and for Liqo: authorities, what they sign, and servers that
answer for themselves.

All of them pass OpenSSL's strict reading of RFC 5280, which Python applies from 3.13 on: whoever signs is named by its
key's identifier, authorities say in critical extensions that they are some, usages are spelt out.

Keys are elliptic (a P-256 key takes a thousandth of a second to make, an RSA key thirty times as long); certificates
are valid from five minutes ago because clocks of virtual machines differ.

`cryptography` takes longer to import than most commands run: they import this module where they need it.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER: Final = ("digital signature", "server auth")
"""Usages of a server with an elliptic key."""

CLIENT: Final = ("digital signature", "client auth")

TEN_YEARS: Final = timedelta(days=3650)
ONE_YEAR: Final = timedelta(days=365)

_SKEW: Final = timedelta(minutes=5)

_KEY_USAGES: Final = {
    "signing": "digital_signature",
    "digital signature": "digital_signature",
    "content commitment": "content_commitment",
    "key encipherment": "key_encipherment",
    "data encipherment": "data_encipherment",
    "key agreement": "key_agreement",
    "cert sign": "key_cert_sign",
    "crl sign": "crl_sign",
    "encipher only": "encipher_only",
    "decipher only": "decipher_only",
}
_EXTENDED_USAGES: Final = {
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp signing": ExtendedKeyUsageOID.OCSP_SIGNING,
}

OwnKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """A certificate authority: its certificate, and the key that it signs with."""

    def __init__(self, certificate: x509.Certificate, key: CertificateIssuerPrivateKeyTypes) -> None:
        self._certificate = certificate
        self._key = key
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)
        """The certificate: what goes into kubeconfigs, ``kube-root-ca.crt`` and ``caBundle``."""
        self.key_pem = private_pem(key)

    @classmethod
    def create(cls, common_name: str) -> Authority:
        """A new authority with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        name, public = subject_name(common_name), key.public_key()
        builder = _builder(name, public, issuer=name, signed_by=_identifier(public), until=_now() + TEN_YEARS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return cls(_signed(_with_usages(builder, ("digital signature", "cert sign", "crl sign")), key), key)

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> Authority:
        """The authority of a certificate and its key.

        Raises:
            ValueError: they cannot be read.
        """
        loaded = serialization.load_pem_private_key(key, None)
        return cls(x509.load_pem_x509_certificate(certificate), cast(CertificateIssuerPrivateKeyTypes, loaded))

    def issue(
        self,
        common_name: str,
        organizations: Iterable[str] = (),
        *,
        hosts: Iterable[str] = (),
        usages: Iterable[str] = CLIENT,
        lifetime: timedelta = ONE_YEAR,
    ) -> KeyPair:
        """A certificate with a new key.

        Args:
            common_name: the user, or the server's name.
            organizations: the user's groups.
            hosts: names and addresses of a server.
            usages: as the certificates API spells them.
            lifetime: from now; not beyond the authority's own.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        names = [_host(host) for host in hosts]
        certificate = self._sign(subject_name(common_name, organizations), key.public_key(), names, usages, lifetime)
        return KeyPair(certificate, private_pem(key))

    def sign_request(self, wanted: x509.CertificateSigningRequest, usages: Iterable[str], lifetime: timedelta) -> bytes:
        """The certificate (PEM) for a request that has been checked: its subject, key and hosts, these usages."""
        hosts: Iterable[x509.GeneralName] = ()
        with contextlib.suppress(x509.ExtensionNotFound):
            hosts = wanted.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return self._sign(wanted.subject, wanted.public_key(), hosts, usages, lifetime)

    def _sign(
        self,
        subject: x509.Name,
        key: CertificatePublicKeyTypes,
        hosts: Iterable[x509.GeneralName],
        usages: Iterable[str],
        lifetime: timedelta,
    ) -> bytes:
        own = self._certificate
        try:
            # As the certificate has it: an authority that was made elsewhere may count it in another way.
            identifier = own.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        except x509.ExtensionNotFound:
            identifier = _identifier(own.public_key())
        until = min(_now() + lifetime, own.not_valid_after_utc)
        builder = _builder(subject, key, issuer=own.subject, signed_by=identifier, until=until)
        certificate = _signed(_with_usages(_as_leaf(builder, subject, hosts), usages), self._key)
        return certificate.public_bytes(serialization.Encoding.PEM)


def self_signed(common_name: str, key: OwnKey | None = None) -> KeyPair:
    """The certificate of a server whose clients know it by other means than an authority.

    Args:
        common_name: what the certificate calls the server.
        key: its key; a fresh P-256 one by default, which every TLS client understands.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    public, name = key.public_key(), subject_name(common_name)
    builder = _builder(name, public, issuer=name, signed_by=_identifier(public), until=_now() + TEN_YEARS)
    certificate = _signed(_with_usages(_as_leaf(builder, name, [_host(common_name)]), SERVER), key)
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM), private_pem(key))


def signing_request(key: OwnKey, common_name: str, organizations: Iterable[str] = ()) -> bytes:
    """A request (PEM) for a certificate of this subject."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_name(common_name, organizations))
    return builder.sign(key, _digest(key)).public_bytes(serialization.Encoding.PEM)


def subject_name(common_name: str, organizations: Iterable[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, text) for text in organizations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def private_pem(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    """PKCS#8, unencrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _identifier(key: CertificatePublicKeyTypes) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key)


def _builder(
    subject: x509.Name,
    key: CertificatePublicKeyTypes,
    *,
    issuer: x509.Name,
    signed_by: x509.SubjectKeyIdentifier,
    until: datetime,
) -> x509.CertificateBuilder:
    """What every certificate has."""
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signed_by)
    return (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
        .not_valid_before(_now() - _SKEW)
        .not_valid_after(until)
        .add_extension(_identifier(key), critical=False)
        .add_extension(authority, critical=False)
    )


def _as_leaf(
    builder: x509.CertificateBuilder, subject: x509.Name, hosts: Iterable[x509.GeneralName]
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    names = list(hosts)
    if names:
        # Where the subject is empty, the names are all that says whose certificate it is.
        nameless = not list(subject)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=nameless)
    return builder


def _with_usages(builder: x509.CertificateBuilder, usages: Iterable[str]) -> x509.CertificateBuilder:
    wanted = frozenset(usages)
    bits = dict.fromkeys(_KEY_USAGES.values(), False)
    bits.update((_KEY_USAGES[usage], True) for usage in wanted & _KEY_USAGES.keys())
    if not bits["key_agreement"]:
        # Both have a meaning together with key agreement only.
        bits["encipher_only"] = bits["decipher_only"] = False
    if any(bits.values()):
        builder = builder.add_extension(x509.KeyUsage(**bits), critical=True)
    purposes = [oid for usage, oid in _EXTENDED_USAGES.items() if usage in wanted]
    return builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False) if purposes else builder


def _signed(builder: x509.CertificateBuilder, key: CertificateIssuerPrivateKeyTypes) -> x509.Certificate:
    return builder.sign(key, _digest(key))


def _digest(key: CertificateIssuerPrivateKeyTypes) -> hashes.SHA256 | None:
    """Edwards keys bring the digest along."""
    return hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None
