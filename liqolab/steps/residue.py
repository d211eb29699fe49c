"""What a scenario leaves behind: every object of every kind of every cluster, before and after.

What the system itself makes and changes all the time is no residue: events, leases, endpoints, tokens, and whatever has
an owner, because it goes when its owner goes, and its owner is counted. Of nodes, the labels, taints and cordons that
people set are counted too. All kinds of all clusters are listed side by side, and of most only the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from liqolab.apimachinery.resources import Object, Resource
from liqolab.steps.clusters import Cluster
from liqolab.steps.transport import RefusedError

Inventory = dict[str, frozenset[str]]
"""Cluster → its objects, each as ``kind namespace/name`` or ``kind name``."""

_PARALLEL = 6
_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
_UNCOUNTED_KINDS = frozenset(
    {
        ("", "Event"),
        ("events.k8s.io", "Event"),
        ("coordination.k8s.io", "Lease"),
        ("coordination.k8s.io", "LeaseCandidate"),
        ("", "Endpoints"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("", "ComponentStatus"),
        ("apps", "ControllerRevision"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("apiregistration.k8s.io", "APIService"),
        ("networking.k8s.io", "IPAddress"),
        ("resource.k8s.io", "ResourceSlice"),
        ("metrics.k8s.io", "NodeMetrics"),
        ("metrics.k8s.io", "PodMetrics"),
    }
)
"""Group and kind of what clusters make of themselves, and change all the time."""

_UNCOUNTED_NAMES = {"ConfigMap": ("kube-root-ca.crt", "openshift-service-ca.crt"), "ServiceAccount": ("default",)}
"""What every namespace gets by itself; reflected copies have the same beginning of a name."""

_TOKEN = "service-account-token"  # noqa: S105 - a type of Secrets
_GONE = 404


def inventory(clusters: Sequence[Cluster]) -> Inventory:
    """All objects of some clusters that people or programs made.

    Raises:
        CheckFailedError: a cluster cannot be asked.
    """
    if not clusters:
        return {}
    with ThreadPoolExecutor(len(clusters)) as pool:
        return {cluster.name: found for cluster, found in zip(clusters, pool.map(inventory_of, clusters), strict=True)}


def inventory_of(cluster: Cluster) -> frozenset[str]:
    """The same of one cluster.

    Raises:
        UnreachableError: it does not answer.
    """
    # Kinds that came since the last look may have brought objects, and kinds that went have none any more.
    cluster.discovery.forget()
    kinds = [
        served.resource
        for served in cluster.discovery.kinds()
        if "list" in served.verbs and (served.resource.group, served.resource.kind) not in _UNCOUNTED_KINDS
    ]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return frozenset(
            entry for entries in pool.map(lambda kind: _entries(cluster, kind), kinds) for entry in entries
        )


def residue(before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]]) -> list[str]:
    """What is in one inventory and not in the other, one line an object; of the clusters that are in both."""
    found = []
    for cluster in sorted(before.keys() & after.keys()):
        then, now = before[cluster], after[cluster]
        found += [f"cluster {cluster}: {entry} is new" for entry in sorted(now - then)]
        found += [f"cluster {cluster}: {entry} is gone" for entry in sorted(then - now)]
    return found


def _entries(cluster: Cluster, kind: Resource) -> list[str]:
    is_node = kind.kind == "Node" and not kind.group
    try:
        answer = cluster.transport.call("get", kind.path(), accept="application/json" if is_node else _METADATA)
    except RefusedError as error:
        # A kind may go between being discovered and being listed.
        if error.status == _GONE:
            return []
        raise
    word = f"{kind.kind.lower()}.{kind.group}" if kind.group else kind.kind.lower()
    found = []
    for item in answer.get("items") or []:
        if _is_counted(kind, item):
            namespace = item["metadata"].get("namespace")
            name = f"{namespace}/{item['metadata']['name']}" if namespace else item["metadata"]["name"]
            found.append(f"{word} {name}")
            found += [f"{word} {name} {detail}" for detail in (_settings(item) if is_node else ())]
    return found


def _is_counted(kind: Resource, item: Object) -> bool:
    metadata = item["metadata"]
    if metadata.get("ownerReferences") or _TOKEN in item.get("type", ""):
        return False
    return not metadata["name"].startswith(_UNCOUNTED_NAMES.get(kind.kind, ("\0",)))


def _settings(node: Object) -> Iterator[str]:
    """What people set on a node, apart from what the system sets there."""
    for key, value in (node["metadata"].get("labels") or {}).items():
        if not key.partition("/")[0].endswith(("kubernetes.io", "k8s.io")):
            yield f"label {key}={value}"
    for taint in node["spec"].get("taints") or []:
        if not taint["key"].startswith("node.kubernetes.io/"):
            yield f"taint {taint['key']}={taint.get('value', '')}:{taint['effect']}"
    if node["spec"].get("unschedulable"):
        yield "cordoned"
