"""The key pair of a gateway, as kept in its Secret and published in NetworkConfigs."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names

PUBLIC_KEY = names.BACKEND_PUBLIC_KEY
PRIVATE_KEY = "privateKey"


@dataclass(frozen=True, slots=True)
class GatewayKey:
    """An Ed25519 key pair."""

    private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> GatewayKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_secret(cls, secret: Object) -> GatewayKey:
        """Raises KeyError or ValueError when the Secret holds no key."""
        raw = meta.secret_value(secret, PRIVATE_KEY)
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(raw)))

    @property
    def public(self) -> str:
        """The public key as 44 base64 characters, the form that WireGuard's keys have."""
        return encode_public(self.private.public_key())

    def to_secret(self, namespace: str) -> Object:
        """The Secret that keeps the pair in Liqo's namespace."""
        raw = self.private.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        return SECRETS.manifest(
            names.WIREGUARD_SECRET,
            namespace,
            labels={names.LABEL_NETWORK_KEY: names.NETWORK_KEY_WIREGUARD},
            type="Opaque",
            data=meta.secret_data({PRIVATE_KEY: base64.b64encode(raw), PUBLIC_KEY: self.public.encode()}),
        )


def public_in_secret(secret: Object) -> str | None:
    """The public key in a gateway's Secret, if it is there."""
    return meta.secret_value(secret, PUBLIC_KEY, b"").decode() or None


def encode_public(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def public_of_certificate(der: bytes) -> str | None:
    """The key that a TLS peer's certificate certifies; None if it is of another kind."""
    key = x509.load_der_x509_certificate(der).public_key()
    return encode_public(key) if isinstance(key, Ed25519PublicKey) else None


def is_signed_by(public: str, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made with the private key of `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
