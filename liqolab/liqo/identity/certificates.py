"""Keys, signing requests and self-signed server certificates, as PEM.

Keys are Ed25519: tiny, and their signatures need no random numbers.
"""

from __future__ import annotations

import ssl
import tempfile
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from liqolab.apimachinery.timestamps import format_time
from liqolab.liqo.gen05.names import IDENTITY_ORGANIZATION

_SERVER_CERTIFICATE_DAYS = 3650


def new_identity_request(cluster_id: str) -> tuple[bytes, bytes]:
    """A fresh private key, and the request for a certificate that says "I am `cluster_id`"."""
    key = Ed25519PrivateKey.generate()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, IDENTITY_ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, cluster_id),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, None)
    return private_pem(key), request.public_bytes(serialization.Encoding.PEM)


def check_identity_request(pem: bytes, cluster_id: str) -> None:
    """Refuse a request that would make its sender anybody but the peer `cluster_id`.

    The signer turns the subject into user and groups, so a wrong subject is an attempt to become somebody else.

    Raises:
        ValueError: unreadable, badly signed, or for another subject.
    """
    try:
        request = x509.load_pem_x509_csr(pem)
    except ValueError as error:
        raise ValueError(f"the certificate signing request cannot be read: {error}") from error
    try:
        signed = request.is_signature_valid
    except InvalidSignature:
        signed = False
    if not signed:
        raise ValueError("the certificate signing request is not signed by its own key")
    subject = [(attribute.oid, attribute.value) for attribute in request.subject]
    expected = [(NameOID.COMMON_NAME, cluster_id), (NameOID.ORGANIZATION_NAME, IDENTITY_ORGANIZATION)]
    if sorted(subject, key=str) != sorted(expected, key=str):
        raise ValueError(
            f'the certificate signing request must be for "O={IDENTITY_ORGANIZATION},CN={cluster_id}", '
            f'not for "{request.subject.rfc4514_string()}"'
        )


def expiry(certificate_pem: bytes) -> str:
    """The end of a certificate's validity, as the API spells times.

    Raises:
        ValueError: no certificate.
    """
    return format_time(x509.load_pem_x509_certificate(certificate_pem).not_valid_after_utc)


def is_running_out(certificate_pem: bytes) -> bool:
    """Whether a certificate is in the last tenth of its life, or past it.

    Raises:
        ValueError: no certificate.
    """
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return datetime.now(UTC) > end - (end - start) / 10


def private_pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS#8, unencrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def self_signed_server_tls(
    common_name: str, key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey | None = None
) -> ssl.SSLContext:
    """A TLS context for a server whose clients know it by other means than a certificate authority.

    Args:
        common_name: what the certificate calls the server.
        key: its key; a fresh P-256 one by default, which every TLS client understands.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=_SERVER_CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(common_name)]), critical=False)
        .sign(key, None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The ssl module loads keys from files only; this one is private and gone at once.
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM) + private_pem(key))
        file.flush()
        context.load_cert_chain(file.name)
    return context
