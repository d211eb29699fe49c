import json

from liqolab.documents import from_document, to_document
from liqolab.report.record import FeatureRecord, RunRecord, merged


def test_a_record_is_the_same_after_a_journey_as_json(record: RunRecord) -> None:
    assert from_document(RunRecord, json.loads(json.dumps(to_document(record)))) == record


def test_every_scenario_has_the_status_of_its_worst_part(record: RunRecord) -> None:
    statuses = [scenario.status for _, scenario in record.scenarios]
    assert statuses == ["passed", "failed", "failed", "undefined", "ambiguous"]
    assert record.counts == {"passed": 1, "undefined": 1, "ambiguous": 1, "failed": 2}
    assert not record.success


def test_what_comes_after_a_step_that_cannot_run_is_skipped_and_not_failed(record: RunRecord) -> None:
    scenario = record.features[0].scenarios[3]
    assert [step.status for step in scenario.steps] == ["skipped", "skipped", "undefined", "skipped"]


def test_a_step_knows_its_sentence_and_where_its_arguments_stand(record: RunRecord) -> None:
    step = record.features[0].scenarios[1].steps[-1]
    assert step.match is not None
    assert (step.match.sentence, step.match.location.partition(":")[0]) == ("pod {name} runs", "conftest.py")
    assert [(found.name, found.value, found.start) for found in step.match.arguments] == [("name", "app-center", 5)]
    ambiguous = record.features[0].scenarios[4].steps[-1]
    assert [match.sentence for match in ambiguous.matches] == ["twice said", "twice said[ or thrice]"]


def test_parts_from_several_workers_make_the_record_that_one_would_have_made(recorded: FeatureRecord) -> None:
    parts = []
    for index in (3, 0, 4, 2, 1):
        part = from_document(FeatureRecord, to_document(recorded))
        part.scenarios = [part.scenarios[index]]
        part.source = recorded.source if index == 4 else ""
        parts.append(part)
    assert merged(parts) == [recorded]


def test_a_run_that_was_interrupted_is_no_success() -> None:
    assert RunRecord().success
    assert not RunRecord(interrupted=True).success
    assert not RunRecord(problems=["a worker died"]).success
