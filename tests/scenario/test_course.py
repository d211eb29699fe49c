"""The course: its lessons say what they are for and explain their words, and the course page tells them in order."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from liqolab.author.scaffold import scaffold
from liqolab.cli.lessons import lessons as command
from liqolab.learn.curriculum import Standing, curriculum, following, next_lesson
from liqolab.learn.journal import Journal
from liqolab.learn.steps import stages
from liqolab.scenario.lesson import Lesson, load_lesson

LANGUAGES = ("en", "it")
COURSE = [standing.lesson.name for standing in curriculum() if standing.lesson.order is not None]
EXPLAINED = {
    "en": ("Liqo", "peering", "out-of-band", "virtual node", "offloading"),
    "it": ("Liqo", "peering", "out-of-band", "nodo virtuale", "offloading"),
}
"""Words that nobody knows before the first lesson, and that every lesson explains: people begin where they like."""


@pytest.fixture(params=[(name, language) for name in COURSE for language in LANGUAGES], ids="-".join)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    name, language = request.param
    return load_lesson(name, language)


def test_a_lesson_says_what_it_is_for_before_it_begins_and_what_was_learnt_at_its_end(lesson: Lesson) -> None:
    assert lesson.purpose
    assert 3 <= len(lesson.able) <= 5
    assert 3 <= len(lesson.recap) <= 6
    assert not lesson.untranslated
    first = stages(lesson)[0].view.blocks[0]
    text = getattr(first, "markdown", "")
    assert text.startswith(lesson.purpose.split("\n")[0])
    assert all(ability in text for ability in lesson.able)
    assert str(lesson.minutes) in text


def test_a_word_of_the_trade_is_explained_where_it_first_appears(lesson: Lesson) -> None:
    text = " ".join(" ".join([lesson.purpose, *(step.prose for step in lesson.steps)]).split())
    for title in (load_lesson(name, lesson.language).title for name in COURSE):
        text = text.replace(f"*{title}*", "")
    for word in EXPLAINED[lesson.language]:
        first = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE)
        assert first is not None, word
        assert text[first.start() - 2 : first.end() + 2] == f"**{first[0]}**", text[
            first.start() - 40 : first.end() + 40
        ]


def test_what_a_lesson_builds_on_comes_before_it() -> None:
    assert list(dict.fromkeys(COURSE)) == COURSE
    for name in COURSE:
        assert set(load_lesson(name).after) <= set(COURSE[: COURSE.index(name)]), name
    for before, after in pairwise(COURSE):
        found = following(load_lesson(before))
        assert found is not None
        assert found.name == after
    assert following(load_lesson(COURSE[-1])) is None


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIQOLAB_HOME", str(tmp_path))
    monkeypatch.setenv("LIQOLAB_LESSONS", "")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def worked(home: Path, lesson: str, *steps: str, passed: int = 0) -> None:
    """Somebody was in these steps of a lesson, for a minute each."""
    journal = Journal(home / "playgrounds" / f"of-{lesson}"[:30].rstrip("-") / "learn" / lesson / "journal.jsonl")
    for number, step in enumerate(steps):
        journal.write("entered", step=step)
        journal.write("spent", step=step, seconds=60)
        if number < passed:
            journal.write("passed", step=step)
    journal.close()


def page(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_course_page_tells_order_progress_and_what_to_do_next(state: Path) -> None:
    assert "Next: " in page()
    assert page().rstrip().endswith(f"learn {COURSE[0]}")
    first = load_lesson(COURSE[0])
    everything = [step.id for step in first.steps]
    worked(state, COURSE[0], *everything, passed=len(everything))
    assert f"done in {len(everything)} min 0 s" in page()
    assert page().rstrip().endswith(f"learn {COURSE[1]}")
    worked(state, COURSE[2], "provision", "peer", passed=1)
    said = page()
    assert f"at step 2 of {len(load_lesson(COURSE[2]).steps)}, 2 min 0 s so far" in said
    assert said.rstrip().endswith(f"learn {COURSE[2]}")
    assert f"builds on {COURSE[0]}" in said
    assert [said.index(f"({name})") for name in COURSE] == sorted(said.index(f"({name})") for name in COURSE)


def test_the_course_page_speaks_italian(state: Path) -> None:
    said = page("--language", "it")
    assert said.startswith(f"Il corso: {len(COURSE)} lezioni")
    assert all(load_lesson(name, "it").title in said for name in COURSE)
    assert "there is no language" in CliRunner().invoke(command, ["--language", "de"]).output


def test_lessons_of_ones_own_follow_those_of_the_course(state: Path) -> None:
    scaffold(state / "own", "my-lesson", ["rome"])
    said = page("--lessons", str(state / "own"))
    assert said.index("(my-lesson)") > said.index(f"({COURSE[-1]})")
    assert said.rstrip().endswith(f"learn {COURSE[0]}")


def test_looking_at_the_course_leaves_nothing_behind(state: Path) -> None:
    page()
    assert list(state.iterdir()) == []


def test_when_all_is_done_nothing_is_next() -> None:
    done = [Standing(load_lesson(name), "learn", "passed") for name in COURSE]
    assert next_lesson(done) is None
