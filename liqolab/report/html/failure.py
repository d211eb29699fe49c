"""Why a step did not hold: the root cause first, then how it led to what was seen, then the evidence."""

from __future__ import annotations

from liqolab.report.html.markup import Html, tag
from liqolab.report.record import StepRecord
from liqolab.steps.failing.diff import unified
from liqolab.steps.failing.failure import EventLine, Failure, LogTail, Moment
from liqolab.steps.failing.harmless import HarmlessFailure
from liqolab.steps.failing.text import patience

_MOST_ROWS = 40


def in_short(step: StepRecord) -> str:
    """The root cause, or what was found, in a line."""
    failure = step.failure
    told = failure.causes[-1] if failure and failure.causes else failure.summary if failure else step.message
    return told.partition("\n")[0] or step.status


def explain(step: StepRecord) -> Html:
    """All that is known of a step that did not pass."""
    if step.failure is None:
        return tag("pre", step.message or step.status, class_="verbatim")
    return evidence(step.failure)


def evidence(failure: HarmlessFailure) -> Html:
    """All that is known of a failure."""
    parts = (
        _causes(failure),
        _found(failure),
        _differences(failure),
        _diff(failure),
        _timeline(failure),
        _nearest(failure),
        _events(failure.events),
        _output(failure),
        [_log(log) for log in failure.logs],
        _command(failure),
    )
    return tag("div", parts, class_="failure")


def _causes(failure: Failure) -> Html | None:
    """From the root to what is seen; a chain reads from its cause."""
    if not failure.causes:
        return None
    root, *rest = reversed(failure.causes)
    chain = tag("ol", [tag("li", text) for text in rest], class_="chain") if rest else None
    return tag("div", tag("h4", "Cause"), tag("p", root, class_="root"), chain, class_="causes")


def _found(failure: HarmlessFailure) -> Html:
    first, *rest = failure.summary.splitlines() or [""]
    known = failure.target is None or str(failure.target) in failure.summary
    about = None if known else tag("p", str(failure.target), class_="quiet")
    timing = tag("p", patience(failure), class_="quiet") if patience(failure) else None
    more = tag("pre", "\n".join(rest), class_="verbatim") if any(line.strip() for line in rest) else None
    return _part("Found", tag("p", first), more, about, timing)


def _differences(failure: Failure) -> Html | None:
    if not failure.differences:
        return None
    rows = [
        tag("tr", tag("th", tag("code", row.path), scope="row"), tag("td", row.expected), tag("td", row.actual))
        for row in failure.differences[:_MOST_ROWS]
    ]
    head = tag("tr", tag("th", "Field"), tag("th", "Expected"), tag("th", "Found"))
    return _part("Fields", _table(head, rows))


def _diff(failure: Failure) -> Html | None:
    if failure.expected is None or failure.actual is None:
        return None
    lines = [line for line in unified(failure.expected, failure.actual) if not line.startswith(("---", "+++"))]
    if not lines:
        return None
    kinds = {"+": "added", "-": "removed", "@": "quiet"}
    shown = [tag("span", f"{line}\n", class_=kinds.get(line[:1])) for line in lines]
    return _part("Difference (− expected, + found)", tag("pre", shown, class_="diff", tabindex=0))


def _timeline(failure: Failure) -> Html | None:
    if len(failure.timeline) < 2:
        return None
    end = max(moment.seconds for moment in failure.timeline) or 1.0
    return _part(
        "What was seen over time",
        tag("ol", [_moment(moment, end) for moment in failure.timeline[-_MOST_ROWS:]], class_="moments"),
    )


def _moment(moment: Moment, end: float) -> Html:
    at = tag("span", f"{moment.seconds:.1f} s", class_="time")
    track = tag("span", style=f"--at:{100 * moment.seconds / end:.1f}%", class_="track", aria_hidden="true")
    return tag("li", at, track, tag("span", moment.text, class_="seen"))


def _nearest(failure: Failure) -> Html | None:
    return _part("Nearest miss", tag("p", failure.nearest)) if failure.nearest else None


def _events(events: list[EventLine]) -> Html | None:
    if not events:
        return None
    rows = [
        tag(
            "tr",
            tag("td", event.cluster),
            tag("td", tag("code", event.object)),
            tag("td", tag("strong", event.reason), f" ×{event.count}" if event.count > 1 else "", class_=event.type),
            tag("td", event.message),
        )
        for event in events[-_MOST_ROWS:]
    ]
    head = tag("tr", [tag("th", name) for name in ("Cluster", "Object", "Reason", "Message")])
    return _part("Events", _table(head, rows))


def _output(failure: Failure) -> Html | None:
    if failure.output is None and failure.code is None:
        return None
    title = "Output" if failure.code is None else f"Output (exit code {failure.code})"
    return _part(title, tag("pre", failure.output or "(nothing)", class_="verbatim", tabindex=0))


def _log(log: LogTail) -> Html:
    title = f"Log of pod {log.pod}, container {log.container}, in cluster {log.cluster}"
    return _part(title, tag("pre", "\n".join(log.lines) or "(empty)", class_="verbatim", tabindex=0))


def _command(failure: Failure) -> Html | None:
    if not failure.command:
        return None
    return _part("See for yourself", tag("pre", tag("code", failure.command), class_="command copy", tabindex=0))


def _table(head: Html, rows: list[Html]) -> Html:
    table = tag("table", tag("thead", head), tag("tbody", rows))
    return tag("div", table, class_="scroll", tabindex=0, role="group", aria_label="table")


def _part(title: str, *children: Html | None) -> Html:
    return tag("div", tag("h4", title), children, class_="part")
