"""The documentation agrees with the code it describes, and its pages with one another."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:liqolab|tui|tests|tools|benchmarks)/[\w./*-]+)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_the_reference_is_what_the_code_says() -> None:
    command = [sys.executable, "tools/build_reference.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run tools/build_reference.py, it would rewrite:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCED.sub("", page.read_text())):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    assert [path for path in _PATH.findall(page.read_text()) if not any(ROOT.glob(path.rstrip("/")))] == []


def test_every_page_is_reached_from_the_index() -> None:
    seen, waiting = set(), [ROOT / "docs/README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(_FENCED.sub("", page.read_text())))
        targets = {(page.parent / link).resolve() for link in links if link.endswith(".md")}
        waiting += targets - seen
    assert not set(ROOT.glob("docs/**/*.md")) - seen


def test_every_module_of_the_glossary_is_there() -> None:
    rows = re.findall(r"^\|(.+)\|(.+)\| (.+) \|$", (ROOT / "docs/reference/glossary.md").read_text(), re.MULTILINE)
    modules = {cell.strip("`") for _, _, cell in rows if cell.startswith("`")}
    assert len(modules) > 50 and len(modules) < len(rows)
    assert {name for name in modules if not _exists(name)} == set()


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _anchors(page: Path) -> set[str]:
    """The names under which headings are reached, made as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
