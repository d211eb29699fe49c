"""Config maps, secrets and events: keys, sizes, and what ``immutable`` means."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    WHOLE,
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

_BASIC = "kubernetes.io/basic-auth"
_SSH = "kubernetes.io/ssh-auth"
_LOGIN = ("username", "password")
_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 -- the name of a secret's type
_ACCOUNT_NAME = "kubernetes.io/service-account.name"


def _validate_keys(obj: Object, *fields: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in fields:
        for key in obj.get(field) or {}:
            errors += each_invalid(f"{field}[{key}]", key, names.config_map_key(key))
    return errors


def _validate_config_map(obj: Object) -> list[FieldError]:
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    errors: list[FieldError] = []
    for key in data:
        errors += each_invalid(f"data[{key}]", key, names.config_map_key(key))
        if key in binary:
            errors.append(invalid_value(f"data[{key}]", key, "duplicate of key present in binaryData"))
    errors += _validate_keys(obj, "binaryData")
    if sum(len(value.encode()) for value in data.values()) + _decoded_size(binary) > MAX_BYTES:
        errors.append(too_long(WHOLE, MAX_BYTES))
    return errors


def _decoded_size(values: Mapping[str, str]) -> int:
    """Bytes that base64 texts stand for."""
    return sum(len(value) * 3 // 4 - value[-2:].count("=") for value in values.values() if value)


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
    data, kind = secret.get("data") or {}, secret.get("type", "Opaque")
    errors = _validate_keys(secret, "data")
    if _decoded_size(data) > MAX_BYTES:
        errors.append(too_long("data", MAX_BYTES))
    if kind == _ACCOUNT_TOKEN and not (secret["metadata"].get("annotations") or {}).get(_ACCOUNT_NAME):
        errors.append(required(f"metadata.annotations[{_ACCOUNT_NAME}]"))
    if kind == _BASIC and not data.keys() & set(_LOGIN):
        errors += [required(f"data[{key}]") for key in _LOGIN]
    for key in _REQUIRED_KEYS.get(kind, ()):
        if key not in data or (kind == _SSH and not data[key]):
            errors.append(required(f"data[{key}]"))
        elif key.startswith(".docker") and (problem := _json_problem(data[key])):
            errors.append(invalid_value(f"data[{key}]", "<secret contents redacted>", problem))
    return errors


def _json_problem(encoded: str) -> str:
    """What Go's decoder has against a text that ought to be a JSON object; empty if it is one."""
    text = base64.b64decode(encoded or "").decode(errors="replace")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return _go_json_error(text, error)
    kinds = {list: "array", str: "string", int: "number", float: "number", bool: "bool"}
    if isinstance(value, dict | None):
        return ""
    return f"json: cannot unmarshal {kinds[type(value)]} into Go value of type map[string]interface {{}}"


_CONTEXTS = {
    "Extra data": "after top-level value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
}
_LITERALS = ("true", "false", "null")


def _go_json_error(text: str, error: json.JSONDecodeError) -> str:
    """A syntax error in the words of Go's decoder."""
    rest = text[error.pos :]
    if not rest:
        return "unexpected end of JSON input"
    for literal in _LITERALS:
        if literal[0] == rest[0] and error.msg == "Expecting value":
            place = next(index for index, letter in enumerate(f"{rest} ") if letter != literal[index : index + 1])
            if place >= len(rest):
                return "unexpected end of JSON input"
            return f"invalid character '{rest[place]}' in literal {literal} (expecting '{literal[place]}')"
    return f"invalid character '{rest[0]}' {_CONTEXTS.get(error.msg, 'looking for beginning of value')}"


def _compare_secret(new: Object, old: Object) -> list[FieldError]:
    errors = [] if new.get("type") == old.get("type") else [invalid_value("type", new.get("type"), IMMUTABLE)]
    return errors + _immutable_fields(new, old, "data")


SECRET = _SecretStrategy(validate=_validate_secret, compare=_compare_secret)
