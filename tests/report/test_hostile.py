import itertools
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cucumber_messages
import jsonschema
import pytest
import xmlschema
from cucumber_messages.json_converter import JsonDataclassConverter

from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World
from liqolab.documents import to_document
from liqolab.report.collecting import Recording
from liqolab.report.formats import FORMATS, parse_requests, write_reports
from liqolab.report.record import (
    Argument,
    Attachment,
    FeatureRecord,
    HookRecord,
    Match,
    RunRecord,
    ScenarioRecord,
    StepRecord,
)
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference, EventLine, Failure, LogTail, Moment, Target
from tests.hostile import DOCUMENTS, FORBIDDEN, TEXTS
from tests.report.page_reader import Page

SCHEMAS = Path(__file__).parent / "schemas"


def _failure(text: str, document: Any) -> Failure:
    return Failure(
        summary=text,
        target=Target(text, text, text, text, text),
        differences=[Difference(text, text, text)],
        expected=document,
        actual={"other": document},
        nearest=text,
        timeline=[Moment(0, text), Moment(1, text)],
        output=text,
        events=[EventLine(text, text, text, text, text)],
        logs=[LogTail(text, text, text, (text,))],
        causes=[text, text],
        command=text,
        sentence=text,
        location=text,
    )


def _world(text: str) -> World:
    view = ClusterView(
        text,
        version=text,
        nodes=(Node(text, True, text, labels=((f"{text}/region", text),)),),
        namespaces=(Namespace(text, text, text, text, text, (text,), text),),
        pods=(Pod(text, text, "Running", True, text, text, text),),
        peerings=(Peering(text, text, text, text, text),),
    )
    return World((view, ClusterView("lost", error=text)))


def _hostile(text: str, document: Any) -> RunRecord:
    """The text wherever a text can be, collected as a runner would."""
    scenario = ScenarioRecord(
        text, 3, keyword=text, description=text, rule=text, tags=[f"@{text}"], examples={text: text}, worker=text
    )
    scenario.steps = [
        StepRecord(
            text,
            text,
            4,
            docstring=text,
            media_type=text,
            datatable=[[text], [text]],
            matches=[Match(text, text, [Argument(text, text, 0)])],
        )
    ]
    recording = Recording(scenario, look=lambda: _world(text))
    recording.begin()
    recording.step_started(scenario.steps[0])
    recording.step_ended(scenario.steps[0], CheckFailedError(_failure(text, document)))
    scenario.steps[0].attachments.append(Attachment(text, text, text))
    recording.end()
    scenario.hooks.append(HookRecord(text, "after", "failed", 1.0, 1.0, text))
    raw = StepRecord("Then", "x", 5, status="failed", message=text, failure=_failure(text, document))
    scenario.steps.append(raw)
    block = "\n".join(f"      {line}" for line in ('"""', *text.split("\n"), '"""'))
    source = f"Feature: x\n  Scenario: y\n    Given z\n{block}\n    Then x\n"
    return RunRecord(
        started=1.0,
        seconds=2.0,
        title=text,
        runner=text,
        versions={text: text},
        provider=text,
        clusters=[text],
        features=[FeatureRecord(text, text, text, text, text, 1, [f"@{text}"], source, [scenario])],
        problems=[text],
    )


def _valid_html(report: str) -> None:
    page = Page(report)
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert not [name for element in page.elements for name in element.attributes if name.startswith("on")]


def _valid_junit(report: str) -> None:
    xmlschema.XMLSchema(SCHEMAS / "junit.xsd").validate(report)
    ElementTree.fromstring(report)


def _valid_cucumber(report: str) -> None:
    schema = json.loads((SCHEMAS / "cucumber.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(report))


def _valid_messages(report: str) -> None:
    converter = JsonDataclassConverter(cucumber_messages)
    for line in report.split("\n")[:-1]:
        document = json.loads(line)
        assert converter.to_dict(converter.from_dict(document, cucumber_messages.Envelope)) == document


VALID = {"html": _valid_html, "junit": _valid_junit, "cucumber-json": _valid_cucumber, "messages": _valid_messages}


VALUES = [
    *(pytest.param(text, {"text": text}, id=name) for name, text in TEXTS.items()),
    *(pytest.param("an object", DOCUMENTS[name], id=name) for name in itertools.islice(DOCUMENTS, 6)),
]


@pytest.mark.parametrize(("text", "document"), VALUES)
def test_hostile_values_harm_no_report(text: str, document: Any, tmp_path: Path) -> None:
    requests = parse_requests(f"{name}={tmp_path / name}" for name in FORMATS)
    assert write_reports(_hostile(text, document), requests) == []
    for name in FORMATS:
        report = (tmp_path / name).read_bytes().decode()
        VALID[name](report)
        assert not [entry for entry in FORBIDDEN if entry in report], name
        # A feature file of a megabyte is its author's own, and Cucumber Messages hold it three times.
        assert len(report) < 4_000_000


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_a_worker_sends_of_a_hostile_scenario_is_small_and_valid(text: str) -> None:
    scenario = ScenarioRecord("x", 1, steps=[StepRecord("Then", "x", 2)])
    recording = Recording(scenario, look=lambda: _world(text))
    recording.begin()
    recording.step_started(scenario.steps[0])
    recording.step_ended(scenario.steps[0], CheckFailedError(_failure(text, DOCUMENTS["in itself"])))
    with pytest.raises(ValueError, match=r"(?s).*"), recording.hook("Cleanup", "after"):
        raise ValueError(text)
    recording.end()
    sent = json.dumps(to_document(scenario), allow_nan=False, ensure_ascii=False).encode()
    assert len(sent) < 1_000_000
    assert not [entry for entry in FORBIDDEN if entry.encode(errors="replace") in sent and entry != "\x7f"]
