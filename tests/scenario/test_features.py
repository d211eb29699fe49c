from pathlib import Path

import pytest

from liqolab.scenario.feature import Feature, load_feature
from liqolab.scenario.library import LessonError

SOURCE = """\
# language: it
@tutto
Funzionalità: Le città
  Venezia ospita,
  Napoli lavora.

  Contesto:
    Dato un laboratorio

  Regola: Solo al sud
    Contesto: chiuso
      Dato un lucchetto

    @schema
    Schema dello scenario: A <dove> in <tempo>
      Quando io applico:
        ```yaml
        dove: <dove>
        ```
      * e aspetto
      Allora la tabella è:
        | dove   | tempo   |
        | <dove> | <tempo> |

      Esempi:
        | dove  | tempo |
        | nord  | 1s    |
      @lento
      Esempi: lontano
        | dove  | tempo |
        | sud   | 2s    |
"""


@pytest.fixture
def feature(tmp_path: Path) -> Feature:
    path = tmp_path / "città.feature"
    path.write_text(SOURCE, encoding="utf-8")
    return load_feature(path)


def test_each_row_of_each_table_of_examples_is_a_scenario(feature: Feature) -> None:
    north, south = feature.scenarios
    assert (north.name, north.line, north.row, dict(north.examples)) == (
        "A nord in 1s",
        15,
        27,
        {"dove": "nord", "tempo": "1s"},
    )
    assert (south.name, south.line, south.row) == ("A sud in 2s", 15, 31)


def test_tags_are_inherited_from_feature_scenario_and_examples(feature: Feature) -> None:
    assert [scenario.tags for scenario in feature.scenarios] == [
        ("@tutto", "@schema"),
        ("@tutto", "@schema", "@lento"),
    ]


def test_steps_of_all_backgrounds_come_first_and_are_marked(feature: Feature) -> None:
    steps = feature.scenarios[0].steps
    assert [(step.text, step.background) for step in steps] == [
        ("un laboratorio", True),
        ("un lucchetto", True),
        ("io applico:", False),
        ("e aspetto", False),
        ("la tabella è:", False),
    ]
    assert [step.kind for step in steps] == ["given", "given", "when", "when", "then"]
    assert [step.keyword for step in steps] == ["Dato", "Dato", "Quando", "*", "Allora"]


def test_text_blocks_and_tables_are_filled_in_and_keep_their_form(feature: Feature) -> None:
    block, _, table = feature.scenarios[1].steps[2:]
    assert (block.docstring, block.media_type) == ("dove: sud", "yaml")
    assert table.datatable == [["dove", "tempo"], ["sud", "2s"]]


def test_a_feature_knows_its_language_and_its_rules(feature: Feature) -> None:
    assert (feature.language, feature.keyword, feature.name, feature.line) == ("it", "Funzionalità", "Le città", 3)
    assert feature.description == "Venezia ospita,\nNapoli lavora."
    assert feature.scenarios[0].rule == "Solo al sud"


def test_the_plan_of_a_feature_is_a_record_in_which_nothing_has_run(feature: Feature) -> None:
    record = feature.record()
    assert {step.status for scenario in record.scenarios for step in scenario.steps} == {"skipped"}
    assert record.source == SOURCE
    assert [(scenario.name, scenario.place) for scenario in record.scenarios] == [
        ("A nord in 1s", (15, 27)),
        ("A sud in 2s", (15, 31)),
    ]


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"", "has no feature: it should begin with"),
        (b"Feature: x\n  Scenario: y\n    Given z\n    bad\n", r"not Gherkin:\n  .*bad\.feature:4:5: .*got 'bad'"),
        (b"Feature: \xff", r"not UTF-8 text \(byte 9\)"),
        (b"# language: xx\nFeature: x\n", "Language not supported: xx"),
        # What proves nothing must not pass.
        (b"Feature: x\n\n  only prose\n", "has no scenario to run"),
        (
            b"Feature: x\n  Scenario Outline: y\n    Given <a>\n    Examples:\n      | a |\n",
            ":4: these Examples",
        ),
        (b"Feature: x\n  Background:\n    Given a\n  Scenario: y\n", r'bad\.feature:4: scenario "y" has no steps'),
    ],
)
def test_a_file_that_is_no_feature_is_told_with_its_place(content: bytes, answer: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.feature"
    path.write_bytes(content)
    with pytest.raises(LessonError, match=answer):
        load_feature(path)


def test_a_feature_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="cannot be read: No such file"):
        load_feature(tmp_path / "none.feature")
