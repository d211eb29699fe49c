import pytest

from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.fields import judge, values_at

POD = {
    "metadata": {"labels": {"app.kubernetes.io/name": "web"}},
    "spec": {"containers": [{"name": "web", "cpu": "500m"}, {"name": "side"}], "replicas": 3},
    "status": {"conditions": [{"type": "Ready", "status": "True"}], "ready": True},
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (".spec.replicas", [3]),
        ("{.spec.replicas}", [3]),
        ("spec.containers[0].name", ["web"]),
        (".spec.containers[*].name", ["web", "side"]),
        (".status.conditions[?(@.type=='Ready')].status", ["True"]),
        (r".metadata.labels.app\.kubernetes\.io/name", ["web"]),
        (".spec.nowhere.deep", []),
    ],
)
def test_paths_are_those_of_kubectl(path: str, values: list[object]) -> None:
    assert values_at(POD, path) == values


def test_what_is_no_path_is_an_error() -> None:
    with pytest.raises(CheckFailedError, match="is not a path"):
        values_at(POD, ".spec[")


@pytest.mark.parametrize(
    ("values", "operator", "wanted", "holds"),
    [
        ([3], "=", "3", True),
        ([True], "=", "true", True),
        ([], "=", "3", False),
        ([], "!=", "3", True),
        (["a", "b"], "=", "b", True),
        (["a", "b"], "!=", "b", False),
        ([3], ">=", "3", True),
        ([3], ">", "3", False),
        (["500m"], "<", "1", True),
        (["1Gi"], ">=", "1000Mi", True),
        (["many"], ">=", "1", False),
        ([], "<=", "1", False),
        (["web-1"], "matches", r"web-\d", True),
        (["web-1"], "matches", r"/web-\d/", True),
        (["a web-1"], "matches", r"web-\d", False),
        (["a web-1"], "contains", "web", True),
        ([["x", "y"]], "contains", "y", True),
        ([["xy"]], "contains", "y", False),
        ([{"k": 1}], "contains", "k", True),
    ],
)
def test_operators(values: list[object], operator: str, wanted: str, holds: bool) -> None:
    assert judge(values, operator, wanted) is holds


@pytest.mark.parametrize(("operator", "wanted"), [("matches", "("), (">=", "much"), ("~", "x")])
def test_what_makes_no_sense_is_an_error_and_not_a_no(operator: str, wanted: str) -> None:
    with pytest.raises(CheckFailedError):
        judge(["x"], operator, wanted)
