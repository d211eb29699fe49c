"""Manifests that people apply: every pod of them becomes ready, or ends well."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.node.people import Person

_SECONDS = 120
_FOLDER = Path(os.environ.get("LIQOLAB_MANIFESTS", Path(__file__).parent / "manifests"))
"""Those that are published (Argo CD, Online Boutique, ...) are other people's: here are small ones of that shape, and
whoever has the real ones says where."""

MANIFESTS = sorted(path.name for path in _FOLDER.glob("*.yaml"))
_MARKS = [pytest.mark.journey] if "LIQOLAB_MANIFESTS" in os.environ else []


def waiting(person: Person) -> dict[str, str]:
    """The pods that are not there yet, and what their containers say."""
    found = {}
    for item in json.loads(person.kubectl("get", "pods", "-A", "-o", "json"))["items"]:
        status = item["status"]
        conditions = {row["type"]: row["status"] for row in status.get("conditions") or ()}
        if status["phase"] != "Succeeded" and conditions.get("Ready") != "True":
            rows = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
            found[item["metadata"]["name"]] = str([row["state"] for row in rows])
    return found


def has_namespaces(path: Path) -> bool:
    """Whether a manifest says itself where its objects are."""
    return any(item and item["kind"] == "Namespace" for item in yaml.safe_load_all(path.read_text()))


@pytest.mark.parametrize("name", [pytest.param(name, marks=_MARKS) for name in MANIFESTS])
def test_all_pods_of_a_manifest_are_ready_or_have_ended(person: Person, name: str) -> None:
    if has_namespaces(_FOLDER / name):
        person.kubectl("apply", "--server-side", "-f", str(_FOLDER / name))
    else:
        person("apply", "--server-side", "-f", str(_FOLDER / name))
    deadline = time.monotonic() + _SECONDS
    while (left := waiting(person)) and time.monotonic() < deadline:
        words = [str(person.kubectl.path), "wait", "--for=condition=Ready", "pods", "--all", "-A", "--timeout=2s"]
        subprocess.run(words, env=person.kubectl.environment, capture_output=True, check=False)
    assert left == {}
    if "argocd" in name:
        secret = json.loads(person("get", "secret", "argocd-redis", "-o", "json"))
        assert secret["data"]["auth"]
