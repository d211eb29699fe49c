r"""Decodes the protobuf bodies that newer clients send: typed Go clients (and with them kubectl) stopped sending JSON.

A body is the magic number ``k8s\0`` and a ``runtime.Unknown`` that names apiVersion and kind and holds the object. It
becomes the JSON object that the same client would have sent as JSON: Go writes every plain scalar to protobuf, zero or
not, and leaves most zeros out of JSON, so each field of the shipped table says whether its zero counts. Unknown fields
are skipped, as protobuf demands. Answers are always JSON; every client accepts that.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import orjson

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.errors import bad_request
from liqolab.apimachinery.resources import Object
from liqolab.kube.schema.definitions import read_data

MAGIC = b"k8s\x00"
MAX_DEPTH = 64
"""Deepest nesting of messages; only JSON schemas inside of CRDs come near it."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WHOLE = "="
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _MalformedError(ValueError):
    """Bytes that are no protobuf message, or not the message that they should be."""


class _Field(NamedTuple):
    """What the table says of a field; `type` is a code of one scalar, or the name of a message."""

    name: str
    type: str
    shape: str
    keep: bool


_Message = dict[int, _Field]


@cache
def _table() -> tuple[dict[str, str], dict[str, str]]:
    """Kind → message, and message → its fields as JSON text: few of the messages are ever met."""
    data = read_data("messages.json.xz")
    return data["kinds"], data["messages"]


@cache
def _message(name: str) -> _Message:
    return {row[0]: _Field(row[1], row[2], row[3], bool(row[4])) for row in orjson.loads(_table()[1][name])}


