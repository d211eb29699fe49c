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

from liqolab.report.record import FeatureRecord, HookRecord, Match, RunRecord, ScenarioRecord, Status, StepRecord
from liqolab.report.syntax import Syntax, parse

Document = dict[str, Any]


def cucumber_json(record: RunRecord) -> str:
    """The record as Cucumber JSON."""
    return json.dumps([_feature(feature) for feature in record.features], indent=2, ensure_ascii=False) + "\n"


def _feature(feature: FeatureRecord) -> Document:
    syntax = parse(feature)
    id_ = _slug(feature.name)
    return {
        "uri": feature.uri,
        "id": id_,
        "line": feature.line,
        "keyword": feature.keyword,
        "name": feature.name,
        "description": feature.description,
        "tags": [_feature_tag(feature, tag) for tag in feature.tags],
        "elements": [element for scenario in feature.scenarios for element in _elements(scenario, syntax, id_)],
    }


def _feature_tag(feature: FeatureRecord, name: str) -> Document:
    """A tag with its place, which the record does not keep."""
    for line, text in enumerate(feature.source.splitlines()[: feature.line], 1):
        found = re.search(rf"(?<!\S){re.escape(name)}(?!\S)", text)
        if found and text.lstrip().startswith("@"):
            return {"name": name, "type": "Tag", "location": {"line": line, "column": found.start() + 1}}
    return {"name": name, "type": "Tag", "location": {"line": feature.line, "column": 1}}


def _elements(scenario: ScenarioRecord, syntax: Syntax, feature_id: str) -> list[Document]:
    """The Backgrounds of a scenario, one after the other, and the scenario."""
    inherited = itertools.takewhile(lambda step: step.background, scenario.steps)
    backgrounds = [
        _background(list(steps), syntax, line)
        for line, steps in itertools.groupby(inherited, key=lambda step: _background_line(step, syntax))
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
        "steps": [_step(step, syntax) for step in own],
    }
    if scenario.started:
        at = datetime.fromtimestamp(scenario.started, UTC)
        element["start_timestamp"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for when in ("before", "after"):
        hooks = [_hook(hook) for hook in scenario.hooks if hook.when == when]
        if hooks:
            element[when] = hooks
    return [*backgrounds, element]


def _background_line(step: StepRecord, syntax: Syntax) -> int:
    background = syntax.backgrounds.get(step.line)
    return int(background["location"]["line"]) if background else 0


def _background(steps: list[StepRecord], syntax: Syntax, line: int) -> Document:
    node = syntax.backgrounds.get(steps[0].line, {})
    return {
        "type": "background",
        "keyword": node.get("keyword", "Background"),
        "name": node.get("name", ""),
        "description": node.get("description", "").strip(),
        "line": line or steps[0].line,
        "steps": [_step(step, syntax) for step in steps],
    }


def _step(step: StepRecord, syntax: Syntax) -> Document:
    document: Document = {
        # As Cucumber does, with the blank that stands behind it.
        "keyword": f"{step.keyword} ",
        "name": step.text,
        "line": step.line,
        "match": _match(step.match),
        "result": _result(step.status, step.seconds if step.started else None, step.message),
    }
    if step.docstring is not None:
        document["doc_string"] = {
            "value": step.docstring,
            "content_type": step.media_type,
            "line": syntax.docstrings.get(step.line, step.line + 1),
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
