"""Sentences about Liqo: peerings, offloaded namespaces and offloaded pods, seen from both sides."""

from __future__ import annotations

from liqolab.apimachinery.resources import Object
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Predicate, Subject, observe
from liqolab.steps.registry import then
from liqolab.steps.timing import Timing

_PEERED = {
    "OutgoingPeering": "Established",
    "NetworkStatus": "Established",
    "AuthenticationStatus": "Established",
}


@then("Liqo is installed in cluster {cluster}")
def liqo_is_installed(lab: Lab, cluster: str, timing: Timing) -> None:
    def holds(items: list[Object]) -> str | None:
        if not items:
            return "it has no deployments"
        missing = [
            item["metadata"]["name"]
            for item in items
            if item["status"].get("readyReplicas", 0) < item["spec"].get("replicas", 1)
        ]
        return f"not ready: {', '.join(missing)}" if missing else None

    observe(Subject(lab.cluster(cluster), "deployment", "liqo"), holds, timing)


@then("cluster {cluster} is peered with cluster {other}")
def is_peered(lab: Lab, cluster: str, other: str, timing: Timing) -> None:
    observe(Subject.named(lab.cluster(cluster), "foreigncluster", other), _peering(_PEERED), timing)


@then("cluster {cluster} is not peered with cluster {other}")
def is_not_peered(lab: Lab, cluster: str, other: str, timing: Timing) -> None:
    subject = Subject.named(lab.cluster(cluster), "foreigncluster", other)
    observe(subject, lambda items: _peering({"OutgoingPeering": "None"})(items) if items else None, timing)


@then("pods matching {labels} offloaded from cluster {cluster} in namespace {namespace} run in cluster {other}")
def offloaded_pods_run(lab: Lab, labels: str, cluster: str, namespace: str, other: str, timing: Timing) -> None:
    """For each pod on a virtual node of the one cluster, a pod of the same name is Running in the other."""
    here = lab.cluster(cluster)
    nodes = {item["metadata"]["name"] for item in here.list("node", labels="liqo.io/type=virtual-node").items}
    listed = here.list("pod", namespace, labels=labels).items
    offloaded = {pod["metadata"]["name"] for pod in listed if pod["spec"].get("nodeName") in nodes}

    def holds(items: list[Object]) -> str | None:
        if not offloaded:
            return f'cluster "{cluster}" has no such pod on a virtual node'
        running = {item["metadata"]["name"] for item in items if item["status"].get("phase") == "Running"}
        return f"not running there: {', '.join(sorted(offloaded - running))}" if offloaded - running else None

    observe(Subject(lab.cluster(other), "pod", namespace, labels), holds, timing)


def _peering(wanted: dict[str, str]) -> Predicate:
    def holds(items: list[Object]) -> str | None:
        if not items:
            return "it does not exist"
        conditions = items[0].get("status", {}).get("peeringConditions") or []
        actual = {condition["type"]: condition["status"] for condition in conditions}
        wrong = [f"{name} is {actual.get(name)}" for name, status in wanted.items() if actual.get(name) != status]
        return ", ".join(wrong) or None

    return holds
