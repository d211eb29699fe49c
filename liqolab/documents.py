"""Plain values to JSON documents and back, by the types that their dataclasses declare.

Records cross process borders (xdist workers send theirs to the controller) and are kept in files, so what comes back
has to equal what went in: tuples come back as tuples, nested dataclasses as themselves. Nothing but JSON's own types
travels, hence nothing that is read can run anything.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_document(value: Any) -> Any:
    """A JSON document of dataclasses, lists, tuples, mappings and JSON's own types.

    Fields that have their default value are left out: most of a record is defaults, and what is kept in files reads as
    what is special about it.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            entry.name: to_document(getattr(value, entry.name))
            for entry in dataclasses.fields(value)
            if not _is_default(entry, getattr(value, entry.name))
        }
    if isinstance(value, Mapping):
        return {str(key): to_document(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_document(entry) for entry in value]
    if value is None or isinstance(value, (int, float, bool)):
        return value
    # A text of a kind of its own becomes a plain one; so does what YAML read as something else, such as a date.
    return str(value)


def from_document(type_: type[T], document: Any) -> T:
    """The value that `to_document` made `document` of.

    Unknown fields are ignored, so that a newer writer's document can be read.

    Raises:
        TypeError, KeyError: the document is not of that shape.
    """
    return typing.cast(T, _read(type_, document))


def _read(type_: Any, document: Any) -> Any:
    if document is None or type_ is Any:
        return document
    if isinstance(type_, type) and dataclasses.is_dataclass(type_):
        if not isinstance(document, dict):
            raise TypeError(f"{type_.__name__} is written as an object, not as {document!r:.60}")
        hints = _hints(type_)
        return type_(**{name: _read(hints[name], entry) for name, entry in document.items() if name in hints})
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in (Union, types.UnionType):
        return _read(next(part for part in arguments if part is not types.NoneType), document)
    if origin is list:
        return [_read(arguments[0], entry) for entry in document]
    if origin is tuple:
        parts = [arguments[0]] * len(document) if arguments[-1] is Ellipsis else arguments
        return tuple(_read(part, entry) for part, entry in zip(parts, document, strict=True))
    if origin is dict:
        return {key: _read(arguments[1], entry) for key, entry in document.items()}
    if origin is Literal and document not in arguments:
        raise TypeError(f"{document!r} is none of {', '.join(map(str, arguments))}")
    if isinstance(type_, type) and issubclass(type_, str):
        return type_(document)
    return float(document) if type_ is float else document


def _is_default(entry: dataclasses.Field[Any], value: Any) -> bool:
    if entry.default_factory is not dataclasses.MISSING:
        return bool(value == entry.default_factory())
    return entry.default is not dataclasses.MISSING and bool(value == entry.default)


@functools.cache
def _hints(type_: type) -> dict[str, Any]:
    return get_type_hints(type_)
