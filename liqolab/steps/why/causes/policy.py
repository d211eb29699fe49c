"""What a namespace's offloading allows: which nodes its pods may use, in whose words."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import node_selector_matches
from liqolab.steps.failing.evidence import Evidence
from liqolab.steps.failing.evidence_kinds import FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS
from liqolab.steps.why.causes import phrases

OFFLOADING = "offloading"
"""The one name that a NamespaceOffloading may have."""

VIRTUAL_TAINT = "virtual-node.liqo.io/not-allowed"
_TYPE, _VIRTUAL = "liqo.io/type", "virtual-node"
_REMOTE_ID = "liqo.io/remote-cluster-id"


def is_virtual(node: Object) -> bool:
    return meta.labels(node).get(_TYPE) == _VIRTUAL


@dataclass(frozen=True, slots=True)
class Policy:
    """The NamespaceOffloading of one namespace."""

    object: Object

    @property
    def strategy(self) -> str:
        return str(meta.get_path(self.object, "spec", "podOffloadingStrategy", default="LocalAndRemote"))

    @property
    def remote_namespace(self) -> str:
        """What the namespace is called in other clusters; empty while nobody has said."""
        return str(meta.get_path(self.object, "status", "remoteNamespaceName", default=""))

    @property
    def terms(self) -> Objects:
        selector: Objects = meta.get_path(self.object, "spec", "clusterSelector", "nodeSelectorTerms", default=[])
        return selector

    def selects(self, node: Object) -> bool:
        """Whether the cluster behind a virtual node is one that the namespace is offloaded to."""
        return not self.terms or node_selector_matches({"nodeSelectorTerms": self.terms}, node)

    def allows(self, node: Object) -> bool:
        """Whether a pod of the namespace may run on a node."""
        if is_virtual(node):
            return self.strategy != "Local" and self.selects(node)
        return self.strategy != "Remote"

    @property
    def wording(self) -> str:
        """What it allows: ``region=south``."""
        if self.strategy == "Local":
            return "only the cluster's own nodes"
        where = phrases.terms(term.get("matchExpressions") or [] for term in self.terms) if self.terms else ""
        if self.strategy == "Remote":
            return f"only other clusters{f' with {where}' if where else ''}"
        return where or "every node"

    @property
    def keys(self) -> list[str]:
        """The labels that it looks at."""
        return [row.get("key", "") for term in self.terms for row in term.get("matchExpressions") or ()]


def of_namespace(evidence: Evidence, cluster: str, namespace: str) -> Policy | None:
    """The policy of a namespace; None when it is not offloaded.

    Raises:
        SilentError: the cluster does not say.
    """
    found = evidence.get(cluster, NAMESPACE_OFFLOADINGS, OFFLOADING, namespace)
    return Policy(found) if found is not None else None


def provider_of(evidence: Evidence, cluster: str, node: Object) -> str:
    """The name of the cluster that a virtual node stands for; empty when its ForeignCluster is not there.

    Raises:
        SilentError: the cluster does not say.
    """
    wanted = meta.labels(node).get(_REMOTE_ID, "")
    for peer in evidence.list(cluster, FOREIGN_CLUSTERS):
        identity = meta.get_path(peer, "spec", "clusterIdentity", default={})
        if wanted and identity.get("clusterID") == wanted:
            return str(identity.get("clusterName") or meta.name(peer))
    return ""


def node_of(evidence: Evidence, cluster: str, provider: str) -> Object | None:
    """The virtual node that stands for a provider; None when there is none.

    Raises:
        SilentError: the cluster does not say.
    """
    for peer in evidence.list(cluster, FOREIGN_CLUSTERS):
        identity = meta.get_path(peer, "spec", "clusterIdentity", default={})
        if provider in (identity.get("clusterName"), meta.name(peer)):
            nodes = evidence.list(cluster, NODES)
            return next(
                (item for item in nodes if meta.labels(item).get(_REMOTE_ID) == identity.get("clusterID")), None
            )
    return None
