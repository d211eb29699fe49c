"""Liqo's names and words as checks need them: one table for a generation of Liqo.

This is that of 0.5. Another generation says the same things with other kinds and conditions; its table is to stand
beside this one, and the sentences stay.
"""

from __future__ import annotations

from typing import Final

NAMESPACE: Final = "liqo"
"""Where Liqo's own components are."""

CLUSTER_IDENTITY: Final = "liqo-clusterid-configmap"
"""The ConfigMap that tells a cluster's ID, under the key below."""
CLUSTER_ID_KEY: Final = "CLUSTER_ID"

CONTROLLER_MANAGER: Final = "liqo-controller-manager"
CLUSTER_LABELS_ARGUMENT: Final = "--cluster-labels="
"""How the controller manager is told the labels under which its cluster presents itself."""

VIRTUAL_NODE_SELECTOR: Final = "liqo.io/type=virtual-node"
REMOTE_CLUSTER_LABEL: Final = "liqo.io/remote-cluster-id"

PEERING_KIND: Final = "foreigncluster"
ESTABLISHED: Final = {
    "OutgoingPeering": "Established",
    "NetworkStatus": "Established",
    "AuthenticationStatus": "Established",
}
"""Conditions of a ForeignCluster through which resources are used."""
NOT_PEERED: Final = {"OutgoingPeering": "None"}

PEER_ID_LABEL: Final = "discovery.liqo.io/cluster-id"
"""On what a cluster keeps of a peer, its tenant namespace among them: the peer's ID."""
PEER_TOKEN: Final = "remote-token-{id}"  # noqa: S105 - the name of a Secret
"""The Secret in Liqo's namespace with what a peer gave as a token."""

OFFLOADING_KIND: Final = "namespaceoffloading"
OFFLOADING_NAME: Final = "offloading"
OFFLOADED_CONDITION: Final = "Ready"
REQUIRED_CONDITION: Final = "OffloadingRequired"

ORIGIN_LABEL: Final = "virtualkubelet.liqo.io/origin"
"""On what was reflected: the ID of the cluster it comes from."""
