from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from liqolab.report.junit import junit
from liqolab.report.record import RunRecord


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).parent / "schemas" / "junit.xsd")


@pytest.fixture
def document(schema: xmlschema.XMLSchema, record: RunRecord) -> ElementTree.Element:
    record.problems.append("worker gw1 crashed\nwith a long story")
    text = junit(record)
    schema.validate(text)
    return ElementTree.fromstring(text)


def test_counts_say_what_the_cases_say(document: ElementTree.Element) -> None:
    for suite in document:
        for attribute, tag in (("failures", "failure"), ("errors", "error")):
            assert int(suite.get(attribute, "")) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
    assert [document.get(name) for name in ("tests", "failures", "errors")] == ["6", "2", "3"]


def test_a_case_is_named_so_that_a_person_finds_its_scenario(document: ElementTree.Element) -> None:
    cases = document.findall("testsuite[1]/testcase")
    assert {case.get("classname") for case in cases} == {"features.policies"}
    assert [case.get("name") for case in cases] == [
        "All is well",
        "Region center",
        "Region south",
        "Nobody gets around it: Nobody knows",
        "Nobody gets around it: Two know",
    ]


def test_a_failure_says_what_was_found_where_and_why(document: ElementTree.Element) -> None:
    failure = document.find("testsuite/testcase[2]/failure")
    assert failure is not None and failure.text is not None
    assert (failure.get("type"), failure.get("message")) == ("CheckFailed", "it is Pending")
    for evidence in (
        'Then pod "app-center" runs',
        "features/policies.feature:20",
        "no node satisfies both",
        "kubectl get",
    ):
        assert evidence in failure.text


def test_what_the_author_has_to_mend_is_an_error_and_a_dirty_cleanup_a_failure(document: ElementTree.Element) -> None:
    kinds = [(entry.tag, entry.get("type")) for case in document.iter("testcase") for entry in case]
    assert [kind for kind in kinds if kind[0] != "system-out"] == [
        ("failure", "CheckFailed"),
        ("failure", "CheckFailed"),
        ("error", "UndefinedStep"),
        ("error", "AmbiguousStep"),
        ("error", "RunProblem"),
    ]
    left = document.find("testsuite/testcase[3]/failure")
    assert left is not None and left.get("message") == "Cleanup: configmap liqo-demo/left is still there"


def test_steps_stand_in_the_output_with_their_times(document: ElementTree.Element) -> None:
    told = document.findtext("testsuite/testcase[1]/system-out", "").splitlines()
    assert told[0] == "passed       0.125s  (Namespace)"
    assert told[2] == "passed       0.125s  When I type:"
    never_ran = document.findtext("testsuite/testcase[4]/system-out", "")
    assert 'skipped              Then pod "late" runs' in never_ran


def test_rows_with_one_name_are_told_apart(record: RunRecord) -> None:
    for scenario in record.features[0].scenarios[1:3]:
        scenario.name = "Region"
    names = [case.get("name") for case in ElementTree.fromstring(junit(record)).iter("testcase")]
    assert names[1:3] == ["Region (region=center)", "Region (region=south)"]
