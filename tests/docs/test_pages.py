"""Whoever types what a page shows, sees what the page shows.

What is another at every run (ages, identifiers, ports, moments) is taken out of both before they are compared.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.docs.pages import Terminal, Typed, Written, blocks, same_numbers, shows
from tests.laboratory import used

ROOT = Path(__file__).parents[2]

ALREADY = (". .venv/bin/activate", "make tour", "make test")
"""What has been done before a test can run, and in CI before the tests."""

OF_ONES_OWN = ("pip install", "pytest --liqolab-kubeconfig", "liqolab run features/mine.feature")
"""Installs, or needs what only a reader has; tests/testing has clusters and features in their place."""

UP = """
```console
$ liqolab up
$ liqolab shell
$ export KUBECONFIG="$PWD/liqo_kubeconf_venice"
$ liqoctl generate peer-command --only-command --kubeconfig liqo_kubeconf_naples | bash
```
"""

FULL_SCREEN = ("liqolab learn", "liqolab learn --language it")
"""Tests of the walkthrough sit in front of what these open."""

PAGES = {
    "README.md": "",
    "docs/tutorial/first-playground.md": "",
    "docs/how-to/save-and-restore.md": UP,
    "docs/how-to/break-things.md": UP,
    "docs/how-to/learn-without-a-screen.md": "",
    "docs/how-to/reports.md": "",
    "docs/how-to/run-the-lesson-in-ci.md": "",
    "docs/how-to/several-playgrounds.md": "",
    "docs/how-to/survive-a-crash.md": UP,
    "docs/how-to/test-your-own-clusters.md": "",
    "docs/how-to/when-something-fails.md": UP,
    "docs/how-to/write-a-lesson.md": "",
    "docs/tutorial/learn.md": "",
}
"""Page → what its reader has typed before."""


@pytest.mark.journey
@pytest.mark.parametrize("page", PAGES)
def test_the_page_can_be_followed(page: str, tmp_path: Path) -> None:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    with used(tmp_path, PATH=programs) as lab:
        terminal = Terminal(lab.environment, lab.person)
        try:
            others = list(_printed_otherwise(terminal, lab.person, blocks(PAGES[page] + (ROOT / page).read_text())))
        finally:
            terminal.close()
    assert not others, "\n\n".join(others)


def _printed_otherwise(terminal: Terminal, folder: Path, page: Iterable[Typed | Written]) -> Iterator[str]:
    processes: dict[str, str] = {}
    for step in page:
        if isinstance(step, Written):
            file = folder / step.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.text)
        elif not step.command.startswith((*ALREADY, *OF_ONES_OWN)) and step.command not in FULL_SCREEN:
            *program, process = step.command.split(" ")
            killing = program == ["kill", "-9"]
            code, printed = terminal.type(f"kill -9 {processes[process]}" if killing else step.command)
            processes |= same_numbers(step.shown, printed)
            if step.shown and not shows(step.shown, printed):
                yield "\n".join([f"$ {step.command}", *step.shown, "", "is shown, but it printed", "", *printed])
            elif not step.shown and code:
                yield "\n".join([f"$ {step.command}", f"ended with {code}", *printed])
