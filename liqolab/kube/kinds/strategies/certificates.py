"""Certificate signing requests: what was asked for never changes; approval and certificate come by subresources."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from typing import Final

from cryptography import x509

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    duplicate,
    forbidden_field,
    go,
    invalid_value,
    not_supported,
    one_of,
    required,
)
from liqolab.kube.kinds.strategies.common import WithStatus, carry

APPROVAL_TYPES: Final = ("Approved", "Denied")
_NEVER_UNDONE: Final = (*APPROVAL_TYPES, "Failed")

_WRONG_BLOCK = "PEM block type must be CERTIFICATE REQUEST"
_MINIMUM_SECONDS = 600

_USAGES = (
    *("any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment"),
    *("decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel"),
    *("ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime"),
    *("server auth", "signing", "timestamping"),
)
"""What a certificate may be for, in the order in which it is listed."""


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
        super().prepare_status_update(new, old)
        _keep_decisions(new, old)
        _fill_times(new, old)

    def prepare_subresource_update(self, subresource: str, new: Object, old: Object) -> None:
        """An approval is a change of the conditions, whichever they are, and of nothing else in the status."""
        _fill_times(new, old)
        status = {**(old.get("status") or {}), "conditions": _conditions(new)}
        if not status["conditions"]:
            del status["conditions"]
        super().prepare_status_update(new, old)
        new["status"] = status

    def validate_subresource_update(self, subresource: str, new: Object, old: Object) -> list[FieldError]:
        return [*_validate_conditions(new), *_validate_certificate(new), *_validate_changes(subresource, new, old)]

    def validate_create(self, obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        errors: list[FieldError] = []
        try:
            decode_request(spec)
        except ValueError as problem:
            errors.append(invalid_value("spec.request", spec.get("request"), str(problem)))
        usages = spec.get("usages") or []
        errors += [] if usages else [required("spec.usages")]
        for index, usage in enumerate(usages):
            errors += one_of(f"spec.usages[{index}]", usage, _USAGES)
        repeated = [index for index, usage in enumerate(usages) if usage in usages[:index]]
        errors += [duplicate(f"spec.usages[{index}]", usages[index]) for index in repeated]
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


def _keep_decisions(new: Object, old: Object) -> None:
    """Approved and Denied are not for an update of the status: as long as it sends as many, they stay as they are."""
    conditions, before = _conditions(new), _conditions(old)
    for name in APPROVAL_TYPES:
        stored = [row for row in before if row.get("type") == name]
        places = [index for index, row in enumerate(conditions) if row.get("type") == name]
        if len(stored) == len(places):
            for index, row in zip(places, stored, strict=True):
                conditions[index] = row


def _fill_times(new: Object, old: Object) -> None:
    now = timestamps.now()
    changed = {(row.get("type"), row.get("status")): row.get("lastTransitionTime") for row in _conditions(old)}
    for index, row in enumerate(conditions := _conditions(new)):
        since = changed.get((row.get("type"), row.get("status"))) or now
        given = {key: value for key, value in row.items() if value is not None}
        conditions[index] = {"lastUpdateTime": now, "lastTransitionTime": since, **given}


def _conditions(request: Object) -> list[Object]:
    """The list itself, not a copy; none when there is none."""
    found: list[Object] = (request.get("status") or {}).get("conditions") or []
    return found


def _validate_conditions(request: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, row in enumerate(_conditions(request)):
        path, name, status = f"status.conditions[{index}]", row.get("type") or "", row.get("status") or ""
        allowed = ("True",) if name in _NEVER_UNDONE else ("False", "True", "Unknown")
        if not name:
            errors.append(required(f"{path}.type"))
        if not status:
            errors.append(required(f"{path}.status"))
        elif status not in allowed:
            errors.append(not_supported(f"{path}.status", status, allowed))
        if name in APPROVAL_TYPES and seen & ({*APPROVAL_TYPES} - {name}):
            text = "Approved and Denied conditions are mutually exclusive"
            errors.append(invalid_value("status.conditions", name, text))
        if name in seen:
            errors.append(duplicate(f"{path}.type", name))
        seen.add(name)
    return errors


def _validate_changes(subresource: str, new: Object, old: Object) -> list[FieldError]:
    """What nobody may take back, and what only the approval may decide."""
    errors: list[FieldError] = []
    counts = [Counter(row.get("type") for row in _conditions(request)) for request in (new, old)]
    for name in _NEVER_UNDONE:
        if counts[0][name] < counts[1][name]:
            errors.append(
                forbidden_field("status.conditions", f"updates may not remove a condition of type {go(name)}")
            )
    if subresource == "status":
        errors += [
            forbidden_field("status.conditions", f"updates may not add a condition of type {go(name)}")
            for name in APPROVAL_TYPES
            if counts[0][name] > counts[1][name]
        ]
    certificate, before = ((request.get("status") or {}).get("certificate") for request in (new, old))
    if before and certificate != before:
        text = "updates may not modify existing certificate content"
        errors.append(forbidden_field("status.certificate", text))
    return errors


def _validate_certificate(request: Object) -> list[FieldError]:
    encoded = (request.get("status") or {}).get("certificate")
    if not encoded:
        return []
    labels = re.findall(rb"^-----BEGIN (.+?)-----", _raw(encoded), re.MULTILINE)
    wrong = next((label.decode(errors="replace") for label in labels if label != b"CERTIFICATE"), None)
    if wrong is not None:
        problem = f"only CERTIFICATE PEM blocks are allowed, found {go(wrong)}"
    elif not labels:
        problem = "must contain at least one CERTIFICATE PEM block"
    else:
        try:
            x509.load_pem_x509_certificates(_raw(encoded))
        except ValueError as error:
            problem = f"x509: {error}"
        else:
            return []
    return [invalid_value("status.certificate", "<certificate data>", problem)]
