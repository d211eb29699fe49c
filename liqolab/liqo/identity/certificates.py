"""Keys, signing requests and self-signed server certificates, as PEM.

Keys are Ed25519: tiny, and their signatures need no random numbers.
"""

from __future__ import annotations

import ssl

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from liqolab.apimachinery import clock
from liqolab.apimachinery.timestamps import format_time
from liqolab.certificates import OwnKey, private_pem, self_signed, signing_request, subject_name
from liqolab.controller.tls import show_certificate
from liqolab.liqo.gen05.names import IDENTITY_ORGANIZATION


def new_identity_request(cluster_id: str) -> tuple[bytes, bytes]:
    """A fresh private key, and the request for a certificate that says "I am `cluster_id`"."""
    key = Ed25519PrivateKey.generate()
    return private_pem(key), signing_request(key, cluster_id, [IDENTITY_ORGANIZATION])


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
    if sorted(request.subject, key=str) != sorted(subject_name(cluster_id, [IDENTITY_ORGANIZATION]), key=str):
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
    return clock.utc() > end - (end - start) / 10


def self_signed_server_tls(common_name: str, key: OwnKey | None = None) -> ssl.SSLContext:
    """A TLS context for a server whose clients know it by other means than a certificate authority.

    Args:
        common_name: what the certificate calls the server.
        key: its key; a fresh P-256 one by default.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = self_signed(common_name, key)
    show_certificate(context, pair.certificate, pair.key)
    return context
