"""From objects of the Kubernetes API to a world: pure functions, so that a world can be tested without a cluster.

Clusters are named as the playground names them. Liqo names them by IDs, so the IDs of all clusters are collected first
(`liqolab.atlas.identities`) and then replaced by names everywhere: virtual nodes, twins of namespaces and of pods,
peerings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import node_selector_matches
from liqolab.atlas import terms
from liqolab.atlas.identities import Identities, cluster_name, identities, peer_id
from liqolab.atlas.pods import is_refused_copy, pod_view
from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World


@dataclass(slots=True)
class Raw:
    """The objects of one cluster.

    Attributes:
        identity: the ConfigMaps in which Liqo keeps the cluster's own ID; one or none.
        error: why the cluster cannot be reached; empty when it can.
    """

    namespaces: Objects = field(default_factory=list)
    nodes: Objects = field(default_factory=list)
    pods: Objects = field(default_factory=list)
    foreign_clusters: Objects = field(default_factory=list)
    offloadings: Objects = field(default_factory=list)
    namespace_maps: Objects = field(default_factory=list)
    identity: Objects = field(default_factory=list)
    error: str = ""


def project(clusters: Mapping[str, Raw]) -> World:
    """The world of all clusters, in the given order."""
    known = identities({name: (raw.identity, raw.foreign_clusters) for name, raw in clusters.items()})
    return World(tuple(project_cluster(name, raw, known) for name, raw in clusters.items()))


def project_cluster(name: str, raw: Raw, known: Identities, pods: tuple[Pod, ...] | None = None) -> ClusterView:
    """The view of one cluster; `known` is what `identities` found, `pods` what is known of the pods already."""
    if pods is None:
        found = (pod_view(item, known) for item in raw.pods if not is_refused_copy(item))
        pods = tuple(sorted(found, key=lambda pod: (pod.namespace, pod.name)))
    return ClusterView(
        name=name,
        error=raw.error,
        version=version(raw.nodes),
        liqo=runs_liqo(raw.pods),
        nodes=node_views(raw.nodes, known),
        namespaces=namespace_views(raw.namespaces, raw.offloadings, raw.namespace_maps, known, raw.nodes),
        pods=pods,
        peerings=peering_views(raw.foreign_clusters, known),
    )


def runs_liqo(pods: Iterable[Object]) -> bool:
    """Whether Liqo's control plane is there."""
    return any(
        meta.namespace(item) == terms.LIQO
        and meta.labels(item).get(terms.LABEL_PART_OF, terms.LIQO) == terms.LIQO
        and not meta.is_deleting(item)
        for item in pods
    )


def version(nodes: Iterable[Object]) -> str:
    """The Kubernetes version of the cluster's own nodes, without asking the server once more; empty without nodes."""
    own = (item for item in nodes if meta.labels(item).get(terms.LABEL_NODE_TYPE) != terms.VIRTUAL_NODE)
    return next((str(meta.get_path(item, "status", "nodeInfo", "kubeletVersion", default="")) for item in own), "")


def node_views(nodes: Iterable[Object], known: Identities) -> tuple[Node, ...]:
    """The nodes: physical ones first, then virtual ones."""
    views = (
        Node(
            name=meta.name(item),
            ready=meta.condition_is_true(item, "Ready"),
            cluster=_provider(item, known),
            schedulable=not meta.get_path(item, "spec", "unschedulable", default=False),
            labels=tuple(sorted((key, str(value)) for key, value in meta.labels(item).items())),
        )
        for item in nodes
    )
    return tuple(sorted(views, key=lambda node: (node.virtual, node.name)))


def namespace_views(
    namespaces: Iterable[Object],
    offloadings: Iterable[Object],
    maps: Iterable[Object],
    known: Identities,
    nodes: Objects,
) -> tuple[Namespace, ...]:
    """The namespaces by name, each with where it is offloaded to and from."""
    configured = {meta.namespace(item): item for item in offloadings}
    twins = _twins(maps, known)
    views = (
        _namespace(item, configured.get(meta.name(item), {}), twins.get(meta.name(item), ()), known, nodes)
        for item in namespaces
    )
    return tuple(sorted(views, key=lambda namespace: namespace.name))


def peering_views(foreign_clusters: Iterable[Object], known: Identities) -> tuple[Peering, ...]:
    """The peerings by the peer's name."""
    return tuple(sorted((_peering(item, known) for item in foreign_clusters), key=lambda peering: peering.cluster))


