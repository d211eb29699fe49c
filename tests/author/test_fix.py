"""`--fix` mends spacing, and nothing but spacing, whatever it is given."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from liqolab.author.lint.linter import find, fix, lint_feature
from liqolab.author.lint.spacing import meaning, mend
from liqolab.gherkin_tree import GherkinError, parse

TIDY = '''\
# language: en
# A comment above the feature.
@slow
Feature: Spacing
  What this is about,
    in two lines.

  Background:
    Given cluster "venice" does not exist

  # liqolab: ignore scenario-long
  @step:a @slow
  Scenario: Text blocks keep what is in them
    When I run:
      """
      cat <<END
        indented   by two
      \ttab and blanks   \n
      END
      """
    Then the output is a table with:
      | NAME | VALUE   |
      | é    | a \\| b  |
      | 漢字 | c:\\\\dir |

  Rule: With a rule
    A description.

    Scenario Outline: <name> is gone
      Then cluster "<name>" does not exist
      And I run:
        ```yaml
        a: {b: c}
        ```

      @slow
      Examples: Cities
        | name   |
        # between rows
        | venice |
        | rome   |
'''
SPACING = ("trailing-space", "tab", "indentation", "table-misaligned", "line-ending")


def _damaged(text: str, chance: random.Random) -> str:
    """The text with blanks moved about where Gherkin does not care: indentation, line ends, around the cells."""
    lines: list[str] = []
    block = shift = ""
    for line in text.split("\n"):
        bare = line.strip()
        if block or bare.startswith(('"""', "```")):
            # The block moves as a whole: its content is counted from its quotes.
            shift = shift if block else chance.choice(["", "  ", "      ", "\t"])
            lines.append(shift + line if bare else line)
            if bare.startswith(('"""', "```")):
                block = "" if block else bare[:3]
            continue
        if bare.startswith("|"):
            line = line.replace(" | ", chance.choice([" | ", "|", "  |\t"]))
        if bare and not bare.startswith(("What", "in two", "A desc")):
            line = chance.choice(["", " ", "\t", "     ", "  \t "]) + line.strip()
        lines.append(line + chance.choice(["", "", " ", "\t ", "   "]))
        lines += [chance.choice(["", "  "])] if chance.random() < 0.1 and not bare.startswith("|") else []
    return "\n".join(lines) + chance.choice(["", "\n", "\n\n\n"])


def test_the_tidy_text_is_what_it_should_be() -> None:
    assert mend(TIDY) == TIDY
    assert meaning(parse(TIDY))


@pytest.mark.parametrize("seed", range(30))
def test_damage_to_the_spacing_is_mended_without_a_change_of_meaning(tmp_path: Path, seed: int) -> None:
    damaged = _damaged(TIDY, random.Random(seed))
    path = tmp_path / "f.feature"
    path.write_text(damaged)
    fix(find([path]))
    mended = path.read_text()
    assert meaning(parse(mended)) == meaning(parse(damaged))
    assert mend(mended) == mended
    assert not [finding for finding in lint_feature(path) if finding.rule in SPACING]


@pytest.mark.parametrize("seed", range(20))
def test_text_that_may_be_anything_is_mended_to_the_same_meaning_or_left_alone(seed: int) -> None:
    chance = random.Random(seed)
    text = list(TIDY)
    for _ in range(12):
        place = chance.randrange(len(text))
        text[place : place + chance.randrange(3)] = chance.choice(
            ["", "|", '"""', "\\", "\r", "\n", "  ", "#", "@", "\f", "\x0b"]
        )
    damaged = "".join(text)
    mended = mend(damaged)
    try:
        before = parse(damaged)
    except GherkinError:
        assert mended == damaged
    else:
        assert meaning(parse(mended)) == meaning(before)


def test_carriage_returns_go_with_the_lines_they_end(tmp_path: Path) -> None:
    path = tmp_path / "f.feature"
    path.write_bytes(TIDY.replace("\n", "\r\n").encode())
    assert [finding.line for finding in lint_feature(path) if finding.rule == "line-ending"] == [1]
    fix(find([path]))
    assert path.read_bytes() == TIDY.encode()


def test_a_file_is_replaced_whole_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "real.feature"
    target.write_text(TIDY.replace("    Given", "\tGiven"))
    target.chmod(0o640)
    link = tmp_path / "f.feature"
    link.symlink_to(target.name)
    done = subprocess.run(
        [sys.executable, "-m", "liqolab.cli", "lint", "--fix", str(link)], capture_output=True, text=True, check=False
    )
    assert f"mended {link}" in done.stderr
    assert link.is_symlink()
    assert target.read_text() == TIDY
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.feature", "real.feature"]


@pytest.mark.parametrize(
    "content", [b"Feature: F\n  \xff\xfe broken   \n", b"\0" * 100, b"no Gherkin at all   \n", b""]
)
def test_what_cannot_be_mended_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.feature"
    path.write_bytes(content)
    before = path.stat().st_mtime_ns
    assert fix(find([path])) == []
    assert path.read_bytes() == content
    assert path.stat().st_mtime_ns == before
