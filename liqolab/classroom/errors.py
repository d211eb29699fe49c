"""The error that a person sees when a class cannot do what was asked."""

from __future__ import annotations


class ClassError(Exception):
    """What happened and why, and separately what to do next.

    Attributes:
        hint: the next thing to try; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
