"""What is wrong with CustomResourceDefinitions, as a real API server 1.34 tells it (see the data file)."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from liqolab.apimachinery import builtin
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.kinds.registry import Registry

RECORDED: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "definition_mistakes.json").read_text())
SPEC = Registry(BUILTIN).find(builtin.CUSTOM_RESOURCE_DEFINITIONS)


def causes(definition: dict[str, Any]) -> list[list[str]]:
    assert SPEC is not None
    obj = copy.deepcopy(definition)
    schemas.drop_unknown(SPEC, obj)
    SPEC.strategy.prepare_create(obj)
    found = SPEC.strategy.validate_create(obj)
    return [[error.field, error.reason, re.sub(r"selfType\d+", "selfType", error.message)] for error in found]


def test_mistakes_are_told_as_a_real_server_tells_them() -> None:
    refused = [case for case in RECORDED if case["code"] == 422]
    assert len(refused) > 70
    differing = {
        case["name"]: (case["causes"], found)
        for case in refused
        if (found := causes(case["definition"])) != case["causes"]
    }
    assert differing == {}


def test_what_is_right_passes() -> None:
    accepted = [case for case in RECORDED if case["code"] == 201]
    assert accepted
    assert {case["name"]: causes(case["definition"]) for case in accepted} == {case["name"]: [] for case in accepted}
