"""Sentences about Liqo: peerings, offloaded namespaces and pods, and what is reflected, seen from both sides.

Peering has a direction: "venice is peered with naples" says that Venice may use what Naples lends.
"""

from __future__ import annotations

from collections.abc import Mapping

from liqolab.apimachinery.resources import Object
from liqolab.steps import liqo_names as names
from liqolab.steps.clusters import Cluster, is_virtual
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Miss, Predicate, Subject, observe
from liqolab.steps.registry import then
from liqolab.steps.sentences.shapes import fields_are
from liqolab.steps.subjects import matching, named
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import find_condition, is_there, one


@then("cluster {cluster} is peered with cluster {other}")
def is_peered(lab: Lab, cluster: str, other: str, timing: Timing) -> None:
    """Holds when the first cluster uses the other: outgoing peering, network and authentication are Established."""
    observe(Subject.named(lab.cluster(cluster), names.PEERING_KIND, other), peering_is(names.ESTABLISHED), timing)


@then("cluster {cluster} is not peered with cluster {other}", negative=True)
def is_not_peered(lab: Lab, cluster: str, other: str, timing: Timing) -> None:
    """Holds when the first cluster has no outgoing peering with the other, whether it has heard of it or not."""
    subject = Subject.named(lab.cluster(cluster), names.PEERING_KIND, other)
    observe(subject, lambda items: peering_is(names.NOT_PEERED)(items) if items else None, timing)


@then("a virtual node for cluster {other} exists in cluster {cluster}", existence=True)
def virtual_node_exists(lab: Lab, other: str, cluster: str, timing: Timing) -> None:
    """Holds when the cluster has a node behind which Liqo has the other one, whatever the state of that node."""
    observe(_virtual_nodes(lab, cluster, other), lambda items: None if items else "there is none", timing)


@then("a virtual node for cluster {other} exists in cluster {cluster} with labels:", existence=True)
def virtual_node_has_labels(lab: Lab, other: str, cluster: str, docstring: str, timing: Timing) -> None:
    """Holds when that node has all the labels of the text block, one `key=value` or `key: value` a line."""
    wanted = _read_labels(docstring)

    def holds(items: list[Object]) -> Miss | str | None:
        if not items:
            return "there is none"
        present = items[0]["metadata"].get("labels") or {}
        wrong = [
            Difference(f".metadata.labels['{key}']", value, present.get(key, "missing"))
            for key, value in wanted.items()
            if present.get(key) != value
        ]
        told = "; ".join(f"{each.path} is {each.actual}" for each in wrong)
        return Miss(f"{items[0]['metadata']['name']}: {told}", tuple(wrong), wanted, present) if wrong else None

    observe(_virtual_nodes(lab, cluster, other), holds, timing)


@then("resources of peering {peering} are:")
def resources_of_peering(lab: Lab, peering: str, datatable: list[list[str]], timing: Timing) -> None:
    """Holds when what a peering lends, written `venice→naples` or `venice->naples`, is as the table says.

    Its columns are `resource | operator | value`, with `cpu`, `memory`, `pods` and so on as resources. What is lent is
    what the virtual node for the second cluster offers in the first.
    """
    cluster, _, other = (part.strip() for part in peering.replace("->", "→").partition("→"))
    if not other:
        raise CheckFailedError(f'"{peering}" is no peering; write it like: venice→naples')
    header, *rows = datatable
    if header != ["resource", "operator", "value"] or not rows:
        raise CheckFailedError("the table needs the columns resource | operator | value and at least one row")
    paths = [
        (f".status.allocatable.{name.replace('.', chr(92) + '.')}", operator, value) for name, operator, value in rows
    ]
    observe(_virtual_nodes(lab, cluster, other), one(fields_are(paths)), timing)


@then("namespace {namespace}[ in cluster {cluster}] is offloaded to cluster {other}[ but not to cluster {third}]")
def is_offloaded(lab: Lab, namespace: str, cluster: str | None, other: str, third: str | None, timing: Timing) -> None:
    """Holds when Liqo reports the namespace as offloaded to the other cluster, and its twin is there.

    With a third cluster also when Liqo reports that it is not offloaded there.
    """
    subject = named(lab, names.OFFLOADING_KIND, names.OFFLOADING_NAME, namespace, cluster)

    def holds(items: list[Object]) -> Miss | str | None:
        if not items:
            return "the namespace is not offloaded"
        told = [
            text for text in (_not_offloaded(items[0], other), _offloaded(items[0], third) if third else "") if text
        ]
        return Miss("; ".join(told), actual=items[0].get("status")) if told else None

    offloading = observe(subject, holds, timing)
    if timing.kind != "never":
        twin = offloading[0]["status"].get("remoteNamespaceName") or namespace
        observe(
            Subject.named(lab.cluster(other), "namespace", twin),
            lambda items: None if items else "does not exist",
            Timing(),
        )


