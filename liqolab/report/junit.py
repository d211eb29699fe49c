"""JUnit XML: a suite a feature, a case a scenario, in the dialect that Jenkins and Surefire agree on.

That dialect has no official schema; the strictest in use is that of Jenkins' xUnit plugin. It knows the attributes
``name``, ``classname`` and ``time`` of a case and nothing else (no file, no line, no properties), and wants the time as
plain seconds. What the steps did is in ``system-out``, where every CI system shows it.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from liqolab.report.harmless import HarmlessRun
from liqolab.report.record import FeatureRecord, HookRecord, RunRecord, ScenarioRecord, Status, StepRecord

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_TYPES: dict[Status, tuple[str, str]] = {
    "failed": ("failure", "CheckFailed"),
    "ambiguous": ("error", "AmbiguousStep"),
    "undefined": ("error", "UndefinedStep"),
    "pending": ("error", "PendingStep"),
    "skipped": ("skipped", "Skipped"),
}
"""Status → element, and the type that CI systems group by. Errors are what the author of a feature has to mend."""


def junit(record: HarmlessRun) -> str:
    """The record as JUnit XML."""
    root = Element("testsuites", name=_text(record.title or record.runner), time=_seconds(record.seconds))
    for feature in record.features:
        _suite(root, record, feature)
    if record.problems:
        _problems(root, record)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, record: RunRecord, feature: FeatureRecord) -> None:
    cases = [_case(feature, scenario) for scenario in feature.scenarios]
    found = Counter(child.tag for case in cases for child in case)
    suite = SubElement(
        root,
        "testsuite",
        name=_text(feature.name or feature.uri),
        tests=str(len(cases)),
        failures=str(found["failure"]),
        errors=str(found["error"]),
        skipped=str(found["skipped"]),
        time=_seconds(sum(scenario.seconds for scenario in feature.scenarios)),
        timestamp=_timestamp(record, feature),
    )
    properties = SubElement(suite, "properties")
    for name, value in _properties(record, feature):
        SubElement(properties, "property", name=_text(name), value=_text(value))
    suite.extend(cases)


def _problems(root: Element, record: RunRecord) -> None:
    """What went wrong outside of any scenario must not be invisible to who only counts cases."""
    count = str(len(record.problems))
    suite = SubElement(root, "testsuite", name=_text(record.runner), tests=count, failures="0", errors=count)
    for number, problem in enumerate(record.problems, 1):
        case = SubElement(suite, "testcase", name=f"problem {number}", classname=_text(record.runner), time="0.000")
        error = SubElement(case, "error", type="RunProblem", message=_text(problem.partition("\n")[0]))
        error.text = _text(problem)


def _case(feature: FeatureRecord, scenario: ScenarioRecord) -> Element:
    case = Element(
        "testcase",
        name=_text(_name(feature, scenario)),
        classname=_text(_class_name(feature)),
        time=_seconds(scenario.seconds),
    )
    status = scenario.status
    if status != "passed":
        tag, type_ = _TYPES[status]
        message, text = _reason(feature, scenario, status)
        SubElement(case, tag, type=type_, message=_text(message)).text = _text(text)
    SubElement(case, "system-out").text = _text(_steps(scenario))
    return case


def _reason(feature: FeatureRecord, scenario: ScenarioRecord, status: Status) -> tuple[str, str]:
    """One line and the whole text: of the step that decided, else of what was done around the steps."""
    for step in scenario.steps:
        if step.status == status and step.message:
            summary = step.failure.summary if step.failure else step.message.partition("\n")[0]
            return summary, f"{step.sentence}\n{feature.uri}:{step.line}\n\n{step.explanation}"
    for hook in scenario.hooks:
        if hook.status == status:
            return f"{hook.name}: {hook.message.partition(chr(10))[0]}", f"{hook.name}\n{hook.message}"
    return ("did not run" if status == "skipped" else status), ""


def _name(feature: FeatureRecord, scenario: ScenarioRecord) -> str:
    """The scenario's name, with its rule and, where several rows share the name, with the row's values."""
    name = f"{scenario.rule}: {scenario.name}" if scenario.rule else scenario.name
    if sum(1 for other in feature.scenarios if other.name == scenario.name and other.rule == scenario.rule) == 1:
        return name
    row = ", ".join(f"{column}={value}" for column, value in scenario.examples.items())
    return f"{name} ({row or f'line {scenario.line}'})"


def _class_name(feature: FeatureRecord) -> str:
    """The file as a dotted name, by which CI systems fold cases into groups."""
    return re.sub(r"[/\\]+", ".", feature.uri.removesuffix(".feature")).strip(".") or feature.name


def _steps(scenario: ScenarioRecord) -> str:
    """A table of what was done, in the order in which it was done."""
    before = [_hook_line(hook) for hook in scenario.hooks if hook.when == "before"]
    after = [_hook_line(hook) for hook in scenario.hooks if hook.when == "after"]
    return "\n".join([*before, *(_step_line(step) for step in scenario.steps), *after]) + "\n"


def _step_line(step: StepRecord) -> str:
    took = f"{step.seconds:8.3f}s" if step.started else " " * 9
    return f"{step.status:<9} {took}  {step.sentence}"


def _hook_line(hook: HookRecord) -> str:
    line = f"{hook.status:<9} {hook.seconds:8.3f}s  ({hook.name})"
    return f"{line}\n{hook.message}" if hook.message else line


def _properties(record: RunRecord, feature: FeatureRecord) -> list[tuple[str, str]]:
    found = [("file", feature.uri), ("runner", record.runner)]
    if record.provider:
        found.append(("provider", record.provider))
    if record.clusters:
        found.append(("clusters", ", ".join(record.clusters)))
    found += [(f"version.{name}", version) for name, version in sorted(record.versions.items())]
    if record.interrupted:
        found.append(("interrupted", "true"))
    return found


def _timestamp(record: RunRecord, feature: FeatureRecord) -> str:
    started = min((scenario.started for scenario in feature.scenarios if scenario.started), default=record.started)
    return datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _text(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
