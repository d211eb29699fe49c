"""Protobuf bodies that a real kubectl sent, and bodies that nobody should send."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from liqolab.apimachinery.errors import ApiError
from liqolab.kube.schema import protobuf

DATA = Path(__file__).parent / "data"
BODIES = {
    command: base64.b64decode(body) for command, body in json.loads((DATA / "protobuf_bodies.json").read_text()).items()
}
POD_SPEC = json.loads((DATA / "pod_spec.json").read_text())


def decode(command: str) -> dict[str, Any]:
    return protobuf.decode(BODIES[command])


def test_a_namespace() -> None:
    assert decode("create namespace liqo-demo") == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "liqo-demo"},
    }


def test_zeros_that_mean_something_stay() -> None:
    web = decode("create deployment web --image=nginx:1.25 --replicas=0 --port=80")
    assert web["spec"]["replicas"] == 0
    assert web["spec"]["template"]["spec"]["containers"] == [
        {"name": "nginx", "image": "nginx:1.25", "ports": [{"containerPort": 80}]}
    ]
    assert "metadata" in web["spec"]["template"]
    assert "paused" not in web["spec"]


def test_a_whole_pod_spec_survives() -> None:
    """The CronJob that the server answered with had this pod spec; kubectl sent it back as protobuf."""
    job = decode("create job j2 --from=cronjob/x")
    assert job["spec"]["template"]["spec"] == POD_SPEC
    assert job["spec"]["backoffLimit"] == 0


@pytest.mark.parametrize(
    ("command", "field", "expected"),
    [
        ("create configmap cm --from-literal=a=b --from-literal=c=", "data", {"a": "b", "c": ""}),
        ("create secret generic s --from-literal=a=b", "data", {"a": "Yg=="}),
        ("create quota q --hard=cpu=1,memory=1G,pods=2 --scopes=BestEffort", "kind", "ResourceQuota"),
        ("create priorityclass pc --value=0 --global-default=false", "value", 0),
        ("create clusterrole agg --aggregation-rule=a=b", "apiVersion", "rbac.authorization.k8s.io/v1"),
    ],
)
def test_maps_bytes_and_quantities(command: str, field: str, expected: Any) -> None:
    assert decode(command)[field] == expected


def test_ports_are_numbers_or_names() -> None:
    by_number = decode("create service clusterip s --tcp=80:8080")["spec"]["ports"]
    by_name = decode("create service nodeport s --tcp=80:http --node-port=30080")["spec"]["ports"]
    assert by_number == [{"name": "80-8080", "protocol": "TCP", "port": 80, "targetPort": 8080}]
    assert by_name == [{"name": "80-http", "protocol": "TCP", "port": 80, "targetPort": "http", "nodePort": 30080}]


def test_every_recorded_body_decodes() -> None:
    for command in BODIES:
        obj = decode(command)
        assert obj["kind"]
        assert obj["apiVersion"]


def field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2, len(content))) + content


def body(api_version: str, kind: str, raw: bytes, *rest: bytes) -> bytes:
    type_meta = field(1, api_version.encode()) + field(2, kind.encode())
    return b"k8s\0" + field(1, type_meta) + field(2, raw) + b"".join(rest)


def test_options_of_any_group_and_embedded_json() -> None:
    options = protobuf.decode(body("apps/v1", "DeleteOptions", b"\x08\x05"))
    assert options == {"apiVersion": "apps/v1", "kind": "DeleteOptions", "gracePeriodSeconds": 5}
    embedded = body("ex.io/v1", "Foo", b'{"kind":"Foo"}', field(4, b"application/json"))
    assert protobuf.decode(embedded) == {"kind": "Foo"}


def test_unknown_fields_are_skipped() -> None:
    extra = field(15, b"whatever") + b"\xf8\x07\x01" + b"\xf9\x07" + b"\0" * 8 + b"\xfd\x07" + b"\0" * 4
    assert protobuf.decode(body("v1", "Namespace", extra)) == {"apiVersion": "v1", "kind": "Namespace"}


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{}",
        b"k8s\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"k8s\0\x12\x7f",
        BODIES["create namespace liqo-demo"][:-6],
        body("v1", "Namespace", field(1, b"\xff\xff\xff")),
        body("v1", "Namespace", b"\x08\x01"),
        body("v1", "ConfigMap", field(2, field(1, b"\xff\xfe"))),
        body("v1", "Nonsense", b""),
        body("ex.io/v1", "Foo", b"{", field(4, b"application/json")),
    ],
)
def test_garbage_is_a_bad_request(bad: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        protobuf.decode(bad)
    assert caught.value.code == 400


def message(number: int, content: bytes) -> bytes:
    """A field of any size."""
    size = len(content)
    tag = bytes((number << 3 | 2,)) if number < 16 else bytes((number << 3 & 0x7F | 0x82, number >> 4))
    return tag + bytes((size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14)) + content


def test_nesting_has_a_limit() -> None:
    """A schema within `not` within `not` …, where a definition has its schema."""

    def definition(depth: int) -> bytes:
        schema = b""
        for _ in range(depth):
            schema = message(28, schema)
        raw = message(2, message(7, message(4, message(1, schema))))
        return b"k8s\0" + message(1, type_meta) + message(2, raw)

    type_meta = field(1, b"apiextensions.k8s.io/v1") + field(2, b"CustomResourceDefinition")
    shallow = protobuf.decode(definition(2))
    assert shallow["spec"]["versions"] == [{"schema": {"openAPIV3Schema": {"not": {"not": {}}}}}]
    with pytest.raises(ApiError, match="nested more than"):
        protobuf.decode(definition(100))
