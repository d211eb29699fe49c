"""The error that a person sees when a playground cannot do what was asked."""

from __future__ import annotations


class PlaygroundError(Exception):
    """What happened and why, and separately what to do next.

    Attributes:
        hint: the next thing to try; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def told(self, joint: str = "\n") -> str:
        """What happened, and, where there is a hint, that behind it."""
        return f"{self}{joint}{self.hint}" if self.hint else str(self)
