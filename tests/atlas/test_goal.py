"""Goal versus now, and the difference in sentences: all on worlds made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from liqolab.atlas.goal import compare, load_goal, save_goal
from liqolab.atlas.normal import goal_of
from liqolab.atlas.project import Raw
from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World
from tests.atlas.atlas_objects import PROVIDER, namespace, node, pod

HOME, SOUTH = Node("venice-control-plane", True), Node("liqo-naples", True, "naples", labels=(("region", "south"),))
DEMO = Namespace("liqo-demo", offloading="Ready", selector="region=south", offloaded_to=("naples",))
PEER = Peering("naples", "Established", "None", "Established", "Established")
STUCK = Pod("liqo-demo", "app-center-75cbd9c78c-pqzsp", "Unschedulable", False, "", "app-center", "Unschedulable")
RUNS = Pod(
    "liqo-demo", "app-south-848cb64b4f-b9gkr", "Running", True, "liqo-naples", "app-south", address="10.204.0.12"
)
TWIN = replace(RUNS, node="naples-control-plane", offloaded_from="venice", address="10.200.0.12")
VENICE = ClusterView("venice", "", "v1.23.6", True, (HOME, SOUTH), (DEMO,), (STUCK, RUNS), (PEER,))
NAPLES = ClusterView("naples", liqo=True, namespaces=(Namespace("liqo-demo", offloaded_from="venice"),), pods=(TWIN,))
WORLD = World((VENICE, NAPLES))


def with_venice(**changes: object) -> World:
    return World((replace(VENICE, **changes), NAPLES))  # type: ignore[arg-type]


def said(goal: World, now: World) -> list[str]:
    return [str(deviation) for deviation in compare(goal, now)]


def test_nothing_is_said_of_names_addresses_and_what_is_on_its_way_out() -> None:
    other = replace(RUNS, name="app-south-848cb64b4f-zzzzz", address="10.204.0.99", restarts=1)
    leaving = replace(STUCK, name="app-center-75cbd9c78c-xxxxx", state="Terminating")
    failed = replace(RUNS, name="app-south-848cb64b4f-fffff", state="Failed")
    system = Namespace("liqo-tenant-naples-712ca1", system=True)
    inside = Pod(system.name, "virtual-kubelet", "Running", True, HOME.name, "virtual-kubelet")
    renamed = replace(HOME, name="another-control-plane")
    now = with_venice(
        nodes=(renamed, SOUTH),
        namespaces=(DEMO, system),
        pods=(STUCK, other, leaving, failed, inside),
        version="v1.36.0",
        peerings=(replace(PEER, message="fine"),),
    )
    assert said(WORLD, now) == []


@pytest.mark.parametrize(
    ("now", "sentences"),
    [
        (World((VENICE,)), ["naples: cluster is missing"]),
        (World((VENICE, NAPLES, ClusterView("rome"))), ["rome: cluster is there and should not be"]),
        (
            World((VENICE, replace(NAPLES, error="nothing listens", pods=()))),
            ["naples: cluster: state is nothing listens, should be reachable"],
        ),
        (
            with_venice(namespaces=(), pods=()),
            [
                "venice: namespace liqo-demo is missing",
                "venice: pod app-center in liqo-demo is missing",
                "venice: pod app-south in liqo-demo is missing",
            ],
        ),
        (with_venice(namespaces=(DEMO, Namespace("mine"))), ["venice: namespace mine is there and should not be"]),
        (
            with_venice(namespaces=(replace(DEMO, selector="region=center", offloaded_to=()),)),
            [
                "venice: namespace liqo-demo: cluster selector is region=center, should be region=south",
                "venice: namespace liqo-demo: offloaded to is nothing, should be naples",
            ],
        ),
        (
            with_venice(nodes=(replace(HOME, ready=False), replace(SOUTH, labels=()))),
            [
                "venice: node liqo-naples: label region is nothing, should be south",
                "venice: node venice-control-plane: ready is no, should be yes",
            ],
        ),
        (
            with_venice(pods=(STUCK, replace(RUNS, node=HOME.name))),
            ["venice: pod app-south in liqo-demo: node is a node of its own, should be liqo-naples"],
        ),
        (
            with_venice(pods=(STUCK, replace(RUNS, state="Failing", ready=False, reason="CrashLoopBackOff"))),
            ["venice: pod app-south in liqo-demo: state is Failing (CrashLoopBackOff), should be Running"],
        ),
        (
            with_venice(pods=(STUCK, RUNS, replace(RUNS, name="app-south-848cb64b4f-bbbbb"))),
            ["venice: pod app-south in liqo-demo is there and should not be"],
        ),
        (
            with_venice(peerings=(replace(PEER, networking="Pending"),), liqo=False),
            [
                "venice: cluster: Liqo is no, should be yes",
                "venice: peering with naples: networking is Pending, should be Established",
            ],
        ),
    ],
)
def test_each_difference_is_named(now: World, sentences: list[str]) -> None:
    assert sorted(said(WORLD, now)) == sorted(sentences)


def test_where_the_scheduler_was_free_any_of_its_choices_will_do() -> None:
    """The goal is made from a run in which the pod stayed at home; in another one it went to Naples."""
    nodes = [node("venice-control-plane"), node("liqo-naples", cluster_id=PROVIDER)]
    free = pod("free-848cb64b4f-b9gkr", node="venice-control-plane", labels={"app": "free"}, phase="Running")
    bound = pod("bound", node="liqo-naples", labels={"app": "bound"}, phase="Running")
    bound["spec"]["nodeSelector"] = {"liqo.io/type": "virtual-node"}
    venice = Raw(namespaces=[namespace("liqo-demo")], nodes=nodes, pods=[free, bound])
    naples = Raw(namespaces=[namespace("liqo-demo")])
    goal = goal_of({"venice": venice, "naples": naples})
    insisted, wanted = goal.clusters[0].pods
    assert insisted.choice == ()
    assert wanted.choice == ("liqo-naples", "venice-control-plane")

    went = replace(wanted, name="free-848cb64b4f-zzzzz", node="liqo-naples", choice=())
    twin = replace(went, node="naples-control-plane", offloaded_from="venice")
    home, away = goal.clusters
    now = World((replace(home, pods=(insisted, went)), replace(away, pods=(twin,))))
    assert said(goal, now) == []
    stranger = World((replace(home, pods=(insisted, went)), replace(away, pods=(replace(twin, app="stranger"),))))
    assert said(goal, stranger) == ["naples: pod stranger in liqo-demo is there and should not be"]


def test_a_goal_survives_its_file(tmp_path: Path) -> None:
    save_goal(tmp_path, "deploy", WORLD)
    first = (tmp_path / "goals" / "deploy.json").read_bytes()
    save_goal(tmp_path, "deploy", WORLD)
    assert (tmp_path / "goals" / "deploy.json").read_bytes() == first
    assert load_goal("offloading-with-policies", "no-such-step") is None
