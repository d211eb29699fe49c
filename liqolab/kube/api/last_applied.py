"""The annotation in which kubectl keeps what it has applied itself, for objects that it now lets the server apply.

For kubectl, and for nobody else, the server reads it, so that the change from one way of applying to the other meets no
conflicts, and keeps it up to date, so that one can change back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.kube.fields.checking import problems
from liqolab.kube.fields.comparing import compare, named
from liqolab.kube.fields.shapes import Shape
from liqolab.kube.fields.trees import Tree, difference, encoded

MANAGER: Final = "kubectl"
ANNOTATION: Final = "kubectl.kubernetes.io/last-applied-configuration"
_MAX_ANNOTATIONS: Final = 256 * 1024
"""Bytes of keys and values that all annotations of an object may have."""


def unchanged_fields(live: Mapping[str, Any], api_version: str, shape: Shape) -> Tree | None:
    """The fields that kubectl has applied and that still have its values; None when it has left no word."""
    text = (live["metadata"].get("annotations") or {}).get(ANNOTATION)
    if not text:
        return None
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(document, dict) or document.get("apiVersion") != api_version or problems(document, shape):
        return None
    change = compare(document, live, shape)
    fields = named(document, shape)
    for differing in change:
        fields = difference(fields, differing)
    return fields


def refresh(obj: Object, applied: Object) -> None:
    """Write the applied document into the annotation of an object that has it."""
    annotations = obj["metadata"].get("annotations") or {}
    if not annotations.get(ANNOTATION):
        return
    document = orjson.loads(orjson.dumps(applied))
    given = (document.get("metadata") or {}).get("annotations")
    if isinstance(given, dict):
        given.pop(ANNOTATION, None)
    annotations[ANNOTATION] = encoded(document, sort=True) + "\n"
    size = sum(len(key.encode()) + len(str(value).encode()) for key, value in annotations.items())
    if size > _MAX_ANNOTATIONS:
        del annotations[ANNOTATION]
