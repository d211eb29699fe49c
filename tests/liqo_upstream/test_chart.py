"""What our installation makes is what upstream's chart makes, field by field; ``differences.yaml`` says what is not,
and why. The facts about upstream's were written down by ``tools/upstream_facts.py`` and need no upstream to compare.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from liqolab.apimachinery.resources import Object
from liqolab.liqo.ctl import providers
from liqolab.liqo.gen05 import crds
from liqolab.liqo.gen05.chart import manifests, values
from liqolab.liqo.gen05.chart.certificate import ServingCertificate
from liqolab.liqo.gen05.chart.manifests import Installation
from tools.upstream_facts import called, facts, flat, kind_facts

HERE = Path(__file__).parent
CLUSTER_ID = "0f6bbe6c-0d8e-4a41-9d6e-1f6b1a0f7a11"


def _read(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text())


def _installation() -> list[Object]:
    chosen = values.merged(values.defaults(), providers.KIND.values)
    chosen = values.merged(chosen, _read("values.yaml"))
    pem = ServingCertificate(b"authority", b"certificate", b"key")
    whole = Installation("liqo", chosen, CLUSTER_ID, pem)
    who = manifests.identity("liqo", "venice", CLUSTER_ID)
    return [*manifests.foundation(whole), *manifests.workloads(whole), who]


def _differences(upstream: dict[str, Any], ours: dict[str, Any]) -> dict[str, str]:
    """Where the two are not the same: path → what each says."""
    theirs, mine = dict(flat(upstream)), dict(flat(ours))
    return {
        path: f"upstream {theirs.get(path, '-')!r}, ours {mine.get(path, '-')!r}"
        for path in sorted(theirs.keys() | mine.keys())
        if theirs.get(path) != mine.get(path)
    }


@cache
def _chart() -> dict[str, str]:
    return _differences(_read("chart.yaml"), {called(each): facts(each) for each in _installation()})


@cache
def _kinds() -> dict[str, str]:
    ours = {each["metadata"]["name"]: kind_facts(each) for each in crds.definitions()}
    return _differences(_read("kinds.yaml"), ours)


def _explained(path: str, rows: list[dict[str, Any]]) -> bool:
    return any(fnmatchcase(path, pattern) for row in rows for pattern in row["where"])


def test_every_object_of_an_installation_is_upstreams_or_the_difference_is_explained() -> None:
    rows = _read("differences.yaml")["chart"]
    assert {path: text for path, text in _chart().items() if not _explained(path, rows)} == {}


def test_every_kind_is_upstreams_or_the_difference_is_explained() -> None:
    rows = _read("differences.yaml")["kinds"]
    assert {path: text for path, text in _kinds().items() if not _explained(path, rows)} == {}


def test_every_explanation_explains_something() -> None:
    table = _read("differences.yaml")
    idle = [
        pattern
        for part, found in (("chart", _chart()), ("kinds", _kinds()))
        for row in table[part]
        for pattern in row["where"]
        if not any(fnmatchcase(path, pattern) for path in found)
    ]
    assert idle == []
    assert all(row["why"].strip() for part in ("chart", "kinds") for row in table[part])
