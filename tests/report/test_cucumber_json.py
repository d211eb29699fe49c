import base64
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from liqolab.report.cucumber_json import cucumber_json
from liqolab.report.record import RunRecord

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "cucumber.schema.json").read_text())


@pytest.fixture
def told(record: RunRecord) -> Any:
    document = json.loads(cucumber_json(record))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    [written] = document
    return written


def test_backgrounds_are_elements_before_the_scenario_that_they_belong_to(told: Any) -> None:
    shape = [(element["type"], element["line"], len(element["steps"])) for element in told["elements"]]
    assert shape == [
        ("background", 6, 1),
        ("scenario", 10, 2),
        ("background", 6, 1),
        ("scenario", 25, 1),
        ("background", 6, 1),
        ("scenario", 26, 1),
        ("background", 6, 1),
        ("background", 29, 1),
        ("scenario", 32, 2),
        ("background", 6, 1),
        ("background", 29, 1),
        ("scenario", 36, 1),
    ]
    assert told["elements"][0]["name"] == "at home"


def test_a_step_has_its_text_block_its_table_its_match_and_its_time(told: Any) -> None:
    typed, table = told["elements"][1]["steps"]
    assert typed["doc_string"] == {"value": "kubectl get nodes", "content_type": "bash", "line": 12}
    assert (typed["keyword"], typed["result"]) == ("When ", {"status": "passed", "duration": 125_000_000})
    assert table["rows"] == [{"cells": ["NAME", "READY"]}, {"cells": ["venice", "yes"]}]
    [embedding] = table["embeddings"]
    assert base64.b64decode(embedding["data"]) == b"NAME\nvenice\n"
    failed = told["elements"][3]["steps"][0]
    assert failed["match"]["arguments"] == [{"val": "app-center", "offset": 5}]
    assert failed["match"]["location"].startswith("conftest.py:")
    assert "no node satisfies both" in failed["result"]["error_message"]


def test_every_status_is_told_as_what_it_is(told: Any) -> None:
    statuses = [step["result"]["status"] for element in told["elements"] for step in element["steps"]]
    assert statuses == [
        *("passed", "passed", "passed"),
        *("passed", "failed"),
        *("passed", "passed"),
        *("skipped", "skipped", "undefined", "skipped"),
        *("skipped", "skipped", "ambiguous"),
    ]
    assert told["elements"][5]["after"][0]["result"]["status"] == "failed"


def test_tags_are_inherited_and_those_of_the_feature_have_their_place(told: Any) -> None:
    assert [(tag["name"], tag["location"]) for tag in told["tags"]] == [
        ("@policy", {"line": 1, "column": 1}),
        ("@slow", {"line": 1, "column": 9}),
    ]
    assert [tag["name"] for tag in told["elements"][3]["tags"]] == ["@policy", "@slow", "@rows"]


def test_a_record_without_its_source_is_told_all_the_same(record: RunRecord) -> None:
    record.features[0].source = ""
    document = json.loads(cucumber_json(record))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert len(document[0]["elements"]) == 10