@then("namespace {namespace}[ in cluster {cluster}] is not offloaded", negative=True)
def is_not_offloaded(lab: Lab, namespace: str, cluster: str | None, timing: Timing) -> None:
    """Holds when Liqo is not asked to offload the namespace (any more)."""
    subject = named(lab, names.OFFLOADING_KIND, names.OFFLOADING_NAME, namespace, cluster)
    observe(subject, lambda items: "the namespace is offloaded" if items else None, timing)


@then("pod {name}[ in namespace {namespace}] offloaded from cluster {cluster} runs in cluster {other}")
def offloaded_pod_runs(lab: Lab, name: str, namespace: str | None, cluster: str, other: str, timing: Timing) -> None:
    """Holds when the pod is bound to a virtual node of the first cluster and its twin is Running in the other."""
    if timing.kind != "never":
        pod = observe(named(lab, "pod", name, namespace, cluster), one(_bound), _beforehand(timing))[0]
        _is_virtual(lab.cluster(cluster), pod)
    place = remote_namespace(lab, cluster, namespace or lab.default_namespace)
    observe(Subject.named(lab.cluster(other), "pod", name, place), one(_running), timing)


@then("pods matching {labels}[ in namespace {namespace}] offloaded from cluster {cluster} run in cluster {other}")
def offloaded_pods_run(lab: Lab, labels: str, namespace: str | None, cluster: str, other: str, timing: Timing) -> None:
    """Holds when there is such a pod on a virtual node of the first cluster, and each has a Running twin there."""
    here = lab.cluster(cluster)
    nodes = {item["metadata"]["name"] for item in here.list("node", labels=names.VIRTUAL_NODE_SELECTOR).items}
    place = namespace or lab.default_namespace

    def bound(items: list[Object]) -> str | None:
        there = [pod for pod in items if pod["spec"].get("nodeName") in nodes]
        return None if there else "none of them is on a virtual node"

    subject = matching(lab, "pod", labels, place, cluster)
    never = timing.kind == "never"
    listed = here.list("pod", place, labels=labels).items if never else observe(subject, bound, _beforehand(timing))
    offloaded = {pod["metadata"]["name"] for pod in listed if pod["spec"].get("nodeName") in nodes}

    def holds(items: list[Object]) -> str | None:
        if not offloaded:
            return "none of them is on a virtual node"
        running = {item["metadata"]["name"] for item in items if item["status"].get("phase") == "Running"}
        return f"not running there: {', '.join(sorted(offloaded - running))}" if offloaded - running else None

    observe(Subject(lab.cluster(other), "pod", remote_namespace(lab, cluster, place), labels), holds, timing)


@then("{kind:kind} {name}[ in namespace {namespace}] is reflected from cluster {cluster} to cluster {other}")
def is_reflected(
    lab: Lab, kind: str, name: str, namespace: str | None, cluster: str, other: str, timing: Timing
) -> None:
    """Holds when the other cluster has an object of the kind and name, and Liqo says that it comes from the first."""
    place = namespace or lab.default_namespace
    subject = named(lab, kind, name, place, cluster)
    observe(subject, is_there, _beforehand(timing))
    origin = cluster_id(lab.cluster(cluster))

    def verdict(item: Object) -> Miss | None:
        told = (item["metadata"].get("labels") or {}).get(names.ORIGIN_LABEL)
        if told == origin:
            return None
        difference = Difference(f".metadata.labels['{names.ORIGIN_LABEL}']", origin, told or "missing")
        return Miss("it exists, but was not reflected from there", (difference,))

    observe(Subject.named(lab.cluster(other), kind, name, remote_namespace(lab, cluster, place)), one(verdict), timing)


def _beforehand(timing: Timing) -> Timing:
    """The time for what has to be so before a sentence about two clusters can hold."""
    return timing if timing.kind == "within" else Timing("now", 0.0)