def decode(body: bytes) -> Object:
    """The object in a request body, as JSON.

    Raises:
        ApiError: 400, if the body is none or its kind has no protobuf form.
    """
    if not body.startswith(MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        return _decode_unknown(memoryview(body)[len(MAGIC) :])
    except (ValueError, TypeError, IndexError, struct.error, OverflowError) as error:
        raise bad_request(f"the body of the request is not a valid protobuf message: {error}") from None


def _decode_unknown(data: memoryview) -> Object:
    api_version = kind = content_type = ""
    raw = memoryview(b"")
    for number, value in _fields(data):
        if number == 1:
            names = {key: _text(part) for key, part in _fields(_part(value))}
            api_version, kind = names.get(1, ""), names.get(2, "")
        elif number == 2:
            raw = _part(value)
        elif number == 4:
            content_type = _text(value)
    if content_type == "application/json":
        embedded: Object = orjson.loads(raw)
        return embedded
    name = _message_of_kind(api_version, kind)
    return {"kind": kind, "apiVersion": api_version, **_decode_message(name, raw, 0)}


def _message_of_kind(api_version: str, kind: str) -> str:
    kinds, _ = _table()
    # Options and Status are registered in every group, with one encoding for all.
    name = kinds.get(f"{api_version}/{kind}") or (kinds.get(f"v1/{kind}") if kind in _SHARED_KINDS else None)
    if name is None:
        raise bad_request(f'no kind "{kind}" is registered for version "{api_version}" in protobuf; send JSON')
    return name


_SHARED_KINDS = frozenset(("DeleteOptions", "Status", "PartialObjectMetadata"))


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number and the position behind it."""
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    result, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = data[at]
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, at + 1
        shift += 7
        if shift > 63:
            raise _MalformedError("a number is longer than 64 bits")


def _fields(data: memoryview) -> list[tuple[int, Any]]:
    """Field numbers and raw values: an int for numbers, a memoryview for everything with a length."""
    rows: list[tuple[int, Any]] = []
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == _BYTES:
            size, at = _varint(data, at)
            if at + size > end:
                raise _MalformedError("it ends in the middle of a field")
            rows.append((tag >> 3, data[at : at + size]))
            at += size
        elif wire == _VARINT:
            value, at = _varint(data, at)
            rows.append((tag >> 3, value))
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
            rows.append((tag >> 3, struct.unpack("<d" if size == 8 else "<f", data[at : at + size])[0]))
            at += size
        else:
            raise _MalformedError(f"unknown wire type {wire}")
    return rows


def _part(value: Any) -> memoryview:
    if not isinstance(value, memoryview):
        raise _MalformedError("a number stands where a message or text belongs")
    return value


def _text(value: Any) -> str:
    return str(_part(value), "utf-8")


def _signed(value: Any) -> int:
    if not isinstance(value, int):
        raise _MalformedError("text or a message stands where a number belongs")
    return value - (1 << 64) if value >> 63 else value


def _decode_message(name: str, data: memoryview, depth: int) -> Any:
    """The JSON value of a message: an object, or what its one field holds if that stands for the whole."""
    if depth > MAX_DEPTH:
        raise _MalformedError(f"messages are nested more than {MAX_DEPTH} deep")
    table = _message(name)
    result: Object = {}
    for number, raw in _fields(data):
        field = table.get(number)
        if field is None:
            continue
        if field.shape == "r":
            result.setdefault(field.name, []).extend(_repeated(field.type, raw, depth))
        elif field.shape == "m":
            key, value = _map_entry(field.type, raw, depth)
            result.setdefault(field.name, {})[key] = value
        else:
            value = _decode_value(field.type, raw, depth)
            if not field.name:
                result.update(value)
            elif value is not None and (field.keep or _counts(value)):
                result[field.name] = value
    return result.get(_WHOLE, result)


def _counts(value: Any) -> bool:
    """Whether Go would write the value of a plain (non-pointer) field to JSON."""
    return not (value is False or value in ("", 0) or value == {})


def _repeated(type: str, raw: Any, depth: int) -> list[Any]:
    if type in ("i", "t") and isinstance(raw, memoryview):  # packed
        values, at = [], 0
        while at < len(raw):
            value, at = _varint(raw, at)
            values.append(_decode_value(type, value, depth))
        return values
    return [_decode_value(type, raw, depth)]


def _map_entry(type: str, raw: Any, depth: int) -> tuple[str, Any]:
    parts = dict(_fields(_part(raw)))
    empty: Any = 0 if type in ("i", "t") else memoryview(b"")
    return _text(parts.get(1, memoryview(b""))), _decode_value(type, parts.get(2, empty), depth)


def _decode_value(type: str, raw: Any, depth: int) -> Any:
    scalar = _SCALARS.get(type)
    return scalar(raw) if scalar else _decode_message(type, _part(raw), depth + 1)


def _moment(raw: Any) -> datetime | None:
    parts = dict(_fields(_part(raw)))
    if not parts:
        return None
    seconds, nanos = _signed(parts.get(1, 0)), _signed(parts.get(2, 0))
    return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)


def _time(raw: Any) -> str | None:
    moment = _moment(raw)
    return timestamps.format_time(moment) if moment else None


def _micro_time(raw: Any) -> str | None:
    moment = _moment(raw)
    return timestamps.format_micro(moment) if moment else None


def _duration(raw: Any) -> str:
    nanos = _signed(dict(_fields(_part(raw))).get(1, 0))
    return f"{nanos / 1e9:g}s"


def _quantity(raw: Any) -> str:
    parts = dict(_fields(_part(raw)))
    return _text(parts[1]) if 1 in parts else "0"


def _int_or_string(raw: Any) -> int | str:
    parts = dict(_fields(_part(raw)))
    if parts.get(1, 0) == 1:
        return _text(parts.get(3, memoryview(b"")))
    return _signed(parts.get(2, 0))


def _raw_json(raw: Any) -> Any:
    parts = dict(_fields(_part(raw)))
    return orjson.loads(_part(parts[1])) if parts.get(1) else None


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "s": _text,
    "i": _signed,
    "t": bool,
    "d": float,
    "f": float,
    "b": lambda raw: base64.b64encode(_part(raw)).decode("ascii"),
    "time": _time,
    "microtime": _micro_time,
    "duration": _duration,
    "quantity": _quantity,
    "intstr": _int_or_string,
    "raw": _raw_json,
}
