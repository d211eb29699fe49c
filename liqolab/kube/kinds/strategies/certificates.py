"""Certificate signing requests: what was asked for never changes; approval and certificate come by subresources."""

from __future__ import annotations

import base64
import binascii

from cryptography import x509

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import go, invalid_value, required
from liqolab.kube.kinds.strategies.common import WithStatus, carry, keep_all_but_status

APPROVAL_TYPES = ("Approved", "Denied")

_WRONG_BLOCK = "PEM block type must be CERTIFICATE REQUEST"
_MINIMUM_SECONDS = 600


def decode_request(spec: Object) -> x509.CertificateSigningRequest:
    """The PKCS#10 request of a signing request.

    Raises:
        ValueError: it is no PEM block of that type, or not well-formed.
    """
    try:
        pem = base64.b64decode(spec.get("request") or "", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(_WRONG_BLOCK) from None
    if b"-----BEGIN CERTIFICATE REQUEST-----" not in pem:
        raise ValueError(_WRONG_BLOCK)
    try:
        return x509.load_pem_x509_csr(pem)
    except ValueError as error:
        raise ValueError(f"asn1: structure error: {error}") from None


class SigningRequestStrategy(WithStatus):
    """The main resource takes no changes but to metadata; the requester's identity is filled in by admission."""

    def __init__(self) -> None:
        super().__init__(initial={}, generation=False)

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        carry(new, old, "spec")

    def prepare_status_update(self, new: Object, old: Object) -> None:
        keep_all_but_status(new, old)
        keep_conditions(new, old, approval=False)

    def validate_create(self, obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        errors: list[FieldError] = []
        try:
            decode_request(spec)
        except ValueError as problem:
            raw = _raw(spec.get("request") or "")
            errors.append(invalid_value("spec.request", raw, str(problem)))
        if not spec.get("usages"):
            errors.append(required("spec.usages", "usages must be provided"))
        signer = spec.get("signerName", "")
        if not signer:
            errors.append(required("spec.signerName"))
        elif "/" not in signer:
            text = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
            errors.append(invalid_value("spec.signerName", signer, text))
        seconds = spec.get("expirationSeconds")
        if seconds is not None and seconds < _MINIMUM_SECONDS:
            text = "may not specify a duration less than 600 seconds (10 minutes)"
            errors.append(invalid_value("spec.expirationSeconds", seconds, text))
        return errors


def _raw(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return text.encode()


def keep_conditions(new: Object, old: Object, *, approval: bool) -> None:
    """Let an update touch only its own share of the conditions.

    Args:
        new: the changed request.
        old: the stored one.
        approval: True for the ``approval`` subresource, which decides and does nothing else; False for ``status``.
    """
    status = dict(new.get("status") or {})
    before = (old.get("status") or {}).get("conditions") or []
    mine = [row for row in status.get("conditions") or [] if (row.get("type") in APPROVAL_TYPES) is approval]
    kept = [row for row in before if (row.get("type") in APPROVAL_TYPES) is not approval]
    now = timestamps.now()
    conditions = [{"lastUpdateTime": now, "lastTransitionTime": now, **row} for row in mine]
    status["conditions"] = [*conditions, *kept] if approval else [*kept, *conditions]
    if not status["conditions"]:
        del status["conditions"]
    if approval:
        status.pop("certificate", None)
        certificate = (old.get("status") or {}).get("certificate")
        if certificate:
            status["certificate"] = certificate
    new["status"] = status


def validate_approval(new: Object, old: Object) -> list[FieldError]:
    """Approved or denied, not both, and once for all."""
    errors: list[FieldError] = []
    types = {row.get("type") for row in (new.get("status") or {}).get("conditions") or []}
    if {"Approved", "Denied"} <= types:
        text = "Approved and Denied conditions are mutually exclusive"
        errors.append(invalid_value("status.conditions", "Denied", text))
    for row in (old.get("status") or {}).get("conditions") or []:
        if row.get("type") in APPROVAL_TYPES and row["type"] not in types:
            text = f"Forbidden: updates may not remove a condition of type {go(row['type'])}"
            errors.append(FieldError("status.conditions", "FieldValueForbidden", text))
    return errors
