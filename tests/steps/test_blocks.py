from pathlib import Path
from typing import Any

import pytest

from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.sentences.blocks import read_steps
from liqolab.steps.sentences.shapes import read_rows
from liqolab.steps.text import StepText
from liqolab.steps.undo import Undo
from liqolab.steps.vocabulary import REGISTRY

BLOCK = """\
Then pod "a" is Running
pod "b" is Running
  And pod "c" matches:
    ```
    spec:
      x: 1
    ```
# a remark
* pod "d" has fields:
  | path | operator | value |
  | .x   | =        | 1     |
E pod "e" è Running
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab of no clusters."""
    return Lab({}, tmp_path, lambda cluster: None)


def say(lab: Lab, text: str, docstring: str | None = None, **more: Any) -> None:
    execute(lab, StepText("given", "Given", text, docstring, **more), REGISTRY)


def test_a_block_is_sentences_with_what_hangs_on_them() -> None:
    steps = read_steps(BLOCK)
    assert [step.text for step in steps] == [
        'pod "a" is Running',
        'pod "b" is Running',
        'pod "c" matches:',
        'pod "d" has fields:',
        'pod "e" è Running',
    ]
    assert steps[2].docstring == "spec:\n  x: 1"
    assert steps[3].datatable == [["path", "operator", "value"], [".x", "=", "1"]]


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ("", "has no sentences"),
        ('pod "a" matches:\n```\nx: 1', "does not end"),
        ('I delete pod "a"', "only checks"),
        ('pod "a" is runing', "did you mean"),
    ],
)
def test_what_is_no_block_of_checks_is_an_error(lab: Lab, block: str, complaint: str) -> None:
    with pytest.raises(CheckFailedError, match=complaint):
        say(lab, "within 1s all of:", block)


def test_values_are_remembered_and_filled_in(lab: Lab) -> None:
    say(lab, 'I remember "web" as "app"')
    say(lab, 'I remember "app={app}" as "selector"')
    assert lab.values["selector"] == "app=web"


def test_a_value_that_is_not_remembered_is_an_error(lab: Lab) -> None:
    with pytest.raises(CheckFailedError, match='nothing is remembered as "nobody"'):
        say(lab, 'I remember "{nobody}" as "x"')


@pytest.mark.parametrize("name", ["", "two words", "1st", "a.b"])
def test_a_name_that_could_not_be_used_is_refused(lab: Lab, name: str) -> None:
    with pytest.raises(CheckFailedError, match="is no name for a value"):
        say(lab, f'I remember "x" as "{name}"')


def test_a_scenario_begins_with_nothing_remembered(lab: Lab) -> None:
    say(lab, 'I remember "web" as "app"')
    lab.begin_scenario("own")
    assert lab.values == {"namespace": "own"}
    with pytest.raises(CheckFailedError, match="scenario's own namespace"):
        say(lab, 'I remember "x" as "namespace"')


def test_cleaning_up_goes_backwards_and_does_not_stop(lab: Lab) -> None:
    done: list[str] = []

    def fail() -> None:
        raise CheckFailedError("it is stuck")

    lab.undo += [
        Undo("first", lambda: done.append("first")),
        Undo("second", fail),
        Undo("third", lambda: done.append("third")),
    ]
    assert lab.end_scenario() == ["second: it is stuck"]
    assert done == ["third", "first"]
    assert lab.undo == []


NESTED = r"""it has fields:
  | path | operator | value |
  | a    | matches  | x\|y  |
it matches:
  ```yaml
  a: 1
  ```
it is empty:
'''
'''"""


def test_tables_and_text_blocks_of_a_block_are_those_of_a_feature() -> None:
    fields, shape, empty = read_steps(NESTED)
    assert fields.datatable == [["path", "operator", "value"], ["a", "matches", "x|y"]]
    assert (shape.docstring, empty.docstring) == ("a: 1", "")


def test_a_row_of_other_cells_than_its_table_is_refused() -> None:
    with pytest.raises(CheckFailedError, match=r"the row a \| = of the table is not of 3 cells"):
        read_rows([["path", "operator", "value"], ["a", "="]])
