"""A call of the image's own server that no shell has made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING

from liqolab.kube.node.machine.printing import Lines

if TYPE_CHECKING:
    from bashkit import FileSystem


class Direct:
    """See `interpreter.Invocation`.

    Args:
        words: the command line.
        env, cwd: the container's environment, and its working directory.
        files: makes the container's files, when they are asked for.
        lines: takes what is printed.
    """

    def __init__(
        self, words: list[str], env: Mapping[str, str], cwd: str, files: Callable[[], FileSystem], lines: Lines
    ) -> None:
        self.name, self.argv = words[0], words[1:]
        self.env, self.cwd = dict(env), cwd
        self.stdin = _nothing()
        self.stdout = self.stderr = lines
        self._files = files

    @property
    def fs(self) -> FileSystem:
        return self._files()


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
