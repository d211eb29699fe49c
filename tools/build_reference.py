"""Writes the parts of docs/ that code can tell better than a person: command lines, sentences, kinds, lessons.

``cli.md``, ``lint-rules.md`` and ``vocabulary.md`` are written whole; the tables of kinds, of their older versions and
of what containers do otherwise stand between marks of ``embedded-kubernetes.md``, the list of lessons between those of
``docs/README.md``. A lesson's page, in ``docs/tutorial/lessons/``, is made of the lesson.
A test runs this with ``--check``, so the reference cannot fall behind.

    python tools/build_reference.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from behaviours_page import behaviours_table
from command_page import command_page
from lesson_pages import course, lesson_list, lesson_page
from lint_rules_page import lint_rules_page
from vocabulary_page import vocabulary_page

from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.kinds.older import TABLE
from liqolab.kube.kinds.spec import VERBS, KindSpec

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/reference"
LESSONS = ROOT / "docs/tutorial/lessons"
INDEX = ROOT / "docs/README.md"
COMMANDS = ROOT / "tests/node/commands.yaml"
NOTICE = "<!-- Written by tools/build_reference.py: change the code that it reads, then run it again. -->\n\n"


def main() -> int:
    """Write the files, or with --check only name those that would change (exit code 1)."""
    check = sys.argv[1:] == ["--check"]
    stale = {path: text for path, text in pages().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        print(path.relative_to(ROOT))
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    return 1 if check and stale else 0


def pages() -> dict[Path, str]:
    """What each file should hold."""
    embedded = REFERENCE / "embedded-kubernetes.md"
    text = _between("kinds", embedded.read_text(), _kinds())
    text = _between("differences", text, _differences())
    liqo = REFERENCE / "liqo.md"
    return {
        liqo: _between("behaviours", liqo.read_text(), behaviours_table()),
        REFERENCE / "cli.md": NOTICE + command_page(),
        REFERENCE / "lint-rules.md": NOTICE + lint_rules_page(),
        REFERENCE / "vocabulary.md": NOTICE + vocabulary_page(),
        embedded: _between("older", text, _older()),
        INDEX: _between("lessons", INDEX.read_text(), lesson_list()),
        **{LESSONS / f"{lesson.name}.md": NOTICE + lesson_page(lesson) for lesson in course()},
    }


def _between(marks: str, text: str, content: str) -> str:
    """A text with other content between two of its marks."""
    begin, end = f"<!-- {marks}: begin -->", f"<!-- {marks}: end -->"
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n\n{content}\n{end}{rest.partition(end)[2]}"


def _differences() -> str:
    """Command lines that print or end otherwise in a container of the lab, as the tests know them."""
    rows = ["| In | Command line | There | Here | Because |", "|---|---|---|---|---|"]
    for row in yaml.safe_load(COMMANDS.read_text()):
        if "differs" in row:
            there = row.get("there") or _told(row)
            cells = [
                row.get("userland") or row["shell"],
                _code(row["script"]),
                there,
                _told(row["ours"]),
                row["differs"],
            ]
            rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _told(outcome: Mapping[str, Any]) -> str:
    text = " ".join(outcome["stdout"].split())
    return f"{_code(text)}, code {outcome['exit']}" if text else f"code {outcome['exit']}"


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _kinds() -> str:
    """The table of the built-in kinds, in discovery's order."""
    header = "| Kind | API version | Resource (short names) | Namespaced | Subresources | Verbs, where not all |"
    return "\n".join([header, "|---|---|---|---|---|---|", *map(_kind, BUILTIN)]) + "\n"


def _kind(spec: KindSpec) -> str:
    resource = spec.resource
    short = f" ({', '.join(spec.short_names)})" if spec.short_names else ""
    cells = (
        resource.kind,
        f"`{resource.api_version}`",
        f"`{resource.plural}`{short}",
        "yes" if resource.namespaced else "no",
        ", ".join(row.name for row in spec.subresources),
        "" if spec.verbs == VERBS else ", ".join(spec.verbs),
    )
    return f"| {' | '.join(cells)} |"


def _older() -> str:
    """The table of the older versions, in the order of their kinds."""
    header = "| Resource | Version | Served by | Deprecated in |"
    rows = [
        f"| `{row.of}` | `{row.version}` | 1.{row.since} to 1.{row.until - 1} | 1.{row.deprecated} |" for row in TABLE
    ]
    return "\n".join([header, "|---|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
