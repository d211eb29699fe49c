"""The error of a check that did not hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from liqolab.steps.failing.failure import Failure


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sentence wants, as far as it helps to find out why it is not so.

    Attributes:
        arguments: what the sentence gave its function, by name.
        negative: whether it wants something not to be.
        existence: whether it is about nothing but that something is there.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    negative: bool = False
    existence: bool = False


class CheckFailedError(AssertionError):
    """A check that did not hold: what was expected, what was found instead.

    Attributes:
        failure: what is known of it.
        wish: what the sentence wanted that it failed in; None as long as no sentence is known.
    """

    def __init__(self, failure: Failure | str) -> None:
        """A text alone is a failure of which nothing more is known than its summary."""
        self.failure = failure if isinstance(failure, Failure) else Failure(failure)
        self.wish: Wish | None = None
        super().__init__(self.failure.summary)

    def __str__(self) -> str:
        # Laying out a diff takes YAML, and most programs never see a check fail.
        from liqolab.steps.failing.text import failure_text

        return failure_text(self.failure)
