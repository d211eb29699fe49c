"""Signatures of seats (Ed25519) and of the desk (P-256, the key of its TLS certificate), over JSON in one spelling.

That the desk signs with the key of its certificate makes one fingerprint, the one in the code that learners type, vouch
for the connection, for what lies in a shared folder, and for grades long after the class.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_FINGERPRINT = 32
"""Hexadecimal digits of a fingerprint: 128 bits are beyond anybody who looks for a second certificate with the same."""


def canonical(document: Any) -> bytes:
    """The one spelling of a JSON document that is hashed and signed."""
    return json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def digest(document: Any) -> str:
    """SHA-256 of a document, hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def fingerprint(certificate_der: bytes) -> str:
    return hashlib.sha256(certificate_der).hexdigest()[:_FINGERPRINT]


def fingerprint_of_pem(certificate: str) -> str:
    """The fingerprint of a certificate.

    Raises:
        ValueError: it is none.
    """
    loaded = x509.load_pem_x509_certificate(certificate.encode())
    return fingerprint(loaded.public_bytes(serialization.Encoding.DER))


class SeatKey:
    """The secret of one seat; whoever has it can speak for the learner."""

    def __init__(self, key: Ed25519PrivateKey | None = None) -> None:
        self._key = key or Ed25519PrivateKey.generate()
        self.public = self._key.public_key().public_bytes_raw().hex()

    @classmethod
    def load(cls, secret: str) -> SeatKey:
        """The key that `secret` was taken of.

        Raises:
            ValueError: it is damaged.
        """
        return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))

    @property
    def secret(self) -> str:
        return self._key.private_bytes_raw().hex()

    def sign(self, document: Any) -> str:
        return self._key.sign(canonical(document)).hex()


def seat_of(public: str) -> str:
    """The seat's name among seats: it follows from the key, so no seat can take another's."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def signed_by_seat(public: str, document: Any, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), canonical(document))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def sign_as_desk(key_pem: str, document: Any) -> str:
    """The desk's signature, base64 of DER."""
    key = cast(ec.EllipticCurvePrivateKey, serialization.load_pem_private_key(key_pem.encode(), None))
    return base64.b64encode(key.sign(canonical(document), ec.ECDSA(hashes.SHA256()))).decode()


def signed_by_desk(certificate: str, document: Any, signature: str) -> bool:
    try:
        public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        public.verify(base64.b64decode(signature), canonical(document), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
