"""Objects that are accepted with a warning."""

from __future__ import annotations

from tests.kinds.refusals.play import Case

CASES: dict[str, Case] = {}
