"""The full terminal as a pane: a real bash, its environment, its marks, and its end."""

from __future__ import annotations

import os
from pathlib import Path

from tests.tui.conftest import staged
from tests.tui.fakes import FakeWalkthrough


async def test_a_real_bash_runs_beside_the_lesson_and_what_it_does_is_checked(tmp_path: Path) -> None:
    folder = tmp_path / "work" / "lesson"
    folder.mkdir(parents=True)
    (tmp_path / "bashrc").write_text("PS1='lab> '\n")
    walkthrough = FakeWalkthrough(folder=folder)
    walkthrough.environment = {**os.environ, "KUBECONFIG": "it's venice's"}
    async with staged((120, 40), walkthrough=walkthrough) as stage:
        await stage.press("f6")
        await stage.until(lambda: "second bash" in stage.text and "lab>" in stage.text)
        assert not (tmp_path / "bashrc-marking").exists()
        box = stage.app.screen.query_one("#terminal-box")
        assert "check" not in walkthrough.asked and "warning" not in stage.text

        await stage.press(*_typed('echo "$KUBECONFIG, ${PWD##*/}"'))
        await stage.until(lambda: "it's venice's, lesson" in stage.text)
        await stage.until(lambda: walkthrough.asked.count("check") == 1)
        assert box.border_subtitle == "✓"

        await stage.press(*_typed(""), *_typed("(exit 7)"))
        await stage.until(lambda: "exit code 7" in str(box.border_subtitle))
        assert walkthrough.asked.count("check") == 2

        assert "F6" in stage.text.splitlines()[-1] and "next" not in stage.text.splitlines()[-1]
        await stage.press("f6", "n")
        await stage.until(lambda: walkthrough.asked.count("check") == 3)
        await stage.press("f6", *_typed("exit"))
        await stage.until(lambda: not stage.app.screen.query("#terminal-box"))
        assert stage.app.screen.query_one("#runner").display


def _typed(line: str) -> list[str]:
    names = {
        " ": "space",
        '"': "quotation_mark",
        "$": "dollar_sign",
        "{": "left_curly_bracket",
        "}": "right_curly_bracket",
    }
    names |= {
        "#": "number_sign",
        "*": "asterisk",
        "/": "slash",
        ",": "comma",
        "(": "left_parenthesis",
        ")": "right_parenthesis",
    }
    return [*(names.get(letter, letter) for letter in line), "enter"]
