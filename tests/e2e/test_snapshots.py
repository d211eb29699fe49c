"""A playground's state, saved and brought back whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from liqolab.steps.clusters import Object
from liqolab.steps.observe import Subject, observe
from liqolab.steps.timing import Timing
from tests.e2e.inventories import changes, inventory
from tests.laboratory import Laboratory

pytestmark = pytest.mark.embedded

CHANGE = """
set -e
export KUBECONFIG=$PWD/liqo_kubeconf_venice
echo changed > manifests/notes
kubectl delete -f manifests/deploy.yaml -n liqo-demo
kubectl create configmap later -n liqo-demo
kubectl label node liqo-naples touched=yes
liqoctl unoffload namespace liqo-demo
kubectl delete namespace default-deny --ignore-not-found
kubectl --kubeconfig liqo_kubeconf_naples create namespace later
"""


@pytest.fixture
def saved(peered: Laboratory) -> Iterator[Laboratory]:
    """The peered playground, saved; the snapshot is forgotten afterwards."""
    said = peered.liqolab("snapshot", "save", "peered")
    assert said.startswith("Saved peered: florence, naples, venice (")
    yield peered
    peered.liqolab("snapshot", "delete", "peered")
    assert "has no snapshots" in peered.liqolab("snapshot", "list")


def test_a_snapshot_brings_everything_back(saved: Laboratory) -> None:
    names = ("venice", "florence", "naples")
    before = {name: inventory(saved.cluster(name)) for name in names}
    urls = {name: status["server"] for name, status in saved.status().items()}
    saved.shell(CHANGE)
    # A client that goes on through all of it, as a controller would.
    client = saved.cluster("venice")
    latest = int(client.list("namespace").revision)
    assert "Restored peered: florence, naples, venice (" in saved.liqolab("snapshot", "restore", "peered")
    assert {name: status["server"] for name, status in saved.status().items()} == urls
    for name in names:
        assert changes(before[name], inventory(saved.cluster(name))) == []
    assert int(client.list("namespace").revision) > latest

    def running(pods: list[Object]) -> str | None:
        found = [(pod["status"]["phase"], pod["spec"].get("nodeName")) for pod in pods]
        return None if found == [("Running", "liqo-naples")] else f"they are {found}"

    observe(Subject(client, "pod", "liqo-demo", "app=app-south"), running, Timing("within", 30))
    assert "notes" not in saved.shell("ls manifests")


def test_snapshots_are_listed_and_their_names_are_taken(saved: Laboratory) -> None:
    listed = saved.liqolab("snapshot", "list").splitlines()
    assert [line.split()[0] for line in listed] == ["peered"]
    assert listed[0].endswith("MiB   florence, naples, venice")
    said = saved.liqolab("snapshot", "save", "peered", code=1)
    assert 'a snapshot "peered" of playground "default" exists' in said
    assert "choose another name, or delete it first" in said


def test_a_snapshot_that_is_not_there(lab: Laboratory) -> None:
    said = lab.liqolab("snapshot", "restore", "nothing", code=1)
    assert 'there is no snapshot "nothing" of playground "default"' in said
    assert "known: none" in said
    assert "has no clusters to save" in lab.liqolab("snapshot", "save", "nothing", code=1)
    assert 'there is no snapshot "nothing"' in lab.liqolab("snapshot", "delete", "nothing", code=1)
    assert "is not a valid snapshot name" in lab.liqolab("snapshot", "restore", "../up", code=1)
    assert lab.left_behind() == []
