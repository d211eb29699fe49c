import json
from typing import Any

import cucumber_messages
import pytest
from cucumber_messages.json_converter import JsonDataclassConverter

from liqolab.documents import from_document, to_document
from liqolab.report.messages import messages
from liqolab.report.record import RunRecord

CONVERTER = JsonDataclassConverter(cucumber_messages)


def _read(text: str) -> list[tuple[str, Any]]:
    """Kind and body of each message, after the official types have read it and written the very same."""
    found = []
    for line in text.splitlines():
        document = json.loads(line)
        envelope = CONVERTER.from_dict(document, cucumber_messages.Envelope)
        assert CONVERTER.to_dict(envelope) == document
        found += document.items()
    return found


@pytest.fixture
def stream(record: RunRecord) -> list[tuple[str, Any]]:
    return _read(messages(record))


def _all(stream: list[tuple[str, Any]], kind: str) -> list[Any]:
    return [body for name, body in stream if name == kind]


def test_the_stream_goes_from_what_there_is_to_what_happened(stream: list[tuple[str, Any]]) -> None:
    kinds = list(dict.fromkeys(kind for kind, _ in stream))
    assert kinds == [
        *("meta", "source", "gherkinDocument", "pickle", "stepDefinition", "hook", "testRunStarted"),
        *("testCase", "testCaseStarted", "testStepStarted", "testStepFinished", "attachment", "testCaseFinished"),
        "testRunFinished",
    ]


def test_every_id_is_there_once_and_every_reference_leads_somewhere(stream: list[tuple[str, Any]]) -> None:
    ids: list[str] = []
    references: set[str] = set()

    def walk(part: Any, key: str = "") -> None:
        if isinstance(part, dict):
            for name, value in part.items():
                walk(value, name)
        elif isinstance(part, list):
            for value in part:
                walk(value, key)
        elif key == "id":
            ids.append(part)
        elif key.endswith(("Id", "Ids")) and key != "workerId":
            references.add(part)

    walk([body for _, body in stream])
    assert len(ids) == len(set(ids))
    assert references <= set(ids)


def test_every_case_runs_once_with_all_its_steps_and_hooks(stream: list[tuple[str, Any]]) -> None:
    assert len(_all(stream, "pickle")) == len(_all(stream, "testCase")) == len(_all(stream, "testCaseFinished")) == 5
    ran = [body["testStepId"] for body in _all(stream, "testStepFinished")]
    assert ran == [step["id"] for case in _all(stream, "testCase") for step in case["testSteps"]]
    first = _all(stream, "testCase")[0]["testSteps"]
    assert ["hookId" in step for step in first] == [True, False, False, False, True]


def test_an_undefined_step_has_no_definition_and_an_ambiguous_one_has_several(stream: list[tuple[str, Any]]) -> None:
    steps = {step["id"]: step for case in _all(stream, "testCase") for step in case["testSteps"]}
    told: dict[str, Any] = {}
    for body in _all(stream, "testStepFinished"):
        status = body["testStepResult"]["status"]
        told.setdefault(status, steps[body["testStepId"]].get("stepDefinitionIds"))
    assert set(told) == {"PASSED", "FAILED", "UNDEFINED", "AMBIGUOUS", "SKIPPED"}
    assert (told["UNDEFINED"], len(told["AMBIGUOUS"]), len(told["FAILED"])) == ([], 2, 1)


def test_a_failure_carries_its_text_and_a_case_its_worker(stream: list[tuple[str, Any]]) -> None:
    [failed] = [
        body["testStepResult"]
        for body in _all(stream, "testStepFinished")
        if body["testStepResult"]["status"] == "FAILED"
        and "exception" in body["testStepResult"]
        and "no node" in body["testStepResult"]["message"]
    ]
    assert failed["exception"]["type"] == "CheckFailed"
    assert _all(stream, "testCaseStarted")[0]["workerId"] == "gw1"
    assert [body["success"] for body in _all(stream, "testRunFinished")] == [False]


def test_the_same_record_gives_the_same_bytes(record: RunRecord) -> None:
    again = from_document(RunRecord, to_document(record))
    assert messages(record) == messages(again)


def test_time_never_goes_backward_within_a_case(stream: list[tuple[str, Any]]) -> None:
    last = (0, 0)
    for kind, body in stream:
        if kind == "testCaseStarted":
            last = (0, 0)
        if kind.startswith(("testCase", "testStep")) and "timestamp" in body:
            now = (body["timestamp"]["seconds"], body["timestamp"]["nanos"])
            assert now >= last
            last = now


def test_a_source_that_is_not_gherkin_is_told_as_such(record: RunRecord) -> None:
    record.features[0].source = "this is\nnot a feature"
    kinds = [kind for kind, _ in _read(messages(record))]
    assert "parseError" in kinds and "testCase" not in kinds
