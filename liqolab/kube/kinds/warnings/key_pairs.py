"""Certificates that do not fit their keys, in the words of Go's ``tls.X509KeyPair``."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

_BLOCK: Final = re.compile(rb"-----BEGIN ([^\n-]+)-----[ \t\r]*\n(.*?)-----END \1-----", re.DOTALL)


def key_pair_problem(certificate: str, key: str) -> str | None:
    """Why two values of a secret are no pair, if so.

    Args:
        certificate: a chain in PEM, base64-encoded as secrets are.
        key: the private key, likewise.
    """
    chain, keys = list(_blocks(certificate)), list(_blocks(key))
    kinds = [kind for kind, _ in chain]
    if "CERTIFICATE" not in kinds:
        if not kinds:
            return "tls: failed to find any PEM data in certificate input"
        if len(kinds) == 1 and kinds[0].endswith("PRIVATE KEY"):
            text = "tls: failed to find certificate PEM data in certificate input, but did find a private key"
            return f"{text}; PEM inputs may have been switched"
        return f'tls: failed to find "CERTIFICATE" PEM block in certificate input {_skipped(kinds)}'
    found = next((data for kind, data in keys if kind == "PRIVATE KEY" or kind.endswith(" PRIVATE KEY")), None)
    kinds = [kind for kind, _ in keys]
    if found is None:
        if not kinds:
            return "tls: failed to find any PEM data in key input"
        if kinds == ["CERTIFICATE"]:
            return "tls: found a certificate rather than a key in the PEM for the private key"
        return f'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input {_skipped(kinds)}'
    return _mismatch(next(data for kind, data in chain if kind == "CERTIFICATE"), found)


def _blocks(encoded: str) -> Iterator[tuple[str, bytes]]:
    """The PEM blocks of a value: what each is called, and its data."""
    try:
        text = base64.b64decode(encoded)
    except binascii.Error:
        return
    for match in _BLOCK.finditer(text):
        try:
            yield match[1].decode("latin-1"), base64.b64decode(b"".join(match[2].split()), validate=True)
        except binascii.Error:
            continue


def _skipped(kinds: list[str]) -> str:
    return f"after skipping PEM blocks of the following types: [{' '.join(kinds)}]"


def _mismatch(certificate: bytes, key: bytes) -> str | None:
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "x509: malformed certificate"
    try:
        own = load_der_private_key(key, None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "tls: failed to parse private key"
    if type(own) is not type(public):
        return "tls: private key type does not match public key type"
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (
        None if own.public_bytes(*form) == public.public_bytes(*form) else "tls: private key does not match public key"
    )
