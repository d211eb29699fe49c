import pytest

from liqolab.steps.partial import differences


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"b": ["x", {"c": True}]}}, {"a": {"b": ["x", {"c": True, "d": 1}]}}),
        ({"ip": r"/10\.204\.0\.\d+/"}, {"ip": "10.204.0.12"}),
        ({}, {"anything": None}),
    ],
)
def test_more_is_no_harm(expected: object, actual: object) -> None:
    assert differences(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "path"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ".a.b"),
        ({"a": {"b": 1}}, {"a": {}}, ".a.b"),
        ({"a": ["x", "y"]}, {"a": ["x"]}, ".a"),
        ({"a": ["x", "y"]}, {"a": ["x", "z"]}, ".a[1]"),
        ({"a": True}, {"a": 1}, ".a"),
        ({"a": "1"}, {"a": 1}, ".a"),
        ({"ip": "/10.*/"}, {"ip": None}, ".ip"),
        ({"a": {}}, {"a": "text"}, ".a"),
    ],
)
def test_a_difference_names_its_path(expected: object, actual: object, path: str) -> None:
    found = differences(expected, actual)
    assert [each.path for each in found] == [path]


def test_a_key_with_dots_stands_in_brackets() -> None:
    found = differences({"metadata": {"labels": {"a.b/c": "x"}}}, {"metadata": {"labels": {"a.b/c": "y"}}})
    assert [str(each) for each in found] == [".metadata.labels['a.b/c']: x → y"]


def test_what_should_be_missing_is_written_as_null() -> None:
    assert differences({"spec": {"paused": None}}, {"spec": {}}) == []
    assert [each.actual for each in differences({"spec": {"paused": None}}, {"spec": {"paused": True}})] == ["true"]
