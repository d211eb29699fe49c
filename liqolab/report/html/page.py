"""One page for people: what became of the run, then what went wrong and why, then everything.

The page is one file. It asks for nothing from anywhere (its policy forbids it to), is complete without its script
(which adds filters and copying), and stays quick with a thousand scenarios: drawings are shared, and what is folded
away is not laid out.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from liqolab.report.harmless import HarmlessRun
from liqolab.report.html.failure import explain
from liqolab.report.html.gallery import Gallery
from liqolab.report.html.markup import Html, tag
from liqolab.report.html.scenario import anchor, scenario_card
from liqolab.report.html.style import page_style
from liqolab.report.html.words import SIGNS, badge, duration, moment, plural
from liqolab.report.record import SEVERITY, SUCCESS, FeatureRecord, HookRecord, RunRecord, ScenarioRecord, StepRecord

_FOLDER = Path(__file__).parent


def html(record: HarmlessRun) -> str:
    """The record as a page."""
    style = page_style()
    script = (_FOLDER / "page.js").read_text(encoding="utf-8")
    gallery = Gallery()
    features = [_feature(feature, number, gallery) for number, feature in enumerate(record.features)]
    body = tag(
        "body",
        tag("a", "Skip to the results", href="#results", class_="skip"),
        gallery.definitions(),
        _header(record),
        tag("main", _problems(record), _failures(record), _controls(record), features, id="results"),
        _footer(record),
        tag("script", Html(script)),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="color-scheme", content="light dark"),
        tag("title", f"{_verdict(record)} · {record.title or record.runner}"),
        tag("style", Html(style)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _policy(script: str) -> str:
    """Nothing may be loaded, and no script may run but the page's own: not even what slipped into a value."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"


def _verdict(record: RunRecord) -> str:
    counts = record.counts
    total = sum(counts.values())
    if not total:
        return "Nothing was run"
    bad = [status for status in SEVERITY if status in counts and status not in SUCCESS]
    if bad:
        rest = "".join(f", {counts[status]} {status}" for status in bad[1:])
        return f"{counts[bad[0]]} of {plural(total, 'scenario')} {bad[0]}{rest}"
    passed = counts.get("passed", 0)
    if record.interrupted:
        return f"Interrupted after {passed} of {plural(total, 'scenario')}"
    return f"All {plural(total, 'scenario')} passed" if passed == total else f"{passed} of {total} scenarios passed"


def _header(record: RunRecord) -> Html:
    facts = [
        moment(record.started) if record.started else None,
        f"took {duration(record.seconds)}",
        f"{plural(sum(scenario.checks for _, scenario in record.scenarios), 'check')} held",
        f"{record.provider} clusters" if record.provider else None,
        ", ".join(record.clusters) or None,
        "interrupted before its end" if record.interrupted else None,
    ]
    state = "good" if record.success else "bad"
    sign = SIGNS["passed"] if record.success else SIGNS["failed"]
    return tag(
        "header",
        tag("p", record.title or record.runner, class_="title"),
        tag("h1", tag("span", sign, class_="sign", aria_hidden="true"), " ", _verdict(record)),
        tag("p", " · ".join(fact for fact in facts if fact), class_="quiet"),
        _proportions(record),
        _lanes(record),
        class_=state,
    )


def _proportions(record: RunRecord) -> Html:
    """How many of what, as a bar and in words."""
    counts = record.counts
    bar = [tag("i", class_=status, style=f"flex-grow:{count}") for status, count in counts.items()]
    words = [
        tag("li", badge(status), " ", tag("b", str(count)), class_=status) for status, count in reversed(counts.items())
    ]
    return tag("div", tag("div", bar, class_="proportions", aria_hidden="true"), tag("ul", words, class_="counts"))


def _lanes(record: RunRecord) -> Html | None:
    """When each scenario ran: a lane a worker, a block a scenario that leads to it."""
    ran = [
        (number, scenario)
        for number, feature in enumerate(record.features)
        for scenario in feature.scenarios
        if scenario.started
    ]
    if not ran or not record.seconds:
        return None
    workers = sorted({scenario.worker for _, scenario in ran})
    lanes = [
        tag(
            "div",
            [_block(record, number, scenario) for number, scenario in ran if scenario.worker == worker],
            class_="lane",
        )
        for worker in workers
    ]
    start, end = tag("span", "0 s"), tag("span", duration(record.seconds))
    scale = tag("p", start, end, class_="scale quiet", aria_hidden="true")
    return tag("nav", lanes, scale, class_="lanes", aria_label="Scenarios in the order in which they ran")


