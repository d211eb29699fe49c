"""Pods, the nodes of the tutorial, and what a real scheduler made of them.

The placements were observed on kube-scheduler 1.20.2 over three nodes; the messages are in the wording of 1.34.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

AFFINITY = "didn't match Pod's node affinity/selector"
NOT_HELPFUL = " preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def node(name: str, labels: dict[str, str], taints: list[Object] | None = None, **allocatable: str) -> Object:
    room = {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "100Gi"} | allocatable
    spec: Object = {"taints": taints} if taints else {}
    metadata = {"name": name, "labels": {"kubernetes.io/hostname": name} | labels}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "spec": spec,
        "status": {"allocatable": room, "capacity": room},
    }


def nodes() -> list[Object]:
    return [
        node("venice", {"topology.liqo.io/region": "north", "n": "5", "word": "abc"}),
        node("liqo-naples", {"topology.liqo.io/region": "south", "liqo.io/type": "virtual-node"}),
        node("liqo-florence", {"topology.liqo.io/region": "center", "liqo.io/type": "virtual-node"}),
    ]


def pod(name: str, labels: dict[str, str] | None = None, *, container: Object | None = None, **spec: Any) -> Object:
    containers = [{"name": "c", "image": "nginx"} | (container or {})]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "sch", "uid": f"uid-{name}", "labels": labels or {}},
        "spec": {"schedulerName": "default-scheduler", "containers": containers} | spec,
        "status": {"phase": "Pending"},
    }


def needs(*terms: Object) -> Object:
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": list(terms)}}}


def term(key: str, operator: str, *values: str) -> Object:
    return {"matchExpressions": [{"key": key, "operator": operator} | ({"values": list(values)} if values else {})]}


def field(*names: str) -> Object:
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": list(names)}]}


def near(kind: str, **labels: str) -> Object:
    rule = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels}}
    return {kind: {REQUIRED: [rule]}}


VENICE = term("topology.liqo.io/region", "In", "north")


@dataclass(frozen=True)
class Case:
    """A pod, where it may go, and what is said when it may go nowhere."""

    pod: Object
    allowed: tuple[str, ...] = ()
    message: str = ""


def nowhere(*reasons: str, preemption: str = NOT_HELPFUL) -> str:
    return f"0/3 nodes are available: {', '.join(reasons)}.{preemption}"


def mixed(*reasons: str) -> str:
    return f" preemption: 0/3 nodes are available: {', '.join(reasons)}."


_ONE_VICTIM = mixed("1 No preemption victims found for incoming pod", "2 Preemption is not helpful for scheduling")
_BIG = {"requests": {"cpu": "5"}, "limits": {"cpu": "5"}}

CASES = [
    Case(pod("gt", affinity=needs(term("n", "Gt", "4"))), ("venice",)),
    Case(pod("gt2", affinity=needs(term("n", "Gt", "5"))), (), nowhere(f"3 node(s) {AFFINITY}")),
    Case(pod("lt", affinity=needs(term("n", "Lt", "6"))), ("venice",)),
    Case(pod("gtstr", affinity=needs(term("word", "Gt", "1"))), (), nowhere(f"3 node(s) {AFFINITY}")),
    Case(pod("gtbad", affinity=needs(term("n", "Gt", "abc"))), (), nowhere(f"3 node(s) {AFFINITY}")),
    Case(pod("notin", affinity=needs(term("n", "NotIn", "5"))), ("liqo-naples", "liqo-florence")),
    Case(pod("dne", affinity=needs(term("n", "DoesNotExist"))), ("liqo-naples", "liqo-florence")),
    Case(pod("orterm", affinity=needs(term("absent", "Exists"), VENICE)), ("venice",)),
    Case(pod("empty", affinity=needs({})), (), nowhere(f"3 node(s) {AFFINITY}")),
    Case(pod("field", affinity=needs(field("venice"))), ("venice",)),
    Case(
        pod("fieldno", affinity=needs(field("ghost"))),
        (),
        nowhere("3 node(s) didn't satisfy plugin(s) [NodeAffinity]"),
    ),
    Case(pod("sel", nodeSelector={"no": "such"}), (), nowhere(f"3 node(s) {AFFINITY}")),
    Case(pod("bigcpu", container={"resources": _BIG}), (), nowhere("3 Insufficient cpu")),
    Case(
        pod(
            "spread",
            topologySpreadConstraints=[
                {
                    "maxSkew": 1,
                    "topologyKey": "zone",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": {"a": "b"}},
                }
            ],
        ),
        (),
        nowhere("3 node(s) didn't match pod topology spread constraints (missing required label)"),
    ),
    Case(pod("aff", affinity=near("podAffinity", no="such")), (), nowhere("3 node(s) didn't match pod affinity rules")),
    Case(
        pod("affself", {"self": "1"}, affinity=near("podAffinity", self="1")),
        ("venice", "liqo-naples", "liqo-florence"),
    ),
    Case(pod("anti1", {"anti": "1"}, affinity=near("podAntiAffinity", anti="1") | needs(VENICE)), ("venice",)),
    Case(
        pod("anti2", {"anti": "1"}, affinity=near("podAntiAffinity", anti="1") | needs(VENICE)),
        (),
        nowhere("1 node(s) didn't match pod anti-affinity rules", f"2 node(s) {AFFINITY}", preemption=_ONE_VICTIM),
    ),
    Case(
        pod("anti3", {"anti": "1"}, affinity=needs(VENICE)),
        (),
        nowhere(
            "1 node(s) didn't satisfy existing pods anti-affinity rules",
            f"2 node(s) {AFFINITY}",
            preemption=_ONE_VICTIM,
        ),
    ),
    Case(
        pod("h1", container={"ports": [{"containerPort": 80, "hostPort": 8080}]}, affinity=needs(VENICE)), ("venice",)
    ),
    Case(
        pod("h2", container={"ports": [{"containerPort": 80, "hostPort": 8080}]}, affinity=needs(VENICE)),
        (),
        nowhere(
            "1 node(s) didn't have free ports for the requested pod ports",
            f"2 node(s) {AFFINITY}",
            preemption=_ONE_VICTIM,
        ),
    ),
    Case(
        pod("pvc", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "nope"}}]),
        (),
        nowhere('persistentvolumeclaim "nope" not found'),
    ),
]
"""In order: later pods meet the earlier ones on their nodes."""
