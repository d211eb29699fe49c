"""Names of template revisions: the suffix in ``web-66576bc7dd`` and its kin.

Kubernetes hashes Go's memory dump of the template, which nothing but Go can reproduce. The number here is taken over
canonical JSON instead; how it turns into letters is the same, so length and alphabet look as they do on any cluster.
"""

from __future__ import annotations

from typing import Any

import orjson

from liqolab.apimachinery.resources import Object

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels and no look-alikes: a hash never spells a word."""


def fnv32a(data: bytes) -> int:
    """The 32-bit FNV-1a hash of `data`."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def without_nulls(value: Any) -> Any:
    """A copy without null fields: an absent field and a null one mean the same template."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def revision_hash(template: Object, collisions: int | None = None) -> str:
    """Up to ten characters that stand for `template`; `collisions` counts how often the name was taken already."""
    data = orjson.dumps(without_nulls(template), option=orjson.OPT_SORT_KEYS)
    if collisions is not None:
        data += str(collisions).encode()
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(fnv32a(data)))
