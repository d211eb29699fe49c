"""Cucumber Messages: one JSON document a line, the protocol that Cucumber's own reports are built from.

The order is that of a run: what there is (sources, trees, pickles, definitions of steps and hooks, cases), then what
happened, case by case. Ids are counted, so the same record gives the same bytes. A feature whose source cannot be
parsed has no tree to point into, and is told as a parse error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gherkin.stream.id_generator import IdGenerator

from liqolab.gherkin_tree import GherkinError, numbered, parse
from liqolab.report.harmless import HarmlessRun
from liqolab.report.record import FeatureRecord, HookRecord, RunRecord, ScenarioRecord, Status, StepRecord

Document = dict[str, Any]

PROTOCOL_VERSION = "34.2.0"

_GHERKIN = "text/x.cucumber.gherkin+plain"
_HOOK_TYPES = {"before": "BEFORE_TEST_CASE", "after": "AFTER_TEST_CASE"}


def messages(record: HarmlessRun) -> str:
    """The record as Cucumber Messages."""
    return "".join(f"{json.dumps(envelope, ensure_ascii=False)}\n" for envelope in _Stream(record).envelopes())


class _Stream:
    """Makes the messages of one record, and remembers the ids that later messages point to."""

    def __init__(self, record: RunRecord) -> None:
        self._record = record
        self._ids = IdGenerator()
        self._run = self._id()
        self._definitions: dict[tuple[str, str], str] = {}
        self._hooks: dict[tuple[str, str], str] = {}

    def envelopes(self) -> Iterator[Document]:
        """All messages in order."""
        yield {"meta": _meta(self._record)}
        parsed = [(feature, *self._parsed(feature)) for feature in self._record.features]
        for feature, document, pickles in parsed:
            yield from self._source(feature, document, pickles)
        yield from self._step_definitions()
        yield from self._hook_definitions()
        yield {"testRunStarted": {"id": self._run, "timestamp": _timestamp(self._record.started)}}
        for feature, _, pickles in parsed:
            for scenario in feature.scenarios:
                if pickle := pickles.get(scenario.place):
                    yield from self._case(feature, scenario, pickle)
        finished: Document = {
            "testRunStartedId": self._run,
            "success": self._record.success,
            "timestamp": _timestamp(self._record.started + self._record.seconds),
        }
        notes = [*(["interrupted"] if self._record.interrupted else []), *self._record.problems]
        if notes:
            finished["message"] = "\n".join(notes)
        yield {"testRunFinished": finished}

    def _id(self) -> str:
        return str(self._ids.get_next_id())

    def _parsed(self, feature: FeatureRecord) -> tuple[Document, dict[tuple[int, int], Document]]:
        """The tree of a recorded source, which no record carries, and its pickles by place; nothing without a tree."""
        try:
            document, pickles = numbered(feature.source, feature.uri, self._ids)
        except GherkinError:
            return {}, {}
        if not document.get("feature"):
            return {}, {}
        places = (scenario.place for scenario in parse(feature.source, feature.uri).scenarios)
        return document, dict(zip(places, pickles, strict=True))

    def _source(
        self, feature: FeatureRecord, document: Document, pickles: dict[tuple[int, int], Document]
    ) -> Iterator[Document]:
        yield {"source": {"uri": feature.uri, "data": feature.source, "mediaType": _GHERKIN}}
        if not document:
            yield {"parseError": {"source": {"uri": feature.uri}, "message": "this source is not Gherkin"}}
            return
        yield {"gherkinDocument": document}
        for pickle in pickles.values():
            yield {"pickle": pickle}

    def _step_definitions(self) -> Iterator[Document]:
        """One for each sentence that any step can mean."""
        for _, scenario in self._record.scenarios:
            for match in (match for step in scenario.steps for match in step.matches):
                key = match.location, match.sentence
                if key in self._definitions:
                    continue
                self._definitions[key] = self._id()
                file, _, line = match.location.rpartition(":")
                reference: Document = {"uri": file or match.location}
                if line.isdecimal() and int(line):
                    reference["location"] = {"line": int(line)}
                yield {
                    "stepDefinition": {
                        "id": self._definitions[key],
                        "pattern": {"type": "CUCUMBER_EXPRESSION", "source": match.sentence},
                        "sourceReference": reference,
                    }
                }

    def _hook_definitions(self) -> Iterator[Document]:
        for _, scenario in self._record.scenarios:
            for hook in scenario.hooks:
                key = hook.when, hook.name
                if key in self._hooks:
                    continue
                self._hooks[key] = self._id()
                yield {
                    "hook": {
                        "id": self._hooks[key],
                        "name": hook.name,
                        "type": _HOOK_TYPES[hook.when],
                        "sourceReference": {"uri": self._record.runner},
                    }
                }

    def _case(self, feature: FeatureRecord, scenario: ScenarioRecord, pickle: Document) -> Iterator[Document]:
        """The case, and its one attempt."""
        before = [hook for hook in scenario.hooks if hook.when == "before"]
        after = [hook for hook in scenario.hooks if hook.when == "after"]
        planned: list[tuple[Document, StepRecord | HookRecord]] = [
            *((self._hook_step(hook), hook) for hook in before),
            *(
                (self._pickle_step(step, part), step)
                for step, part in zip(scenario.steps, pickle["steps"], strict=False)
            ),
            *((self._hook_step(hook), hook) for hook in after),
        ]
        case, attempt = self._id(), self._id()
        yield {
            "testCase": {
                "id": case,
                "pickleId": pickle["id"],
                "testRunStartedId": self._run,
                "testSteps": [test_step for test_step, _ in planned],
            }
        }
        started: Document = {"id": attempt, "testCaseId": case, "attempt": 0}
        # What never ran is told as if it had been passed over when the run ended.
        clock = scenario.started or self._record.started + self._record.seconds
        started["timestamp"] = _timestamp(clock)
        if scenario.worker:
            started["workerId"] = scenario.worker
        yield {"testCaseStarted": started}
        for test_step, part in planned:
            # What never ran has no time of its own; the stream has to go forward all the same.
            clock = max(clock, part.started)
            yield from _attempt(attempt, test_step["id"], part, clock)
            clock += part.seconds
        clock = max(clock, scenario.started + scenario.seconds)
        finished = {"testCaseStartedId": attempt, "timestamp": _timestamp(clock), "willBeRetried": False}
        yield {"testCaseFinished": finished}

    def _hook_step(self, hook: HookRecord) -> Document:
        return {"id": self._id(), "hookId": self._hooks[hook.when, hook.name]}

    def _pickle_step(self, step: StepRecord, part: Document) -> Document:
        return {
            "id": self._id(),
            "pickleStepId": part["id"],
            "stepDefinitionIds": [self._definitions[match.location, match.sentence] for match in step.matches],
            "stepMatchArgumentsLists": [
                {
                    "stepMatchArguments": [
                        {
                            "group": {"start": argument.start, "value": argument.value, "children": []},
                            "parameterTypeName": argument.name,
                        }
                        for argument in match.arguments
                    ]
                }
                for match in step.matches
            ],
        }


def _attempt(attempt: str, test_step: str, part: StepRecord | HookRecord, clock: float) -> Iterator[Document]:
    """One step of one attempt: began, left something behind, ended."""
    ids = {"testCaseStartedId": attempt, "testStepId": test_step}
    yield {"testStepStarted": {**ids, "timestamp": _timestamp(clock)}}
    for attachment in part.attachments if isinstance(part, StepRecord) else ():
        yield {
            "attachment": {
                **ids,
                "body": attachment.text,
                "contentEncoding": "IDENTITY",
                "mediaType": attachment.media_type,
                "fileName": attachment.name,
                "timestamp": _timestamp(clock + part.seconds),
            }
        }
    yield {
        "testStepFinished": {
            **ids,
            "testStepResult": _result(part.status, part.seconds, part.message),
            "timestamp": _timestamp(clock + part.seconds),
        }
    }


def _result(status: Status, seconds: float, message: str) -> Document:
    result: Document = {"status": status.upper(), "duration": _timestamp(seconds)}
    if message:
        result["message"] = message
    if status == "failed":
        result["exception"] = {"type": "CheckFailed", "message": message.partition("\n")[0]}
    return result


def _meta(record: RunRecord) -> Document:
    versions = record.versions
    return {
        "protocolVersion": PROTOCOL_VERSION,
        "implementation": {"name": "liqolab", "version": versions.get("liqolab", "unknown")},
        "runtime": {"name": "Python", "version": versions.get("Python", "unknown")},
        "os": {"name": record.system or "unknown"},
        "cpu": {"name": record.machine or "unknown"},
    }


def _timestamp(seconds: float) -> Document:
    """Seconds and nanoseconds, as times and lengths of time are written alike; clocks are good for microseconds."""
    whole, micros = divmod(round(seconds * 1_000_000), 1_000_000)
    return {"seconds": whole, "nanos": micros * 1000}
