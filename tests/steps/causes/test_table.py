"""The why engine against what clusters could say: each shape of trouble has its root, and where all is well, none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from liqolab.apimachinery.resources import Object
from liqolab.controller.discovery import Kinds
from liqolab.steps.failing import evidence_kinds
from liqolab.steps.failing.evidence import Answer, Evidence, Query, SilentError, UnknownKindError
from liqolab.steps.failing.failure import Target
from liqolab.steps.why.causes import explain_failure, explain_with

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CASES: list[dict[str, Any]] = yaml.load((Path(__file__).parent / "cases.yaml").read_text(), _LOADER)
_CLUSTERS = ("venice", "florence", "naples")


class Told:
    """A source that says what a case says."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.down = case.get("down", ())
        self.clusters: Sequence[str] = [name for name in _CLUSTERS if name in case or name in self.down]
        self._objects = {name: [_completed(item) for item in case.get(name, ())] for name in self.clusters}
        self._liqo = set(self.clusters) - set(case.get("without_liqo", ()))
        self._log = case.get("log", [])

    def has(self, cluster: str) -> bool:
        return cluster in self.clusters

    def kinds(self, cluster: str) -> Kinds:
        return Kinds(())

    def log(self, cluster: str, namespace: str, pod: str, container: str, lines: int, *, previous: bool) -> list[str]:
        return list(self._log)

    def kubeconfig(self, cluster: str) -> str:
        return ""

    def read(self, query: Query) -> Answer:
        if query.cluster in self.down:
            return SilentError(query.cluster, f"nothing listens at https://{query.cluster} (connection refused)")
        is_liqo = query.resource.group.endswith(evidence_kinds.LIQO_GROUPS)
        if is_liqo and query.cluster not in self._liqo:
            return UnknownKindError(query.cluster, query.resource)
        if query.resource.kind == "CustomResourceDefinition":
            known = query.cluster in self._liqo and query.name.endswith(evidence_kinds.LIQO_GROUPS)
            return [{"metadata": {"name": query.name}}] if known else []
        return [
            item
            for item in self._objects[query.cluster]
            if item["kind"] == query.resource.kind
            and query.namespace in (None, item["metadata"].get("namespace"))
            and query.name in ("", item["metadata"]["name"])
        ]


def _completed(item: Object) -> Object:
    metadata = {"uid": f"{item['kind']}/{item['metadata']['name']}", **item["metadata"]}
    if "of" in item:
        kind, name = item["of"].split("/")
        metadata["ownerReferences"] = [{"kind": kind, "name": name, "uid": item["of"], "controller": True}]
    return {**item, "metadata": metadata}


def _why(case: dict[str, Any]) -> list[str]:
    evidence, target = Evidence(Told(case)), Target(**case["ask"])
    if "scope" in case:
        return explain_failure(evidence, target, case.get("wishes", {}), case["scope"])
    return explain_with(evidence, target)


@pytest.mark.parametrize("case", _CASES, ids=[case["name"] for case in _CASES])
def test_the_root_is_named_where_it_is_certain(case: dict[str, Any]) -> None:
    assert _why(case) == case["why"]


@pytest.mark.parametrize("case", [case for case in _CASES if case["why"]], ids=lambda case: case["name"])
def test_silence_is_never_taken_for_absence(case: dict[str, Any]) -> None:
    """With the other clusters silent an answer may be poorer, never another: only their silence is something new."""
    asked = case["ask"]["cluster"]
    others = [name for name in _CLUSTERS if name in case and name != asked]
    quiet = {**case, "down": [*case.get("down", ()), *others]}
    told = _why(quiet)
    if not any("does not answer" in sentence for sentence in told):
        assert told == case["why"][: len(told)]
