"""`kill -9` of any cluster during the tour: nothing acknowledged is missing afterwards, and the tour goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from liqolab.steps.clusters import Object
from liqolab.steps.liqo_names import CLUSTER_ID_KEY, CLUSTER_IDENTITY
from liqolab.steps.observe import Subject, observe
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import one
from tests.e2e.inventories import changes, inventory
from tests.laboratory import PEER_AND_OFFLOAD, Laboratory, used

pytestmark = pytest.mark.embedded

SOON = Timing("within", 60)
ESTABLISHED = {"OutgoingPeering", "NetworkStatus", "AuthenticationStatus"}

GO_ON = """
set -e
export KUBECONFIG=$PWD/liqo_kubeconf_venice
kubectl patch deployment app-center -n liqo-demo --type=json \
  -p '[{"op": "remove", "path": "/spec/template/spec/affinity"}]'
kubectl rollout status deployment app-center -n liqo-demo --timeout=30s
kubectl get pods -n liqo-demo -o wide
liqoctl unoffload namespace liqo-demo
liqoctl unpeer out-of-band florence
liqoctl unpeer out-of-band naples
liqoctl uninstall --purge
"""


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The tour, as far as the applications."""
    with used(tmp_path_factory.mktemp("tour")) as lab:
        lab.liqolab("up")
        lab.shell(PEER_AND_OFFLOAD)
        yield lab


@pytest.mark.parametrize("victim", ["venice", "florence", "naples"])
def test_a_cluster_is_killed_and_comes_back(tour: Laboratory, victim: str) -> None:
    urls = {name: status["server"] for name, status in tour.status().items()}
    before = inventory(tour.cluster(victim))
    tour.shell(f"kubectl --kubeconfig liqo_kubeconf_{victim} create configmap last-words --from-literal=a=b")
    tour.kill(victim)
    assert tour.status()[victim]["state"] == "stopped"
    said = tour.liqolab("up")
    assert f"Starting {victim} again" in said
    assert {name: status["server"] for name, status in tour.status().items()} == urls
    after = inventory(tour.cluster(victim))
    assert after.pop("configmaps/default/last-words")["data"] == {"a": "b"}
    assert changes(before, after) == []
    _is_well(tour)


@pytest.mark.journey
@pytest.mark.parametrize(
    "fault", [("pause", "naples"), ("cut", "venice-naples"), ("kill", "naples")], ids=lambda it: it[0]
)
def test_a_provider_that_is_away_for_a_minute_is_missed_in_every_status_and_all_converges(
    tour: Laboratory, fault: tuple[str, str]
) -> None:
    _is_well(tour)
    venice = tour.cluster("venice")
    offloaded = {each["metadata"]["uid"] for each in venice.list("pod", "liqo-demo", labels="app=app-south").items}
    endpoint = f"clusterID={_identity(tour)}"
    tour.liqolab("chaos", *fault)
    try:
        observe(Subject.named(venice, "node", "liqo-naples"), one(_is_given_up), Timing("within", 120))
        observe(Subject.named(venice, "foreigncluster", "naples"), one(_has_no_network), SOON)
        observe(Subject(venice, "tunnelendpoint", labels=endpoint), one(_is_connecting), SOON)
    finally:
        tour.liqolab("chaos", "heal")
    _is_well(tour)
    assert {
        each["metadata"]["uid"] for each in venice.list("pod", "liqo-demo", labels="app=app-south").items
    } == offloaded


def test_the_tour_goes_on(tour: Laboratory) -> None:
    _is_well(tour)
    said = tour.shell(GO_ON)
    assert "liqo-florence" not in said
    venice = tour.cluster("venice")
    assert [node["metadata"]["name"] for node in venice.list("node").items] == ["venice-control-plane"]
    assert not tour.cluster("naples").list("namespace", fields="metadata.name=liqo-demo").items


def _identity(tour: Laboratory) -> str:
    found = tour.cluster("naples").get("configmap", CLUSTER_IDENTITY, "liqo")
    assert found is not None
    return str(found["data"][CLUSTER_ID_KEY])


def _condition(item: Object, kind: str, within: str = "conditions") -> str:
    return next((each["status"] for each in item["status"].get(within) or [] if each["type"] == kind), "missing")


def _is_given_up(node: Object) -> str | None:
    taints = {taint["key"] for taint in node["spec"].get("taints") or []}
    if _condition(node, "Ready") != "Unknown" or "node.kubernetes.io/unreachable" not in taints:
        return f"Ready is {_condition(node, 'Ready')}, taints are {sorted(taints)}"
    return None


def _has_no_network(foreign: Object) -> str | None:
    status = _condition(foreign, "NetworkStatus", "peeringConditions")
    return None if status == "Pending" else f"NetworkStatus is {status}"


def _is_connecting(endpoint: Object) -> str | None:
    status = endpoint["status"]["connection"]["status"]
    return None if status == "Connecting" else f"it is {status}"


def _is_well(tour: Laboratory) -> None:
    """Both peerings stand, both nodes are Ready, and the offloaded pod runs on both sides."""
    venice, naples = tour.cluster("venice"), tour.cluster("naples")

    def peered(clusters: list[Object]) -> str | None:
        for cluster in clusters:
            states = {each["type"]: each["status"] for each in cluster.get("status", {}).get("peeringConditions") or []}
            if {condition for condition, status in states.items() if status == "Established"} != ESTABLISHED:
                return f"{cluster['metadata']['name']} has {states}"
        return None if len(clusters) == 2 else "there are not two of them"

    def ready(items: list[Object]) -> str | None:
        for item in items:
            if not any(each["type"] == "Ready" and each["status"] == "True" for each in item["status"]["conditions"]):
                return f"{item['metadata']['name']} is not Ready"
        return None if items else "there is none"

    observe(Subject(venice, "foreigncluster"), peered, SOON)
    observe(Subject(venice, "node"), ready, SOON)
    observe(Subject(venice, "pod", "liqo-demo", "app=app-south"), ready, SOON)
    observe(Subject(naples, "pod", "liqo-demo"), ready, SOON)
