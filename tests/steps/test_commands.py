import pytest

from liqolab.process import Completed
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.sentences.commands import output_is_table, parse_table

TABLE = """\
NAME       OUTGOING PEERING   INCOMING PEERING   AGE
florence   Established        None               111s
naples     Pending            None               98s
"""


class Lab:
    def __init__(self, output: str) -> None:
        self.last = Completed(0, output)

    def output(self) -> str:
        return self.last.output


def test_columns_of_a_table_may_have_blanks_in_their_names() -> None:
    rows = parse_table(TABLE.splitlines())
    assert rows[0] == {"NAME": "florence", "OUTGOING PEERING": "Established", "INCOMING PEERING": "None", "AGE": "111s"}


def test_a_table_check_names_columns_and_may_use_expressions() -> None:
    output_is_table(Lab(TABLE), [["NAME", "AGE"], ["naples", r"/\d+s/"]])  # type: ignore[arg-type]


@pytest.mark.parametrize("row", [["naples", "Established"], ["rome", "None"]])
def test_a_table_check_can_fail(row: list[str]) -> None:
    with pytest.raises(CheckFailedError, match="no row has"):
        output_is_table(Lab(TABLE), [["NAME", "OUTGOING PEERING"], row])  # type: ignore[arg-type]
