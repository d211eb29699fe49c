"""Values in error texts, as a real API server of 1.34 prints them."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.kube.kinds.field_errors import Internal, invalid_value, not_supported, too_long, too_many

VALUES: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    (-1, "-1"),
    ("a", '"a"'),
    ('say "é"\n\x01\u200b', r'"say \"é\"\n\x01\u200b"'),
    (["10.60.3.3"], '["10.60.3.3"]'),
    ([], "[]"),
    ({"a": "<b>"}, r'{"a":"\u003cb\u003e"}'),
    (Internal("*meta.LabelSelector", None), "null"),
    (Internal("*meta.LabelSelector", {}), "{}"),
    (
        Internal("*meta.LabelSelector", {"matchExpressions": [{"operator": "Exists", "key": "a"}], "matchLabels": {}}),
        '{"matchExpressions":[{"key":"a","operator":"Exists"}]}',
    ),
    (Internal("core.Taint", {"key": "a", "effect": "X"}), '{"Key":"a","Value":"","Effect":"X","TimeAdded":null}'),
    (
        Internal("core.ServicePort", {"protocol": "TCP", "port": 80}),
        '{"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ),
    (Internal("apps.DeploymentStrategy", {"type": "Odd"}), '{"Type":"Odd","RollingUpdate":null}'),
    (
        Internal("[]core.KeyToPath", [{"key": "a", "path": "b"}]),
        '[{"Key":"a","Path":"b","Mode":null}]',
    ),
]


@pytest.mark.parametrize(("value", "shown"), VALUES)
def test_values(value: Any, shown: str) -> None:
    assert invalid_value("spec.x", value, "why").message == f"Invalid value: {shown}: why"


def test_a_template_is_printed_whole() -> None:
    template = {"metadata": {"labels": {"b": "c", "a": "b"}}, "spec": {"containers": [{"name": "c"}]}}
    shown = invalid_value("spec.template", Internal("core.PodTemplateSpec", template), "why").message
    assert shown.startswith('Invalid value: {"labels":{"a":"b","b":"c"},"Spec":{"Volumes":null,"InitContainers":null,')
    assert '"Containers":[{"Name":"c","Image":"","Command":null,' in shown


def test_lists_and_limits() -> None:
    assert not_supported("x", "a", ["b", "c"]).message == 'Unsupported value: "a": supported values: "b", "c"'
    assert too_long("x", 1).message == "Too long: may not be more than 1 byte"
    assert too_long("x", 63).message == "Too long: may not be more than 63 bytes"
    assert too_many("x", 3, 2).message == "Too many: 3: must have at most 2 items"