def selector_text(selector: Object | None) -> str:
    """A node selector as one would type it: requirements joined by ``,``, alternatives by ``or``."""
    parts = []
    for term in (selector or {}).get("nodeSelectorTerms") or ():
        rows = [*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ())]
        parts.append(",".join(map(_requirement, rows)))
    return " or ".join(parts)


def _requirement(row: Object) -> str:
    key, operator, values = str(row.get("key")), row.get("operator"), [str(value) for value in row.get("values") or ()]
    if operator in ("In", "NotIn") and len(values) == 1:
        return f"{key}{'=' if operator == 'In' else '!='}{values[0]}"
    if operator in ("In", "NotIn"):
        return f"{key} {'in' if operator == 'In' else 'notin'} ({','.join(values)})"
    if operator in ("Exists", "DoesNotExist"):
        return key if operator == "Exists" else f"!{key}"
    return f"{key} {'>' if operator == 'Gt' else '<'} {''.join(values)}"


def _namespace(item: Object, offloading: Object, twins: Iterable[str], known: Identities, nodes: Objects) -> Namespace:
    name = meta.name(item)
    spec, status = offloading.get("spec") or {}, offloading.get("status") or {}
    # A namespace carries its consumer's ID; only the annotation tells a twin from what somebody labelled so.
    origin = meta.labels(item).get(terms.LABEL_REMOTE_CLUSTER, "") if _is_twin(item) else ""
    return Namespace(
        name=name,
        phase=str(meta.get_path(item, "status", "phase", default="Active")),
        offloading=str(status.get("offloadingPhase") or ("Pending" if offloading else "")),
        pod_strategy=str(spec.get("podOffloadingStrategy") or ""),
        selector=selector_text(spec.get("clusterSelector")),
        offloaded_to=tuple(sorted(twins)),
        offloaded_from=cluster_name(origin, known),
        system=terms.is_system(name),
        allows=tuple(meta.name(node) for node in nodes if allows(offloading, node)) if offloading else (),
    )


def allows(offloading: Object, node: Object) -> bool:
    """Whether a NamespaceOffloading lets pods onto a node: by its strategy, and for a virtual one by its selector."""
    spec = offloading.get("spec") or {}
    strategy = spec.get("podOffloadingStrategy") or "LocalAndRemote"
    if meta.labels(node).get(terms.LABEL_NODE_TYPE) != terms.VIRTUAL_NODE:
        return bool(strategy != "Remote")
    selector = spec.get("clusterSelector") or {}
    return strategy != "Local" and (not selector.get("nodeSelectorTerms") or node_selector_matches(selector, node))


def _is_twin(item: Object) -> bool:
    return terms.ANNOTATION_TWIN_OF in meta.annotations(item)


def _twins(maps: Iterable[Object], known: Identities) -> dict[str, list[str]]:
    """Namespace → the providers on which its twin exists."""
    found: dict[str, list[str]] = {}
    for item in maps:
        if meta.labels(item).get(terms.LABEL_LOCAL_COPY) == "false":
            continue
        provider = cluster_name(meta.labels(item).get(terms.LABEL_REMOTE_CLUSTER, ""), known)
        for namespace, mapping in meta.get_path(item, "status", "currentMapping", default={}).items():
            if mapping.get("phase") == terms.MAPPED:
                found.setdefault(namespace, []).append(provider)
    return found


def _peering(item: Object, known: Identities) -> Peering:
    rows = meta.get_path(item, "status", "peeringConditions", default=[])
    phases = {row.get("type"): str(row.get("status") or terms.NOTHING) for row in rows}
    wanted = (terms.AUTHENTICATION, terms.NETWORKING, terms.OUTGOING, terms.INCOMING)
    troubles = (row for kind in wanted for row in rows if row.get("type") == kind)
    message = next((str(row.get("message") or "") for row in troubles if _unsettled(row)), "")
    return Peering(
        cluster=known.get(peer_id(item)) or meta.name(item),
        outgoing=phases.get(terms.OUTGOING, terms.NOTHING),
        incoming=phases.get(terms.INCOMING, terms.NOTHING),
        networking=phases.get(terms.NETWORKING, terms.NOTHING),
        authentication=phases.get(terms.AUTHENTICATION, terms.NOTHING),
        message=message,
    )


def _unsettled(condition: Object) -> bool:
    return str(condition.get("status") or terms.NOTHING) not in terms.PEERING_AT_REST


def _provider(node: Object, known: Identities) -> str:
    labels = meta.labels(node)
    if labels.get(terms.LABEL_NODE_TYPE) != terms.VIRTUAL_NODE:
        return ""
    return cluster_name(labels.get(terms.LABEL_REMOTE_CLUSTER, ""), known) or meta.name(node)
