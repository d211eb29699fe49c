"""Bodies in YAML: to a JSON document, with the messages of go-yaml, which people find with a search engine.

Most apply configurations are JSON in truth, as kubectl sends them, and are read as such.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson
import yaml

from liqolab.apimachinery.errors import bad_request

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CONVERTING = "error converting YAML to JSON: "
_TO_JSON = f"{CONVERTING}yaml: "


class YamlError(ValueError):
    """The body is no YAML."""


def load(raw: bytes) -> tuple[Any, list[str]]:
    """The first document of a body, and what is said about each key that stands twice (the last one counts).

    Raises:
        YamlError: it cannot be read.
    """
    try:
        loader = _Loader(raw)
    except yaml.YAMLError as error:
        raise YamlError(_TO_JSON + _told(error)) from error
    try:
        node = loader.get_node() if loader.check_node() else None
        document = None if node is None else loader.construct_document(node)
        # Dates and keys that are no text become text, as YAML's way to JSON has it.
        plain = orjson.loads(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))
    except (yaml.YAMLError, TypeError) as error:
        raise YamlError(_TO_JSON + _told(error)) from error
    finally:
        loader.dispose()
    return plain, list(_twice(node))


def _told(error: Exception) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return str(error.reason)
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split())
    line = error.problem_mark.line if error.problem_mark is not None else 0
    if line:
        # The scanner counts from the line before.
        line += isinstance(error, yaml.scanner.ScannerError)
    elif error.context_mark is not None:
        line = error.context_mark.line
    where = f"line {line}: " if line else ""
    return where + (error.problem or "unknown problem parsing YAML content")


def _twice(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield f'line {key.start_mark.line + 1}: key "{key.value}" already set in map'
                seen.add(key.value)
            yield from _twice(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _load_json(raw: bytes) -> tuple[Any, list[str]] | None:
    """As `load`, for a body that is JSON with every key once; None for any other."""
    try:
        return json.loads(raw, object_pairs_hook=_once), []
    except ValueError:
        return None


def load_applied(raw: bytes, validation: str, warnings: list[str]) -> Any:
    """The document that somebody applies.

    Args:
        raw: the body.
        validation: ``fieldValidation`` of the request.
        warnings: gets one for each key that stands twice, if the client asked for warnings.

    Raises:
        ApiError: 400, it cannot be read, or it has keys twice and the client asked to be strict.
    """
    try:
        document, twice = _load_json(raw) or load(raw)
    except YamlError as error:
        raise bad_request(f"error decoding YAML: {error}") from error
    if twice and validation == "Strict":
        lines = "".join(f"\n  {text}" for text in twice)
        raise bad_request(f"error strict decoding YAML: {_TO_JSON}unmarshal errors:{lines}")
    if validation == "Warn":
        warnings += twice
    return document
