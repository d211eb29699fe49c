"""The CustomResourceDefinitions of Liqo 0.5, one file each: columns, schemas, defaults, subresources."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import yaml

from liqolab.apimachinery.resources import Object

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def definitions() -> list[Object]:
    """All definitions, by file name. Each call reads them anew, so the caller may change what it gets."""
    files = sorted(Path(__file__).parent.glob("*.yaml"))
    return [cast(Object, yaml.load(file.read_text(), Loader=_LOADER)) for file in files]  # noqa: S506 - a safe loader