def _block(record: RunRecord, number: int, scenario: ScenarioRecord) -> Html:
    start = min(100.0, max(0.0, 100 * (scenario.started - record.started) / record.seconds))
    share = min(100.0 - start, 100 * scenario.seconds / record.seconds)
    words = f"{scenario.name}: {scenario.status}, {duration(scenario.seconds)}"
    return tag(
        "a",
        tag("span", SIGNS[scenario.status], aria_hidden="true"),
        href=f"#{anchor(number, scenario)}",
        class_=scenario.status,
        style=f"--s:{start:.2f}%;--l:{share:.2f}%",
        title=words,
        aria_label=words,
    )


def _problems(record: RunRecord) -> Html | None:
    if not record.problems:
        return None
    items = [tag("li", tag("pre", problem, class_="verbatim")) for problem in record.problems]
    return tag("section", tag("h2", "Outside of any scenario"), tag("ul", items), class_="problems")


def _failures(record: RunRecord) -> Html | None:
    """What somebody has to look at, all of it at the top."""
    cards = [
        _failure(feature, number, scenario)
        for number, feature in enumerate(record.features)
        for scenario in feature.scenarios
        if scenario.status not in SUCCESS
    ]
    if not cards:
        return None
    return tag("section", tag("h2", "What went wrong"), cards, class_="wrong")


def _failure(feature: FeatureRecord, number: int, scenario: ScenarioRecord) -> Html:
    steps = [step for step in scenario.steps if step.status not in SUCCESS]
    hooks = [hook for hook in scenario.hooks if hook.status not in SUCCESS]
    title = tag("h3", tag("a", scenario.name, href=f"#{anchor(number, scenario)}"))
    return tag(
        "article",
        tag("div", badge(scenario.status), title, class_="head"),
        [_failed_step(feature, step) for step in steps],
        [_failed_hook(hook) for hook in hooks],
        id=f"wrong-{anchor(number, scenario)}",
        class_=scenario.status,
    )


def _failed_step(feature: FeatureRecord, step: StepRecord) -> Html:
    took = f", after {duration(step.seconds)}" if step.started else ""
    place = tag("p", f"{feature.uri}:{step.line}{took}", class_="quiet")
    return tag(
        "div", tag("div", tag("p", tag("b", step.keyword), f" {step.text}"), place, class_="said"), explain(step)
    )


def _failed_hook(hook: HookRecord) -> Html:
    return tag("div", tag("p", tag("b", hook.name), class_="said"), tag("pre", hook.message, class_="verbatim"))


def _controls(record: RunRecord) -> Html:
    """Filters; the script shows them, since nothing works them without it."""
    boxes = [
        tag(
            "label",
            tag("input", type="checkbox", name_="status", value=status, checked=True),
            badge(status),
        )
        for status in SEVERITY
        if status in record.counts
    ]
    search = tag("input", type="search", id="find", placeholder="Find text (press /)", aria_label="Find text")
    folding = [tag("button", "Open all", type="button", id="open"), tag("button", "Fold all", type="button", id="fold")]
    hits = tag("output", id="hits", for_="find")
    return tag("form", search, boxes, folding, hits, id="controls", hidden=True, role="search")


def _feature(feature: FeatureRecord, number: int, gallery: Gallery) -> Html:
    return tag(
        "section",
        tag("h2", feature.name or feature.uri),
        [tag("p", part, class_="description") for part in feature.description.split("\n\n") if part.strip()],
        [scenario_card(feature, number, scenario, gallery) for scenario in feature.scenarios],
        class_="feature",
    )


def _footer(record: RunRecord) -> Html:
    versions = " · ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))
    system = " ".join(filter(None, [record.system, record.machine]))
    return tag("footer", tag("p", " · ".join(filter(None, [record.runner, versions, system])), class_="quiet"))
