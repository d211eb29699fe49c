"""Config maps, secrets and events: keys, sizes, and what ``immutable`` means."""

from __future__ import annotations

import base64
import binascii
import json

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    each_invalid,
    forbidden_field,
    invalid_value,
    required,
    too_long,
)
from liqolab.kube.kinds.strategies.common import Plain

MAX_BYTES = 1024 * 1024
"""Most data that a config map or a secret holds."""

_FROZEN = "field is immutable when `immutable` is set"

_REQUIRED_KEYS = {
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
"""Keys without which a secret of a type makes no sense."""

_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 -- the name of a secret's type
_ACCOUNT_NAME = "kubernetes.io/service-account.name"


def _validate_keys(obj: Object, *fields: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in fields:
        for key in obj.get(field) or {}:
            errors += each_invalid(f"{field}[{key}]", key, names.config_map_key(key))
    return errors


def _size(obj: Object, *fields: str) -> int:
    return sum(len(value) for field in fields for value in (obj.get(field) or {}).values())


def _validate_config_map(obj: Object) -> list[FieldError]:
    errors = _validate_keys(obj, "data", "binaryData")
    for key in sorted(set(obj.get("data") or {}) & set(obj.get("binaryData") or {})):
        errors.append(invalid_value(f"data[{key}]", key, "duplicate of key present in binaryData"))
    if _size(obj, "data", "binaryData") > MAX_BYTES:
        errors.append(too_long("", MAX_BYTES))
    return errors


def _immutable_fields(new: Object, old: Object, *fields: str) -> list[FieldError]:
    if not old.get("immutable"):
        return []
    errors = [forbidden_field("immutable", _FROZEN)] if not new.get("immutable") else []
    return errors + [
        forbidden_field(field, _FROZEN) for field in fields if (new.get(field) or {}) != (old.get(field) or {})
    ]


CONFIG_MAP = Plain(
    validate=_validate_config_map,
    compare=lambda new, old: _immutable_fields(new, old, "data", "binaryData"),
)


class _SecretStrategy(Plain):
    """``stringData`` is for writing only: it ends up in ``data``, encoded."""

    def prepare_create(self, obj: Object) -> None:
        _merge_string_data(obj)

    def prepare_update(self, new: Object, old: Object) -> None:
        _merge_string_data(new)
        if not new.get("type"):
            new["type"] = old.get("type", "Opaque")


def _merge_string_data(secret: Object) -> None:
    texts = secret.pop("stringData", None) or {}
    if texts:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in texts.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def _validate_secret(secret: Object) -> list[FieldError]:
    errors = _validate_keys(secret, "data")
    data = secret.get("data") or {}
    for key, value in data.items():
        try:
            base64.b64decode(value or "", validate=True)
        except (binascii.Error, ValueError):
            errors.append(invalid_value(f"data[{key}]", "<secret contents redacted>", "must be base64"))
    if _size(secret, "data") > MAX_BYTES * 4 // 3:
        errors.append(too_long("data", MAX_BYTES))
    for key in _REQUIRED_KEYS.get(secret.get("type", ""), ()):
        if key not in data:
            errors.append(required(f"data[{key}]"))
        elif key.startswith(".docker") and not _is_json(data[key]):
            text = "invalid character looking for beginning of value"
            errors.append(invalid_value(f"data[{key}]", "<secret contents redacted>", text))
    if secret.get("type") == _ACCOUNT_TOKEN:
        annotations = secret["metadata"].get("annotations") or {}
        if not annotations.get(_ACCOUNT_NAME):
            errors.append(required(f"metadata.annotations[{_ACCOUNT_NAME}]"))
    return errors


def _is_json(encoded: str) -> bool:
    try:
        json.loads(base64.b64decode(encoded))
    except ValueError:
        return False
    return True


def _compare_secret(new: Object, old: Object) -> list[FieldError]:
    errors = [] if new.get("type") == old.get("type") else [invalid_value("type", new.get("type"), IMMUTABLE)]
    return errors + _immutable_fields(new, old, "data")


SECRET = _SecretStrategy(validate=_validate_secret, compare=_compare_secret)


def validate_event(event: Object) -> list[FieldError]:
    """A core event lies in the namespace of what it is about (cluster-scoped objects: in ``default``)."""
    namespace = event["metadata"].get("namespace", "")
    about = (event.get("involvedObject") or {}).get("namespace", "")
    if about == namespace or (not about and namespace in ("default", "kube-system", "")):
        return []
    return [invalid_value("involvedObject.namespace", about, "does not match event.namespace")]


def validate_new_event(event: Object) -> list[FieldError]:
    """events.k8s.io asks for more than the core API: who reports, what was done, when."""
    errors = []
    if event.get("eventTime") or not event.get("deprecatedFirstTimestamp"):
        if not event.get("eventTime"):
            errors.append(required("eventTime"))
        errors += [required(field) for field in ("reportingController", "action", "reason") if not event.get(field)]
    return errors
