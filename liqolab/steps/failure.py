"""The one way in which a check says no."""

from __future__ import annotations


class CheckFailedError(AssertionError):
    """A check that did not hold: what was expected, what was found instead."""
