"""What a container's own command prints, as the lines of its log."""

from __future__ import annotations

from collections.abc import Callable


class Lines:
    """Collects what is printed into lines of a log.

    Args:
        log: takes a line.
        unended: takes the last one, if it has no end.
    """

    def __init__(self, log: Callable[[str], None], unended: Callable[[str], None] | None = None) -> None:
        self._log = log
        self._unended = unended or log
        self._begun = ""

    def take(self, text: str) -> None:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._log(line)

    async def write(self, data: bytes) -> None:
        self.take(data.decode(errors="replace"))

    def close(self) -> None:
        """The last line may have no end."""
        if self._begun:
            self._unended(self._begun)
            self._begun = ""
