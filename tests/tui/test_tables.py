"""Tables of kubectl's in a pane that is narrower than they are: nothing is lost, nothing is cut."""

from __future__ import annotations

from liqolab_tui.drawing.tables import TableReader

HEAD = "NAME                          READY   STATUS    IP            NODE          READINESS GATES"
CENTER = "app-center-75cbd9c78c-zc2lq   0/1     Pending   <none>        <none>        <none>"
SOUTH = "app-south-848cb64b4f-xjkv5    1/1     Running   10.204.0.12   liqo-naples   <none>"


def test_a_table_that_fits_is_left_alone_and_so_is_what_is_none() -> None:
    lines = ["hello   world", HEAD, CENTER, SOUTH, "", "[ERROR]   no table", "Name:         app-center"]
    assert [*TableReader().fitted(lines, 120)] == lines


def test_a_table_that_is_a_little_too_wide_is_set_closer() -> None:
    shown = [*TableReader().fitted([HEAD, CENTER, SOUTH], 88)]
    assert shown[0] == "NAME                         READY  STATUS   IP           NODE         READINESS GATES"
    assert [line.split() for line in shown] == [line.split() for line in (HEAD, CENTER, SOUTH)]


def test_columns_that_do_not_fit_follow_below_their_row_with_their_names() -> None:
    shown = [*TableReader().fitted([HEAD, CENTER, SOUTH], 60)]
    assert shown == [
        "NAME                         READY  STATUS   IP",
        "app-center-75cbd9c78c-zc2lq  0/1    Pending  <none>",
        "  NODE <none> · READINESS GATES <none>",
        "app-south-848cb64b4f-xjkv5   1/1    Running  10.204.0.12",
        "  NODE liqo-naples · READINESS GATES <none>",
    ]
    assert all(len(line) <= 40 for line in [*TableReader().fitted([HEAD, CENTER, SOUTH], 40)])


def test_rows_that_come_later_are_of_the_same_table_until_something_else_comes() -> None:
    reader = TableReader()
    assert next(iter(reader.fitted([HEAD, CENTER], 60))).startswith("NAME                         READY  STATUS   IP")
    assert next(iter(reader.fitted([SOUTH], 60))).startswith("app-south-848cb64b4f-xjkv5   1/1")
    assert [*reader.fitted(["done", SOUTH], 60)] == ["done", SOUTH]
