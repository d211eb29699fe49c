"""What the columns of tables are about, in 1.34's words, which would bury the columns if they stood among them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import orjson

_FOR_ALL = "*"


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    """Group, version and resource → column → text; loaded when the first table is asked for."""
    found: Mapping[str, Mapping[str, str]] = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
    return found


def description(resource: str, column: str) -> str:
    """The description of a column of a resource (``apps/v1/deployments``), or an empty string."""
    return _texts().get(resource, {}).get(column) or _texts()[_FOR_ALL].get(column, "")
