"""A playground with a lesson laid out in it: what every face of a lesson starts from."""

from __future__ import annotations

import asyncio
from pathlib import Path

from liqolab.playground.embedded import EmbeddedProvider
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.shell import prepare
from liqolab.process import without_terminal
from liqolab.scenario.lesson import Lesson
from liqolab.steps.lab import Lab


def open_lab(playground: Playground, lesson: Lesson) -> Lab:
    """Lay out the lesson's working folder and return a lab in it; no cluster is touched.

    Raises:
        PlaygroundError: the folder cannot be written.
    """
    shell = prepare(playground, lesson.name, lesson.files)
    provider = EmbeddedProvider(playground)

    def kubeconfig(cluster: str) -> Path | None:
        try:
            return asyncio.run(provider.kubeconfig(cluster))
        except PlaygroundError:
            return None

    return Lab(without_terminal(shell.environment), shell.folder, kubeconfig)


def close_playground(playground: Playground) -> None:
    """Delete all clusters of a playground, and its folder.

    Raises:
        PlaygroundError: a process does not end.
    """
    provider = EmbeddedProvider(playground)

    async def tear_down() -> None:
        await provider.delete([status.name for status in await provider.status()])

    asyncio.run(tear_down())
    playground.remove()
