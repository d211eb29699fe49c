"""The names of Kubernetes and Liqo that a world is read from: one table.

Kinds of Liqo are told by plural and the end of their group, because generations of Liqo moved them between groups and
versions and kept their meaning. Which version a cluster serves stands in its CustomResourceDefinitions.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.builtin import CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, NODES, PODS
from liqolab.apimachinery.resources import Object, Resource

BUILTIN: Final = (NAMESPACES, NODES, PODS, CUSTOM_RESOURCE_DEFINITIONS)
"""What every world needs; besides, of all ConfigMaps, the one that tells a cluster's identity."""

FOREIGN_CLUSTERS: Final = "foreignclusters"
NAMESPACE_OFFLOADINGS: Final = "namespaceoffloadings"
NAMESPACE_MAPS: Final = "namespacemaps"
LIQO_KINDS: Final = frozenset((FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS, NAMESPACE_MAPS))
LIQO_GROUP_END: Final = ".liqo.io"

IDENTITY_FIELDS: Final = "metadata.name=liqo-clusterid-configmap"
IDENTITY_KEY: Final = "CLUSTER_ID"

LABEL_REMOTE_CLUSTER: Final = "liqo.io/remote-cluster-id"
"""On virtual nodes and NamespaceMaps the provider's cluster ID, on twins of namespaces the consumer's."""
LABEL_NODE_TYPE: Final = "liqo.io/type"
VIRTUAL_NODE: Final = "virtual-node"
LABEL_ORIGIN: Final = "virtualkubelet.liqo.io/origin"
LABEL_ORIGIN_LATER: Final = "offloading.liqo.io/origin"
"""The same since Liqo 1.0."""
LABEL_LOCAL_COPY: Final = "liqo.io/replication"
"""``true`` on the consumer's own NamespaceMaps, ``false`` on what a provider received."""
ANNOTATION_TWIN_OF: Final = "liqo.io/managed-by-namespace-map"
LABEL_PART_OF: Final = "app.kubernetes.io/part-of"
LIQO: Final = "liqo"

APP_LABELS: Final = ("app", "k8s-app", "app.kubernetes.io/name", "component")
"""Where people and programs write what a pod is an instance of; the first one counts."""

SYSTEM_NAMESPACES: Final = frozenset(
    ("kube-system", "kube-public", "kube-node-lease", "local-path-storage", "liqo", "liqo-storage")
)
TENANT_NAMESPACE: Final = "liqo-tenant-"

MAPPED: Final = "Accepted"
"""Phase of a namespace in a NamespaceMap: its twin exists."""

OUTGOING: Final = "OutgoingPeering"
INCOMING: Final = "IncomingPeering"
NETWORKING: Final = "NetworkStatus"
AUTHENTICATION: Final = "AuthenticationStatus"
NOTHING: Final = "None"
PEERING_AT_REST: Final = frozenset(("Established", NOTHING, "Success"))
"""Phases that need no explanation."""


def is_system(namespace: str) -> bool:
    """Whether Kubernetes or Liqo made a namespace for themselves."""
    return namespace in SYSTEM_NAMESPACES or namespace.startswith(TENANT_NAMESPACE)


def liqo_resource(definition: Object) -> Resource | None:
    """The resource of Liqo that a CustomResourceDefinition serves; None for all others, and while it is not served."""
    spec = definition.get("spec") or {}
    names = spec.get("names") or {}
    group, plural = spec.get("group", ""), names.get("plural", "")
    conditions = (definition.get("status") or {}).get("conditions") or ()
    established = any(row.get("type") == "Established" and row.get("status") == "True" for row in conditions)
    version = next((row["name"] for row in spec.get("versions") or () if row.get("served")), None)
    if plural not in LIQO_KINDS or not group.endswith(LIQO_GROUP_END) or not established or version is None:
        return None
    return Resource(group, version, plural, names.get("kind", ""), spec.get("scope") == "Namespaced")
