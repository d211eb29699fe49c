"""A certificate as people make them by hand: it works with most programs, and RFC 5280 asks for more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from liqolab.certificates import KeyPair, private_pem, subject_name


def careless_server(host: str) -> tuple[bytes, KeyPair]:
    """An authority's certificate, and a server's that does not say which key has signed it."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name, start = subject_name("authority"), datetime.now(UTC) - timedelta(minutes=5)
    signed = [
        x509.CertificateBuilder(name, subject, public, x509.random_serial_number(), start, start + timedelta(hours=1))
        .add_extension(extension, critical=True)
        .sign(authority_key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        for subject, public, extension in (
            (name, authority_key.public_key(), x509.BasicConstraints(ca=True, path_length=None)),
            (subject_name(host), key.public_key(), x509.SubjectAlternativeName([x509.DNSName(host)])),
        )
    ]
    return signed[0], KeyPair(signed[1], private_pem(key))
