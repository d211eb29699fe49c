"""A failure as text, for terminals, pytest and logs: the sentence, its cause, and the evidence, the most telling first.

Words in the left margin say what each part is, so nothing depends on colour, and a part that knows nothing is left out.
Prose is wrapped; what people compare or copy (diffs, logs, output, the command) keeps its lines.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from liqolab.steps.failing.diff import unified
from liqolab.steps.failing.failure import EventLine, Failure, Moment
from liqolab.steps.failing.harmless import HarmlessFailure, harmless
from liqolab.steps.failing.redaction import Presentable
from liqolab.steps.timing import Kind

WIDTH = 80

_MARGIN = 10
_MOST_DIFFERENCES = 15
_MOST_EVENTS = 8
_MOST_MOMENTS = 10
_MOST_LOG_LINES = 20
_MOST_OUTPUT_LINES = 40
_SHORT = 28
"""A moment of at most so many characters shares its line with others."""

_PATIENCE: dict[Kind, str] = {
    "within": "not within {0:g}s",
    "for": "it did not stay so for {0:g}s",
    "never": "it was to be so never, watched for {0:g}s",
}

_AS_FOUND = "as found"
"""In a timeline: what the report has said already."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of what is known.

    Attributes:
        label: what it is, in one word.
        lines: its text; a line of prose may be wrapped.
        verbatim: whether line breaks and blanks are part of it.
    """

    label: str
    lines: tuple[str, ...]
    verbatim: bool = False


def failure_text(failure: Failure, width: int = WIDTH) -> Presentable:
    """All that is known, the most telling first; no secrets, no control characters, bounded in length."""
    shown = harmless(failure)
    parts = sections(shown)
    if not shown.sentence:
        # Nobody has said yet which step it was: what was found is all there is to begin with.
        found = next((part.lines for part in parts if part.label == "found"), ())
        head, parts = "\n".join(found), [part for part in parts if part.label != "found"]
    else:
        head = " ".join(shown.sentence.split())
    return Presentable("\n".join([head, *_body(parts, width)]))


def text_below_sentence(failure: HarmlessFailure, width: int = WIDTH) -> Presentable:
    """All that is known, for whoever has shown the sentence already."""
    return Presentable("\n".join(_body(sections(failure), width)))


def patience(failure: HarmlessFailure) -> str:
    """How long it was watched and for what, in words; empty where time was no part of it."""
    timing = failure.timing
    if timing is None or not timing.seconds:
        return ""
    # Where nothing was noted on the way, there is nothing of which it could be said when it was so.
    words = _PATIENCE[timing.kind] if failure.timeline else "watched for {0:g}s"
    return words.format(timing.seconds)


def sections(failure: HarmlessFailure) -> list[Section]:
    """What is known of a failure, without its sentence, in the order in which people need it."""
    return [part for make in _SECTIONS if (part := make(failure)).lines]


def _causes(failure: Failure) -> Section:
    return Section("cause", tuple(failure.causes[-1:]))


def _consequences(failure: Failure) -> Section:
    return Section("hence", tuple(reversed(failure.causes[:-1])))


def _found(failure: Failure) -> Section:
    summary = failure.summary.rstrip()
    about = f"{failure.target}: " if failure.target else ""
    return Section("found", tuple(summary.removeprefix(about).splitlines()), verbatim="\n" in summary)


def _where(failure: Failure) -> Section:
    about = str(failure.target) if failure.target else ""
    return Section("where", tuple(text for text in (failure.location, about) if text))


def _fields(failure: Failure) -> Section:
    rows = [str(row) for row in failure.differences[:_MOST_DIFFERENCES]]
    rest = len(failure.differences) - _MOST_DIFFERENCES
    return Section("fields", (*rows, *((f"… ({rest} more)",) if rest > 0 else ())))


def _diff(failure: Failure) -> Section:
    if failure.expected is None or failure.actual is None:
        return Section("diff", ())
    return Section("diff", tuple(unified(failure.expected, failure.actual)), verbatim=True)


def _nearest(failure: Failure) -> Section:
    told = not failure.nearest or failure.nearest in failure.causes
    return Section("nearest", () if told else (failure.nearest,))


def _timeline(failure: HarmlessFailure) -> Section:
    moments = _with_timeout(failure)
    if len(moments) > _MOST_MOMENTS:
        left_out = Moment(moments[2].seconds, f"… ({len(moments) - _MOST_MOMENTS} more)")
        moments = [*moments[:2], left_out, *moments[-_MOST_MOMENTS + 2 :]]
    if all(len(moment.text) <= _SHORT for moment in moments):
        texts = [f"{moment.seconds:.1f}s {moment.text}" for moment in moments]
        told = " · ".join(texts) or patience(failure)
        return Section("timeline", (told,) if told else ())
    return Section("timeline", tuple(f"{moment.seconds:4.1f}s {moment.text}" for moment in moments))


def _with_timeout(failure: Failure) -> list[Moment]:
    """The timeline, and the moment at which the patience of ``within`` was at its end."""
    timing = failure.timing
    found = " ".join(_found(failure).lines)
    moments = [Moment(row.seconds, _AS_FOUND if row.text == found else row.text) for row in failure.timeline]
    if timing is None or timing.kind != "within" or not moments:
        return moments
    last = moments[-1].text
    return [*moments, Moment(timing.seconds, f"{last if len(last) <= _SHORT - 10 else 'the same'} (timeout)")]


def _events(failure: Failure) -> Section:
    return Section("events", tuple(_event(event) for event in failure.events[-_MOST_EVENTS:]))


def _event(event: EventLine) -> str:
    times = f" ×{event.count}" if event.count > 1 else ""
    return f"{event.type} {event.reason}{times} of {event.object} in {event.cluster}: {event.message}"


def _logs(failure: Failure) -> Section:
    lines: list[str] = []
    for log in failure.logs:
        lines.append(f"{log.cluster}: pod/{log.pod}, container {log.container}")
        lines += [f"| {line}" for line in log.lines[-_MOST_LOG_LINES:]]
    return Section("logs", tuple(lines), verbatim=True)


def _output(failure: Failure) -> Section:
    if failure.output is None or failure.output.strip() in failure.summary:
        return Section("output", ())
    lines = failure.output.rstrip().splitlines()
    shown = lines[-_MOST_OUTPUT_LINES:]
    if len(lines) > len(shown):
        shown.insert(0, f"… ({len(lines) - len(shown)} lines before)")
    return Section("output", tuple(f"| {line}" for line in shown), verbatim=True)


def _exit_code(failure: Failure) -> Section:
    return Section("exit code", (str(failure.code),) if failure.code is not None else ())


def _command(failure: Failure) -> Section:
    return Section("look", (failure.command,) if failure.command else (), verbatim=True)


_SECTIONS: tuple[Callable[[HarmlessFailure], Section], ...] = (
    _causes,
    _consequences,
    _found,
    _where,
    _fields,
    _diff,
    _nearest,
    _timeline,
    _events,
    _output,
    _exit_code,
    _logs,
    _command,
)


def _body(parts: list[Section], width: int) -> list[str]:
    return [line for part in parts for line in _laid_out(part, width)]


def _laid_out(section: Section, width: int) -> list[str]:
    """The section's lines behind the margin, its label in the margin of the first one."""
    rows: list[str] = []
    for line in section.lines:
        rows += line.split("\n") if section.verbatim else _wrapped(line, width - _MARGIN)
    label = f"{section.label:<{_MARGIN}}"
    return [f"{label if index == 0 else ' ' * _MARGIN}{row}".rstrip() for index, row in enumerate(rows)]


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(
        line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False, replace_whitespace=True
    ) or [""]
