"""Cucumber JSON: the older format that most tools read, as Cucumber-JVM writes it.

Backgrounds are elements of their own before each scenario that they belong to; durations are nanoseconds; what was done
around a scenario is in ``before`` and ``after``; attachments are embeddings, their data in base64.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
from datetime import UTC, datetime
from typing import Any

from liqolab import gherkin_tree
from liqolab.report.harmless import HarmlessRun
from liqolab.report.record import FeatureRecord, HookRecord, Match, ScenarioRecord, Status, StepRecord

Document = dict[str, Any]
Written = dict[int, tuple[gherkin_tree.Section, gherkin_tree.Step]]
"""Steps as written, with what they stand in, by line; nothing for a source that is not Gherkin, or was shortened."""


def cucumber_json(record: HarmlessRun) -> str:
    """The record as Cucumber JSON."""
    return json.dumps([_feature(feature) for feature in record.features], indent=2, ensure_ascii=False) + "\n"


def _feature(feature: FeatureRecord) -> Document:
    written = _written(feature)
    id_ = _slug(feature.name)
    return {
        "uri": feature.uri,
        "id": id_,
        "line": feature.line,
        "keyword": feature.keyword,
        "name": feature.name,
        "description": feature.description,
        "tags": [_feature_tag(feature, tag) for tag in feature.tags],
        "elements": [element for scenario in feature.scenarios for element in _elements(scenario, written, id_)],
    }


def _written(feature: FeatureRecord) -> Written:
    try:
        sections = gherkin_tree.parse(feature.source, feature.uri).sections
    except gherkin_tree.GherkinError:
        return {}
    return {step.line: (section, step) for section in sections for step in section.steps}


def _feature_tag(feature: FeatureRecord, name: str) -> Document:
    """A tag with its place, which the record does not keep."""
    for line, text in enumerate(feature.source.splitlines()[: feature.line], 1):
        found = re.search(rf"(?<!\S){re.escape(name)}(?!\S)", text)
        if found and text.lstrip().startswith("@"):
            return {"name": name, "type": "Tag", "location": {"line": line, "column": found.start() + 1}}
    return {"name": name, "type": "Tag", "location": {"line": feature.line, "column": 1}}


def _elements(scenario: ScenarioRecord, written: Written, feature_id: str) -> list[Document]:
    """The Backgrounds of a scenario, one after the other, and the scenario."""
    inherited = itertools.takewhile(lambda step: step.background, scenario.steps)
    backgrounds = [
        _background(list(steps), written, line)
        for line, steps in itertools.groupby(inherited, key=lambda step: _background_line(step, written))
    ]
    own = scenario.steps[sum(len(background["steps"]) for background in backgrounds) :]
    row = f";{scenario.row}" if scenario.row else ""
    element: Document = {
        "id": f"{feature_id};{_slug(scenario.name)}{row}",
        "type": "scenario",
        "keyword": scenario.keyword,
        "name": scenario.name,
        "description": scenario.description,
        "line": scenario.row or scenario.line,
        "tags": [{"name": tag} for tag in scenario.tags],
        "steps": [_step(step, written) for step in own],
    }
    if scenario.started:
        at = datetime.fromtimestamp(scenario.started, UTC)
        element["start_timestamp"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for when in ("before", "after"):
        hooks = [_hook(hook) for hook in scenario.hooks if hook.when == when]
        if hooks:
            element[when] = hooks
    return [*backgrounds, element]


def _background_line(step: StepRecord, written: Written) -> int:
    section, _ = written.get(step.line, (None, None))
    return section.line if section and section.is_background else 0


def _background(steps: list[StepRecord], written: Written, line: int) -> Document:
    section = written[steps[0].line][0] if line else None
    return {
        "type": "background",
        "keyword": section.keyword if section else "Background",
        "name": section.name if section else "",
        "description": section.description.strip() if section else "",
        "line": line or steps[0].line,
        "steps": [_step(step, written) for step in steps],
    }


def _step(step: StepRecord, written: Written) -> Document:
    document: Document = {
        # As Cucumber does, with the blank that stands behind it.
        "keyword": f"{step.keyword} ",
        "name": step.text,
        "line": step.line,
        "match": _match(step.match),
        "result": _result(step.status, step.seconds if step.started else None, step.message),
    }
    if step.docstring is not None:
        _, known = written.get(step.line, (None, None))
        block = known.block if known else None
        document["doc_string"] = {
            "value": step.docstring,
            "content_type": step.media_type,
            "line": block.line if block else step.line + 1,
        }
    if step.datatable is not None:
        document["rows"] = [{"cells": row} for row in step.datatable]
    if step.attachments:
        document["embeddings"] = [
            {
                "name": attachment.name,
                "mime_type": attachment.media_type,
                "data": base64.b64encode(attachment.text.encode()).decode(),
            }
            for attachment in step.attachments
        ]
    return document


def _match(match: Match | None) -> Document:
    if match is None:
        return {}
    arguments = [{"val": argument.value, "offset": argument.start} for argument in match.arguments]
    return {"location": match.location, **({"arguments": arguments} if arguments else {})}


def _hook(hook: HookRecord) -> Document:
    return {"match": {"location": hook.name}, "result": _result(hook.status, hook.seconds, hook.message)}


def _result(status: Status, seconds: float | None, message: str) -> Document:
    result: Document = {"status": status}
    if seconds is not None:
        result["duration"] = round(seconds * 1_000_000_000)
    if message or status == "failed":
        result["error_message"] = message or "failed"
    return result


def _slug(name: str) -> str:
    return re.sub(r"\s+", "-", name.strip().lower())
