"""The cluster roles that every cluster has allow what those of a real 1.34.4 do: ``data/bootstrap_roles.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from liqolab.kube.access import rbac_bootstrap
from liqolab.kube.access.rbac_rules import Rule, lacking

REAL: dict[str, Any] = json.loads((Path(__file__).parent / "data/bootstrap_roles.json").read_text())
OURS = {role["metadata"]["name"]: role["rules"] for role in rbac_bootstrap.cluster_roles()}


def test_all_are_there() -> None:
    assert sorted(OURS) == sorted(REAL)


@pytest.mark.parametrize("name", REAL)
def test_each_allows_the_same(name: Any) -> None:
    def rules(rows: Any) -> list[Rule]:
        return [Rule.of(row) for row in rows]

    assert lacking(rules(OURS[name]), REAL[name]) == []
    assert lacking(rules(REAL[name]), OURS[name]) == []


def test_an_aggregated_role_begins_as_its_controller_leaves_it() -> None:
    parts = {name: OURS[f"system:aggregate-to-{name}"] for name in ("admin", "edit", "view")}
    assert OURS["view"] == parts["view"]
    assert OURS["edit"] == [*parts["edit"], *parts["view"]]
    assert OURS["admin"] == [*OURS["edit"], *parts["admin"]]
