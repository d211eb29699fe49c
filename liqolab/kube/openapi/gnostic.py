"""Writes an OpenAPI v2 document as protobuf (gnostic's ``openapi.v2.Document``), which older kubectl insists on.

Only what the API server's own documents contain is written. The numbers are those of gnostic's ``OpenAPIv2.proto``.
Protobuf merges repeated occurrences of an embedded message, so documents may simply be joined: what custom kinds add
is appended to the bytes of the built-in kinds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_SCHEMA_TEXTS: Final = {"$ref": 1, "format": 2, "title": 3, "description": 4, "pattern": 13}
_SCHEMA_NUMBERS: Final = {
    "maxLength": 11,
    "minLength": 12,
    "maxItems": 14,
    "minItems": 15,
    "maxProperties": 17,
    "minProperties": 18,
}
_SCHEMA_FLAGS: Final = {"exclusiveMaximum": 8, "exclusiveMinimum": 10, "uniqueItems": 16}
_METHODS: Final = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8}
_PARAMETER_TEXTS: Final = {
    "query": {"in": 2, "description": 3, "name": 4, "type": 6, "format": 7},
    "path": {"in": 2, "description": 3, "name": 4, "type": 5, "format": 6},
}


def _varint(number: int) -> bytes:
    result = bytearray()
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _message(field, content.encode())


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _texts(source: Mapping[str, Any], fields: Mapping[str, int]) -> bytes:
    return b"".join(_text(number, source[name]) for name, number in fields.items() if source.get(name))


def _any(value: Any) -> bytes:
    """``Any``: YAML text, of which JSON is a part."""
    return _text(2, json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _extensions(source: Mapping[str, Any], field: int) -> bytes:
    rows = ((name, value) for name, value in source.items() if name.startswith("x-"))
    return b"".join(_message(field, _text(1, name) + _message(2, _any(value))) for name, value in rows)


def encode_schema(schema: Schema) -> bytes:
    """A ``Schema`` message."""
    parts = [_texts(schema, _SCHEMA_TEXTS)]
    if "default" in schema:
        parts.append(_message(5, _any(schema["default"])))
    parts += [_number(number, schema[name]) for name, number in _SCHEMA_NUMBERS.items() if name in schema]
    parts += [_number(number, 1) for name, number in _SCHEMA_FLAGS.items() if schema.get(name)]
    parts += [_text(19, name) for name in schema.get("required", ())]
    parts += [_message(20, _any(value)) for value in schema.get("enum", ())]
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping):
        parts.append(_message(21, _message(1, encode_schema(additional))))
    elif additional:
        parts.append(_message(21, _number(2, 1)))
    if schema.get("type"):
        parts.append(_message(22, _text(1, schema["type"])))
    if isinstance(schema.get("items"), Mapping):
        parts.append(_message(23, _message(1, encode_schema(schema["items"]))))
    if properties := schema.get("properties"):
        parts.append(_message(25, _named_schemas(properties)))
    parts.append(_extensions(schema, 31))
    return b"".join(parts)


def _named_schemas(schemas: Mapping[str, Schema]) -> bytes:
    rows = (_text(1, name) + _message(2, encode_schema(schema)) for name, schema in schemas.items())
    return b"".join(_message(1, row) for row in rows)


def _parameter(parameter: Mapping[str, Any]) -> bytes:
    place = parameter["in"]
    required = _number(1, 1) if parameter.get("required") and place != "body" else b""
    if place == "body":
        content = _texts(parameter, {"description": 1, "name": 2, "in": 3})
        if parameter.get("required"):
            content += _number(4, 1)
        return _message(1, _message(1, content + _message(5, encode_schema(parameter["schema"]))))
    content = required + _texts(parameter, _PARAMETER_TEXTS[place])
    return _message(1, _message(2, _message(3 if place == "query" else 4, content)))


def _operation(operation: Mapping[str, Any]) -> bytes:
    parts = [_text(1, tag) for tag in operation.get("tags", ())]
    parts.append(_texts(operation, {"description": 3, "operationId": 5}))
    parts += [_text(6, kind) for kind in operation.get("produces", ())]
    parts += [_text(7, kind) for kind in operation.get("consumes", ())]
    parts += [_message(8, _parameter(row)) for row in operation.get("parameters", ())]
    responses = (
        _text(1, code) + _message(2, _message(1, _response(answer)))
        for code, answer in operation.get("responses", {}).items()
    )
    parts.append(_message(9, b"".join(_message(1, row) for row in responses)))
    parts.append(_extensions(operation, 13))
    return b"".join(parts)


def _response(answer: Mapping[str, Any]) -> bytes:
    content = _text(1, answer["description"])
    if "schema" in answer:
        content += _message(2, _message(1, encode_schema(answer["schema"])))
    return content


def _path_item(item: Mapping[str, Any]) -> bytes:
    parts = [_message(number, _operation(item[name])) for name, number in _METHODS.items() if name in item]
    parts += [_message(9, _parameter(row)) for row in item.get("parameters", ())]
    return b"".join(parts)


def encode_head(title: str, version: str) -> bytes:
    """The part of a ``Document`` that stands once: the version of OpenAPI, title and version."""
    return _text(1, "2.0") + _message(2, _text(1, title) + _text(2, version))


def encode_parts(paths: Mapping[str, Any], definitions: Mapping[str, Schema]) -> bytes:
    """The part of a ``Document`` that may be written in pieces: paths and definitions."""
    rows = (_text(1, name) + _message(2, _path_item(item)) for name, item in paths.items())
    encoded_paths = b"".join(_message(2, row) for row in rows)
    return _message(8, encoded_paths) + _message(9, _named_schemas(definitions))
