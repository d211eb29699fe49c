"""The Kubernetes version that a node image has in its tag."""

from __future__ import annotations

import re
from typing import Final

DEFAULT_VERSION: Final = "v1.34.0"
"""The Kubernetes that embedded clusters imitate, and show where no node image says otherwise."""

Version = tuple[int, int]
"""(major, minor)."""

_TAG: Final = re.compile(r":v?(\d+\.\d+\.\d+)(?:[-@.+_]|$)")
_MINOR: Final = re.compile(r"v?(\d+)\.(\d+)")


def version_of(image: str) -> str | None:
    """``v1.23.6`` for ``kindest/node:v1.23.6@sha256:…``; None when the tag says no version."""
    found = _TAG.search(image)
    return f"v{found.group(1)}" if found else None


def minor_of(version: str) -> Version:
    """(1, 23) for ``v1.23.6``."""
    found = _MINOR.match(version)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)
