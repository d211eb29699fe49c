"""One scenario: a line that says how it went, and behind it the clusters, the steps and what they left behind."""

from __future__ import annotations

from liqolab.report.html.failure import in_short
from liqolab.report.html.gallery import Gallery
from liqolab.report.html.markup import Html, tag
from liqolab.report.html.words import SIGNS, badge, duration, plural
from liqolab.report.record import SUCCESS, Attachment, FeatureRecord, HookRecord, Match, ScenarioRecord, StepRecord


def anchor(feature: int, scenario: ScenarioRecord) -> str:
    """The id of a scenario in the page; `feature` is the number of its feature."""
    return f"s{feature}-{scenario.line}" + (f"-{scenario.row}" if scenario.row else "")


def scenario_card(feature: FeatureRecord, number: int, scenario: ScenarioRecord, gallery: Gallery) -> Html:
    """A scenario as a part of its feature; what needs somebody's attention is open from the beginning."""
    status = scenario.status
    took = tag("span", duration(scenario.seconds) if scenario.started else "did not run", class_="time")
    line = tag("summary", badge(status), tag("h3", _title(scenario)), took)
    tags = [tag("span", name, class_="tag") for name in scenario.tags]
    facts = tag("p", tags, f"{feature.uri}:{scenario.row or scenario.line}", _worker(scenario), class_="quiet facts")
    id_ = anchor(number, scenario)
    body = tag(
        "div",
        facts,
        _examples(scenario),
        _around(scenario, "before"),
        _steps(scenario, id_),
        _around(scenario, "after"),
        gallery.scenario(scenario),
    )
    return tag(
        "details",
        line,
        body,
        id=id_,
        class_=f"scenario {status}",
        data_status=status,
        open=status not in ("passed", "skipped"),
    )


def _title(scenario: ScenarioRecord) -> str:
    return f"{scenario.rule}: {scenario.name}" if scenario.rule else scenario.name


def _worker(scenario: ScenarioRecord) -> str:
    checks = f" · {plural(scenario.checks, 'check')} held"
    return f"{checks} · worker {scenario.worker}" if scenario.worker else checks


def _examples(scenario: ScenarioRecord) -> Html | None:
    if not scenario.examples:
        return None
    return _table([list(scenario.examples), list(scenario.examples.values())])


def _steps(scenario: ScenarioRecord, id_: str) -> Html:
    return tag("ol", [_step(step, scenario, id_) for step in scenario.steps], class_="steps")


def _step(step: StepRecord, scenario: ScenarioRecord, id_: str) -> Html:
    """One step, with a bar that shows when in its scenario it ran and how long."""
    bar = None
    if step.started:
        length = scenario.seconds or 1.0
        start = min(100.0, max(0.0, 100 * (step.started - scenario.started) / length))
        share = min(100.0 - start, 100 * step.seconds / length)
        bar = tag("span", tag("i", style=f"--s:{start:.1f}%;--l:{share:.1f}%"), class_="bar", aria_hidden="true")
    head = tag(
        "div",
        tag("span", SIGNS[step.status], class_="sign", role="img", aria_label=step.status),
        tag("span", tag("b", step.keyword), " ", _sentence(step), class_="sentence"),
        bar,
        tag("span", duration(step.seconds) if step.started else step.status, class_="time"),
        class_="line",
    )
    return tag(
        "li",
        head,
        tag("pre", step.docstring, class_=_docstring_class(step), tabindex=0) if step.docstring is not None else None,
        _table(step.datatable) if step.datatable else None,
        _why(step, id_) if step.status not in SUCCESS else None,
        tag("p", step.message, class_="quiet") if step.status == "skipped" and step.message else None,
        [_attachment(attachment) for attachment in step.attachments],
        class_=step.status,
    )


def _why(step: StepRecord, id_: str) -> Html:
    """In short: the whole of it is at the top of the page, and need not be there twice."""
    link = tag("a", "all that is known", href=f"#wrong-{id_}")
    return tag("p", tag("strong", in_short(step)), " ", tag("span", "(", link, ")", class_="quiet"))


def _docstring_class(step: StepRecord) -> str:
    """What is typed into a shell can be copied."""
    return "docstring copy" if step.kind == "when" else "docstring"


def _sentence(step: StepRecord) -> list[Html | str]:
    """The text, with its arguments set off."""
    parts: list[Html | str] = []
    position = 0
    for argument in (step.match or Match("", "")).arguments:
        end = argument.start + len(argument.value)
        if argument.start < position or step.text[argument.start : end] != argument.value:
            continue
        parts += [step.text[position : argument.start], tag("em", argument.value)]
        position = end
    return [*parts, step.text[position:]]


def _attachment(attachment: Attachment) -> Html:
    return tag(
        "details",
        tag("summary", attachment.name),
        tag("pre", attachment.text, class_="verbatim", tabindex=0),
        class_="attachment",
    )


def _around(scenario: ScenarioRecord, when: str) -> Html | None:
    """What was done around the steps, where it says anything."""
    hooks = [hook for hook in scenario.hooks if hook.when == when and hook.status != "passed"]
    return tag("ul", [_hook(hook) for hook in hooks], class_="hooks") if hooks else None


def _hook(hook: HookRecord) -> Html:
    head = tag("div", badge(hook.status), tag("b", hook.name), tag("span", duration(hook.seconds), class_="time"))
    return tag("li", head, tag("pre", hook.message, class_="verbatim") if hook.message else None, class_=hook.status)


def _table(rows: list[list[str]]) -> Html:
    head, *body = rows
    table = tag(
        "table",
        tag("thead", tag("tr", [tag("th", cell, scope="col") for cell in head])),
        tag("tbody", [tag("tr", [tag("td", cell) for cell in row]) for row in body]),
        class_="data",
    )
    return tag("div", table, class_="scroll", tabindex=0, role="group", aria_label="table")
