"""Decisions as a real scheduler made them, and the sentences that explain the refusals."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from liqolab.kube.scheduler.algorithm import Placement, place
from liqolab.kube.scheduler.cache import Cache
from liqolab.kube.scheduler.diagnosis import Diagnosis
from liqolab.kube.scheduler.explain import explain
from liqolab.kube.scheduler.node_info import PodInfo
from liqolab.kube.scheduler.opinions import Opinions
from liqolab.kube.scheduler.preemption import Eviction, preempt
from liqolab.kube.scheduler.snapshot import Snapshot
from tests.scheduler.scheduling_cases import (
    CASES,
    NOT_HELPFUL,
    REQUIRED,
    VENICE,
    Object,
    needs,
    node,
    nodes,
    nowhere,
    pod,
)


def decide(wanted: Object, nodes: list[Object], pods: list[Object] | None = None) -> Placement | Diagnosis:
    cluster = Snapshot.of(nodes, pods or [])
    outcome = place(PodInfo(wanted), cluster, Random(0))
    if isinstance(outcome, Diagnosis) and outcome.verdicts:
        preempt(PodInfo(wanted), cluster, outcome, [])
    return outcome


def winner(wanted: Object, nodes: list[Object], pods: list[Object] | None = None) -> str:
    outcome = decide(wanted, nodes, pods)
    assert isinstance(outcome, Placement), outcome
    return outcome.node


def message(wanted: Object, nodes: list[Object], pods: list[Object] | None = None) -> str:
    outcome = decide(wanted, nodes, pods)
    assert isinstance(outcome, Diagnosis), outcome
    return outcome.message


def on(where: str, wanted: Object, **status: Any) -> Object:
    return wanted | {"spec": wanted["spec"] | {"nodeName": where}, "status": {"phase": "Running"} | status}


def test_agrees_with_a_real_scheduler() -> None:
    placed: list[Object] = []
    for case in CASES:
        outcome = decide(case.pod, nodes(), placed)
        name = case.pod["metadata"]["name"]
        if isinstance(outcome, Placement):
            assert outcome.node in case.allowed, name
            placed.append(on(outcome.node, case.pod))
        else:
            assert (case.allowed, outcome.message) == ((), case.message), name


def test_no_nodes_at_all() -> None:
    assert message(pod("p"), []) == "no nodes available to schedule pods"


def test_the_tutorials_failure() -> None:
    taint = {"key": "virtual-node.liqo.io/not-allowed", "value": "true", "effect": "NoExecute"}
    virtual = [node(f"liqo-{name}", {"liqo.io/type": "virtual-node"}, [taint]) for name in ("naples", "florence")]
    local = node("venice", {"topology.liqo.io/region": "north"})
    center = needs({"matchExpressions": [{"key": "topology.liqo.io/region", "operator": "In", "values": ["center"]}]})
    assert message(pod("app-center", affinity=center), [local, *virtual]) == nowhere(
        "1 node(s) didn't match Pod's node affinity/selector",
        "2 node(s) had untolerated taint {virtual-node.liqo.io/not-allowed: true}",
    )


def test_cordoned_node_needs_its_toleration() -> None:
    cordoned = node("n", {}) | {"spec": {"unschedulable": True}}
    assert message(pod("p"), [cordoned]).startswith("0/1 nodes are available: 1 node(s) were unschedulable.")
    tolerant = pod("p", tolerations=[{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}])
    assert winner(tolerant, [cordoned]) == "n"


def test_several_shortages_of_one_node_are_all_told() -> None:
    asks = {"requests": {"cpu": "3", "memory": "6Gi"}}
    first = on("n", pod("first", container={"resources": asks}))
    text = message(pod("second", container={"resources": asks}), [node("n", {}, pods="1")], [first])
    assert text == (
        "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Too many pods. "
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    )


def test_init_containers_count_by_their_peak_and_sidecars_throughout() -> None:
    asks = {"requests": {"cpu": "1500m"}}
    sidecar = {"name": "s", "restartPolicy": "Always", "resources": asks}
    step = {"name": "i", "resources": {"requests": {"cpu": "2600m"}}}
    wanted = pod("p", container={"resources": asks}, initContainers=[sidecar, step])
    assert PodInfo(wanted).requests == {"cpu": 4100}


def test_preferences_decide_among_feasible_nodes() -> None:
    preferred = [{"weight": 10, "preference": VENICE}]
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
    assert winner(pod("p", affinity=affinity), nodes()) == "venice"
    soft = [{"key": "k", "effect": "PreferNoSchedule"}]
    assert winner(pod("p"), [node("a", {}, soft), node("b", {})]) == "b"


def test_emptier_and_less_crowded_nodes_win() -> None:
    busy = on("a", pod("busy", container={"resources": {"requests": {"cpu": "3", "memory": "6Gi"}}}))
    assert winner(pod("p"), [node("a", {}), node("b", {})], [busy]) == "b"


def test_spread_counts_domains() -> None:
    zones = [node("a", {"zone": "1"}), node("b", {"zone": "1"}), node("c", {"zone": "2"})]
    rule = {
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "x"}},
    }
    labels = {"app": "x"}
    there = [on("a", pod("one", labels))]
    assert winner(pod("two", labels, topologySpreadConstraints=[rule]), zones, there) == "c"


def test_same_seed_same_choice() -> None:
    cluster = Snapshot.of([node(name, {}) for name in "abcd"])

    def draw(seed: int) -> list[str]:
        ties, chosen = Random(seed), []
        for index in range(8):
            outcome = place(PodInfo(pod(f"p{index}")), cluster, ties)
            assert isinstance(outcome, Placement)
            chosen.append(outcome.node)
        return chosen

    assert draw(1) == draw(1)
    assert len(set(draw(1))) > 1


def priority(name: str, value: int, cpu: str, labels: dict[str, str] | None = None) -> Object:
    wanted = pod(name, labels, container={"resources": {"requests": {"cpu": cpu}}})
    return wanted | {"spec": wanted["spec"] | {"priority": value}}


def evict(wanted: Object, pods: list[Object], budgets: list[Object] | None = None) -> Eviction | str:
    cluster = Snapshot.of([node("a", {}), node("b", {})], pods)
    outcome = place(PodInfo(wanted), cluster, Random(0))
    assert isinstance(outcome, Diagnosis)
    return preempt(PodInfo(wanted), cluster, outcome, budgets or []) or outcome.preemption


def test_preemption_takes_the_fewest_and_least_important() -> None:
    pods = [on("a", priority("a1", 5, "2")), on("a", priority("a2", 1, "2")), on("b", priority("b1", 7, "4"))]
    found = evict(priority("big", 10, "2"), pods)
    assert isinstance(found, Eviction)
    assert (found.node, [victim.name for victim in found.victims]) == ("a", ["a2"])


def test_preemption_spares_what_a_budget_protects() -> None:
    guarded = {"app": "db"}
    pods = [on("a", priority("a1", 1, "4", guarded)), on("b", priority("b1", 5, "4"))]
    budget = {
        "metadata": {"name": "db", "namespace": "sch"},
        "spec": {"selector": {"matchLabels": guarded}},
        "status": {"disruptionsAllowed": 0},
    }
    found = evict(priority("big", 10, "4"), pods, [budget])
    assert isinstance(found, Eviction)
    assert found.node == "b"


def test_preemption_refused() -> None:
    never = priority("p", 10, "4")
    never["spec"]["preemptionPolicy"] = "Never"
    pods = [on("a", priority("a1", 1, "4")), on("b", priority("b1", 1, "4"))]
    assert evict(never, pods) == "preemption: not eligible due to preemptionPolicy=Never."
    text = "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
    assert evict(priority("equal", 1, "1"), pods) == text


def test_explanation_names_every_plugin_that_refuses() -> None:
    taint = {"key": "k", "value": "v", "effect": "NoSchedule"}
    affinity = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [VENICE]}}}
    told = explain(pod("p", affinity=affinity), [node("x", {}, [taint]), nodes()[0]])
    refused, fitting = told.nodes
    assert [name for name, verdict in refused.verdicts.items() if verdict] == ["TaintToleration", "NodeAffinity"]
    assert (refused.fits, fitting.fits, told.message) == (False, True, "")
    assert fitting.total == sum(fitting.scores.values())
    assert fitting.scores["NodeResourcesFit"] > 90


def test_explanation_of_a_pod_that_fits_nowhere_is_the_events_sentence() -> None:
    wanted = pod("p", nodeSelector={"no": "such"})
    assert explain(wanted, nodes()).message + NOT_HELPFUL == message(wanted, nodes())


def outcome(decision: Placement | Diagnosis) -> object:
    """All of a decision but the plugins that made it."""
    return replace(decision, plugins=()) if isinstance(decision, Placement) else decision


def test_what_was_said_before_changes_no_decision() -> None:
    """Pods of several kinds come and go on nodes that change; each decision is made with and without a memory."""
    chance = Random(7)
    kinds: list[dict[str, Any]] = [
        {"container": {"resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}},
        {"container": {"resources": {"requests": {"cpu": "1500m"}}, "ports": [{"containerPort": 1, "hostPort": 80}]}},
        {"tolerations": [{"key": "soft", "operator": "Exists"}]},
        {"affinity": needs({"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]})},
    ]
    cache, opinions, there = Cache(), Opinions(), []
    for number in range(120):
        cache.set_node(node(f"n-{number:03d}", {"zone": chance.choice("abc")}))
    for turn in range(150):
        wanted = PodInfo(pod(f"p-{turn}", {"app": "x"}, **chance.choice(kinds)))
        cluster = Snapshot(cache.nodes)
        plain = place(wanted, cluster, Random(turn), start=turn)
        remembering = place(wanted, replace(cluster, opinions=opinions), Random(turn), start=turn)
        assert outcome(remembering) == outcome(plain)
        if isinstance(plain, Placement):
            cache.set_pod(wanted, plain.node)
            there.append(wanted.uid)
        if turn % 5 == 0:
            cache.remove_pod(there.pop(chance.randrange(len(there))))
        if turn % 7 == 0:
            taint = {"key": chance.choice(["soft", "hard"]), "effect": "NoSchedule"}
            cache.set_node(node(f"n-{chance.randrange(120):03d}", {"zone": "a"}, [taint]))


def test_nodes_are_asked_in_turn() -> None:
    """Where not all are asked, the next decision begins after the last node that was."""
    cluster = Snapshot.of([node(f"n-{number:03d}", {}) for number in range(250)])
    first = place(PodInfo(pod("a")), cluster, Random(0))
    assert isinstance(first, Placement)
    second = place(PodInfo(pod("b")), cluster, Random(0), start=first.asked)
    assert isinstance(second, Placement)
    assert first.asked == len(first.totals) == 120
    assert not first.totals.keys() & second.totals.keys()
