"""Rules about what a lesson says: that prose, hints and tasks agree with the feature."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liqolab.author.lint.lesson_folder import LessonFolder, lesson_rule
from liqolab.author.lint.marked import Marked
from liqolab.author.lint.rule import Spot
from liqolab.author.lint.source import Source
from liqolab.scenario.mistakes import Attempt, Condition
from liqolab.scenario.outline import Typed, one_line
from liqolab.shelltext.reader import split

PROGRAMS = ("kubectl", "liqoctl", "kind", "liqolab", "helm", "docker")
"""What begins a command in prose, besides ``./`` and ``export``."""

_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_FENCE = re.compile(r"^\s*(```|~~~)")
_MARK = re.compile(r"^\{\{run (\d+)\}\}[ \t]*$", re.MULTILINE)
_LIKE_A_MARK = re.compile(r"\{\{.*?\}\}?")
_ELLIPSIS = re.compile(r"\s*(?:\.\.\.|…)\s*")
_WORD = re.compile(r"[\w./=-]+")

_NUDGE_WORDS = 2
_CONCEPT_WORDS = 4


@lesson_rule(
    "prose-drift",
    what="Commands that prose names are commands of the feature.",
    why="The feature is played and tested, prose is not: what only prose says is wrong after the next change.",
    bad="`kubectl get foreigncluster` shows the peerings.     (the feature says foreignclusters)\n",
    good="`kubectl get foreignclusters` shows the peerings.\n",
)
def prose_drift(lesson: LessonFolder) -> Iterator[Spot]:
    steps = lesson.outlines
    known = [command.one_line for step in steps.values() for command in step.commands]
    if not known:
        return
    for path, source in lesson.prose.items():
        for line, column, code in _commands_in(source):
            parts = [one_line(part) for part in _ELLIPSIS.split(code) if part.strip()]
            if not any(all(_says(command, part) for part in parts) for command in known):
                yield Spot(line, column, f"no command of the feature says: {code}", path)


@lesson_rule(
    "prose-mark",
    what="A mark {{run N}} in prose has its line to itself, names a command of its step, and marks are in order.",
    why="The lesson cannot be opened otherwise; what only looks like a mark would be shown to learners as it is.",
    bad="{{run 2}}\n\nand then\n\n{{run 1}}\n",
    good="{{run 1}}\n\nand then\n\n{{run 2}}\n",
)
def prose_mark(lesson: LessonFolder) -> Iterator[Spot]:
    steps = lesson.outlines
    for path, source in lesson.prose.items():
        yield from _unmeant_marks(path, source)
        step = steps.get(path.rpartition("/")[2].removesuffix(".md"))
        placed = 0
        for mark in _MARK.finditer(source.text) if step is not None else ():
            line, number = source.text.count("\n", 0, mark.start()) + 1, int(mark[1])
            assert step is not None
            if number > len(step.commands):
                yield Spot(line, 1, f"the step has {len(step.commands)} commands, there is no number {number}", path)
            elif number <= placed:
                yield Spot(line, 1, f"command {number} stands behind command {placed}", path)
            placed = max(placed, number)


def _unmeant_marks(path: str, source: Source) -> Iterator[Spot]:
    """What looks like a mark and is none; code may contain anything (Go's templates are written in braces, too)."""
    fenced = False
    for number, line in enumerate(source.lines, 1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and not _MARK.match(line):
            for found in _LIKE_A_MARK.finditer(_CODE.sub(lambda code: " " * len(code[0]), line)):
                message = f"{found[0]} is no mark: {{{{run 1}}}}, on a line of its own, shows the step's first command"
                yield Spot(number, found.start() + 1, message, path)


@lesson_rule(
    "hint-early",
    what="Hints that nudge or explain do not give the command away.",
    why="Whoever asks for a little help gets all of it, and has nothing left to find out.",
    bad="hints:\n  nudge: Use liqoctl offload namespace.\n",
    good="hints:\n  nudge: The namespace must exist before it is offloaded.\n",
)
def hint_early(lesson: LessonFolder) -> Iterator[Spot]:
    steps = lesson.outlines
    for name, entry in lesson.steps:
        hints = entry.get("hints")
        if hints is None or name not in steps:
            continue
        for kind, length in (("nudge", _NUDGE_WORDS), ("concept", _CONCEPT_WORDS)):
            hint = hints.text(kind)
            if hint is None:
                continue
            given = _given_away(hint.value, steps[name].commands, length)
            if given:
                yield Spot(hint.line, hint.column, f'the {kind} of step "{name}" gives the command away: {given}')


@lesson_rule(
    "task-count",
    what="A step that has tasks has one for each goal of its scenario.",
    why="A task is the wording of a goal for learners: with one too few, its light says something else.",
)
def task_count(lesson: LessonFolder) -> Iterator[Spot]:
    steps = lesson.outlines
    for name, entry in lesson.steps:
        tasks = entry.listed("tasks")
        if tasks and name in steps and len(tasks) != len(steps[name].goals):
            message = f'step "{name}" has {len(tasks)} tasks for {len(steps[name].goals)} goals'
            yield Spot(*entry.keys["tasks"], message)


@lesson_rule(
    "mistake-own-command",
    what="No mistake that is told by the command's text alone matches a command of its own step.",
    why="Whoever does what the step asks for is told that it was wrong.",
    bad="when: {command: 'kubectl delete'}     (the step says kubectl delete namespace demo)\n",
    good="when: {command: 'kubectl delete', without: 'namespace'}\n",
)
def mistake_own_command(lesson: LessonFolder) -> Iterator[Spot]:
    """What a mistake asks of the output, the exit code or the cluster cannot be told before a command is run."""
    steps = lesson.outlines
    anywhere = [command for step in steps.values() for command in step.commands]
    places = [(lesson.top, anywhere)]
    places += [(entry, list(steps[name].commands)) for name, entry in lesson.steps if name in steps]
    for holder, commands in places:
        texts = [text for command in commands for text in (command.text, *split(command.text))]
        for mistake in holder.listed("mistakes"):
            when, name = mistake.get("when"), mistake.text("id")
            if when is None or name is None or (pattern := when.text("command")) is None:
                continue
            own = next((text for text in texts if _told_by_text(when, text)), None)
            if own is not None:
                message = f'the mistake "{name.value}" matches what the lesson itself asks for: {one_line(own)}'
                yield Spot(pattern.line, pattern.column, message)


def _told_by_text(when: Marked, text: str) -> bool:
    """Whether a condition holds for a command whatever becomes of it."""
    known = when.plain()
    if known.get("output") or known.get("cluster") or known.get("fails") is not None:
        return False
    try:
        condition = Condition(re.compile(known["command"]), re.compile(str(known.get("without") or "(?!)")))
    except re.error:  # the schema's rule says so
        return False
    return condition.holds(Attempt(text, 0, ""))


def _commands_in(source: Source) -> Iterator[tuple[int, int, str]]:
    """Commands in the prose, in code within lines and in fenced blocks: line, column, text."""
    fenced = False
    pending: tuple[int, int, str] | None = None
    for number, line in enumerate(source.lines, 1):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        if not fenced:
            for found in _CODE.finditer(line):
                if _is_command(found.group(1)):
                    yield number, found.start() + 2, found.group(1).strip()
            continue
        text = line.strip().removeprefix("$ ")
        if pending is not None:
            pending = (pending[0], pending[1], f"{pending[2].rstrip(chr(92))} {text}")
        elif _is_command(text):
            pending = (number, len(line) - len(line.lstrip()) + 1, text)
        if pending is not None and not text.endswith("\\"):
            yield pending
            pending = None


def _is_command(text: str) -> bool:
    words = text.split()
    # A program's name alone is a word of the language, not a command to be typed.
    return (len(words) > 1 and words[0] in (*PROGRAMS, "export")) or text.startswith("./")


def _given_away(hint: str, commands: tuple[Typed, ...], length: int) -> str:
    """The first `length` words of a command that stand in the hint one behind the other; empty for none."""
    said = f" {' '.join(_words(hint))} "
    for command in (line for block in commands for line in split(block.text)):
        words = _words(one_line(command))
        beginning = " ".join(words[:length])
        if len(words) >= length and f" {beginning} " in said and words[0] in PROGRAMS:
            return beginning
    return ""


def _words(text: str) -> list[str]:
    return [word.rstrip(".") for word in _WORD.findall(text)]


def _says(command: str, part: str) -> bool:
    """Whether `part` stands in the command as whole words."""
    return re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", command) is not None