def remote_namespace(lab: Lab, cluster: str, namespace: str) -> str:
    """What an offloaded namespace is called in other clusters; its own name where Liqo does not say."""
    offloading = lab.cluster(cluster).get(names.OFFLOADING_KIND, names.OFFLOADING_NAME, namespace)
    return str((offloading or {}).get("status", {}).get("remoteNamespaceName") or namespace)


def liqo_is_ready(items: list[Object]) -> str | None:
    """Why Liqo is not installed, judging by the deployments of its namespace."""
    if not items:
        return "it has no deployments"
    missing = [
        item["metadata"]["name"]
        for item in items
        if item["status"].get("readyReplicas", 0) < item["spec"].get("replicas", 1)
    ]
    return f"not ready: {', '.join(missing)}" if missing else None


def _virtual_nodes(lab: Lab, cluster: str, other: str) -> Subject:
    selector = f"{names.VIRTUAL_NODE_SELECTOR},{names.REMOTE_CLUSTER_LABEL}={cluster_id(lab.cluster(other))}"
    return Subject(lab.cluster(cluster), "node", labels=selector)


def cluster_id(cluster: Cluster) -> str:
    """The ID under which Liqo knows a cluster.

    Raises:
        CheckFailedError: it does not, because it is not installed there.
    """
    found = cluster.get("configmap", names.CLUSTER_IDENTITY, names.NAMESPACE)
    if found is None:
        raise CheckFailedError(f'Liqo is not installed in cluster "{cluster.name}": it has no ID')
    return str(found["data"][names.CLUSTER_ID_KEY])


def peering_is(wanted: Mapping[str, str]) -> Predicate:
    """Why the conditions of a peering are not as wanted."""

    def verdict(item: Object) -> Miss | None:
        conditions = {each["type"]: each for each in item.get("status", {}).get("peeringConditions") or []}
        wrong, told = [], []
        for name, status in wanted.items():
            found = conditions.get(name, {"status": "missing"})
            if found["status"] != status:
                path = f".status.peeringConditions[?(@.type=='{name}')].status"
                wrong.append(Difference(path, status, str(found["status"])))
                told.append(f"{name} is {found['status']}: {found.get('message', '')}".rstrip(": "))
        return Miss("; ".join(told), tuple(wrong)) if wrong else None

    return one(verdict)


def _remote_conditions(offloading: Object, cluster: str) -> dict[str, Object]:
    """Conditions of an offloaded namespace on one remote cluster, by type; remotes are called NAME-ID."""
    remotes: Object = offloading.get("status", {}).get("remoteNamespacesConditions") or {}
    own = (rows for name, rows in remotes.items() if cluster in (name, name.rpartition("-")[0]))
    found: list[Object] = next(own, [])
    return {row["type"]: row for row in found}


def _not_offloaded(offloading: Object, cluster: str) -> str:
    conditions = _remote_conditions(offloading, cluster)
    ready = conditions.get(names.OFFLOADED_CONDITION)
    if ready and ready["status"] == "True":
        return ""
    said = ready or conditions.get(names.REQUIRED_CONDITION) or {}
    return f'not offloaded to cluster "{cluster}": {said.get("message", "Liqo says nothing of it")}'


def _offloaded(offloading: Object, cluster: str) -> str:
    conditions = _remote_conditions(offloading, cluster)
    required = conditions.get(names.REQUIRED_CONDITION, {}).get("status") == "True"
    ready = conditions.get(names.OFFLOADED_CONDITION, {}).get("status") == "True"
    return f'offloaded to cluster "{cluster}" too' if required or ready else ""


def _bound(pod: Object) -> str | None:
    if pod["spec"].get("nodeName"):
        return None
    scheduled = find_condition(pod, "PodScheduled") or {}
    return f"is on no node yet: {scheduled.get('message', '')}".rstrip(": ")


def _running(pod: Object) -> Miss | None:
    phase = str(pod["status"].get("phase"))
    return None if phase == "Running" else Miss(f"is {phase}", (Difference(".status.phase", "Running", phase),))


def _is_virtual(cluster: Cluster, pod: Object) -> None:
    node = pod["spec"]["nodeName"]
    if not is_virtual(cluster, node):
        name = pod["metadata"]["name"]
        raise CheckFailedError(f'pod "{name}" is not offloaded: it is on node "{node}" of cluster "{cluster.name}"')


def _read_labels(text: str) -> dict[str, str]:
    pairs = [line.strip().replace(": ", "=", 1).partition("=") for line in text.splitlines() if line.strip()]
    return {key.strip(): value.strip() for key, _, value in pairs}
