"""Every name of Liqo 0.5 that is visible through the Kubernetes API: labels, annotations, taints, finalizers, objects.

A name that appears in an object is spelt here and nowhere else; functions build the ones that depend on a cluster.
"""

from __future__ import annotations

import hashlib
from typing import Final

from liqolab.apimachinery.resources import Object

# --- Installation ---

LIQO_NAMESPACE: Final = "liqo"
STORAGE_NAMESPACE: Final = "liqo-storage"
RELEASE: Final = "liqo"
"""The name of the Helm release, and the value of `LABEL_PART_OF`."""

AUTH: Final = "liqo-auth"
CONTROLLER_MANAGER_LEASE: Final = "66cf253f.ctrlmgr.liqo.io"
"""Held by the one controller manager that works, where there are several."""
CONTROLLER_MANAGER: Final = "liqo-controller-manager"
CRD_REPLICATOR: Final = "liqo-crd-replicator"
GATEWAY: Final = "liqo-gateway"
METRIC_AGENT: Final = "liqo-metric-agent"
NETWORK_MANAGER: Final = "liqo-network-manager"
PROXY: Final = "liqo-proxy"
ROUTE: Final = "liqo-route"
VIRTUAL_KUBELET: Final = "virtual-kubelet"
"""Deployment and service account of a virtual kubelet, in the tenant namespace of its provider."""

CLUSTER_ID_CONFIG_MAP: Final = "liqo-clusterid-configmap"
CLUSTER_ID_KEY: Final = "CLUSTER_ID"
CLUSTER_NAME_KEY: Final = "CLUSTER_NAME"

WEBHOOK: Final = "liqo-webhook"
"""What both webhook configurations are called."""

AUTH_TOKEN_SECRET: Final = "auth-token"  # noqa: S105
TOKEN_KEY: Final = "token"  # noqa: S105
WEBHOOK_CERTIFICATE_SECRET: Final = "liqo-webhook-certs"  # noqa: S105
"""``tls.crt``, ``tls.key`` of the webhooks' server and the ``ca.crt`` that the API server trusts it by."""
WIREGUARD_SECRET: Final = "wireguard-pubkey"  # noqa: S105
IPAM_STORAGE: Final = "ipamstorage"

VIRTUAL_KUBELET_LOCAL_ROLE: Final = "liqo-virtual-kubelet-local"
VIRTUAL_KUBELET_REMOTE_ROLE: Final = "liqo-virtual-kubelet-remote"
"""ClusterRole that a consumer gets in the namespaces which are offloaded to this cluster."""
PEERING_BASIC_ROLE: Final = "liqo-remote-peering-basic"
PEERING_INCOMING_ROLE: Final = "liqo-remote-peering-incoming"
PEERING_OUTGOING_ROLE: Final = "liqo-remote-peering-outgoing"
"""ClusterRoles that a peer gets in its tenant namespace, one for each phase of the peering."""

AUTH_PORT: Final = 5000
"""Where the pod of `AUTH` serves HTTPS if it is told nothing else."""
AUTH_TLS_PORT: Final = 8443
"""What the chart tells it; its Service listens on 443."""
WEBHOOK_PORT: Final = 9443
HEALTH_PORT: Final = 8081
"""Where the controller manager says that it is ready."""
GATEWAY_PORT: Final = 5871
IPAM_PORT: Final = 6000
PROXY_PORT: Final = 8118
TUNNEL_MTU: Final = 1340
METRICS_PORT: Final = 8443
KUBELET_PORT: Final = 10250

AUTH_IDS_PATH: Final = "/ids"
AUTH_CERTIFICATE_PATH: Final = "/identity/certificate"
POD_WEBHOOK: Final = "pod.mutate.liqo.io"
POD_WEBHOOK_PATH: Final = "/mutate/pod"
OFFLOADING_WEBHOOK: Final = "nsoff.validate.liqo.io"
OFFLOADING_WEBHOOK_PATH: Final = "/validate/namespace-offloading"

# --- Labels that are not Liqo's own ---

LABEL_APP_NAME: Final = "app.kubernetes.io/name"
LABEL_APP_INSTANCE: Final = "app.kubernetes.io/instance"
LABEL_APP_COMPONENT: Final = "app.kubernetes.io/component"
LABEL_PART_OF: Final = "app.kubernetes.io/part-of"
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
LABEL_VERSION: Final = "app.kubernetes.io/version"
LABEL_CHART: Final = "helm.sh/chart"
KUBELET_MANAGER: Final = "advertisementoperator"
"""Who manages virtual kubelets and their bindings, in the release's own words; it is the controller manager."""

LABEL_HOSTNAME: Final = "kubernetes.io/hostname"
LABEL_ROLE: Final = "kubernetes.io/role"
LABEL_OS: Final = "kubernetes.io/os"
LABEL_ARCH: Final = "kubernetes.io/arch"
LABEL_EXCLUDE_BALANCER: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
LABEL_EXCLUDE_BALANCER_ALPHA: Final = "alpha.service-controller.kubernetes.io/exclude-balancer"
NODE_ROLE: Final = "agent"

# --- Virtual nodes and offloading ---

LABEL_TYPE: Final = "liqo.io/type"
TYPE_VIRTUAL_NODE: Final = "virtual-node"
LABEL_REMOTE_CLUSTER_ID: Final = "liqo.io/remote-cluster-id"
"""On virtual nodes, NamespaceMaps and remote namespaces: the peer's cluster ID."""
LABEL_PROVIDER: Final = "liqo.io/provider"
"""Cluster label: what ``liqoctl install`` was told the cluster is (``kind``, …)."""

TAINT_KEY: Final = "virtual-node.liqo.io/not-allowed"
TAINT_VALUE: Final = "true"
TAINT_EFFECT: Final = "NoExecute"

LABEL_SCHEDULING_ENABLED: Final = "liqo.io/scheduling-enabled"
NAMESPACE_OFFLOADING: Final = "offloading"
"""The one name that a NamespaceOffloading may have."""
ANNOTATION_OBSERVED_GENERATION: Final = "liqo.io/observed-generation"
"""On NamespaceOffloadings, in the seed's dialect: what ``status.observedGeneration`` says in the release's."""

ANNOTATION_MANAGED_BY_NAMESPACE_MAP: Final = "liqo.io/managed-by-namespace-map"
"""On remote namespaces and their role bindings: ``<tenant namespace>/<NamespaceMap>``."""
ANNOTATION_ORIGINAL_NAME: Final = "liqo.io/original-name"

ANNOTATION_NAMESPACE_FAILURES: Final = "liqo.io/namespace-failures"
"""On NamespaceMaps, written by the provider and carried home: JSON, from local namespace to why it cannot be offloaded.
Upstream's status has a phase for that and no words."""

LABEL_SHADOW_POD: Final = "liqo.io/shadowPod"
LABEL_MANAGED_BY_LIQO: Final = "liqo.io/managed-by"
MANAGED_BY_SHADOW_POD: Final = "shadowpod"
ANNOTATION_TERMINAL_PHASE: Final = "virtualkubelet.liqo.io/terminal-phase"
"""On a ShadowPod whose pod has ended: completed work is not done again when the pod is cleaned up."""
ANNOTATION_SHADOW_FAILURE: Final = "virtualkubelet.liqo.io/failure"
"""On a ShadowPod of which the provider can make no pod: why. Upstream's kind has no status that could say it."""
LABEL_REQUESTED_TOKEN: Final = "virtualkubelet.liqo.io/requested-token"  # noqa: S105
"""On Secrets of the provider that have no original: tokens of service accounts that were asked for."""
LABEL_ORIGIN: Final = "virtualkubelet.liqo.io/origin"
LABEL_DESTINATION: Final = "virtualkubelet.liqo.io/destination"
REFLECTION_FIELD_MANAGER: Final = "reflection.liqo.io"
LABEL_ENDPOINT_SLICE_MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
ENDPOINT_SLICE_MANAGER: Final = "endpointslice.reflection.liqo.io"
ANNOTATION_FORCE_REMOTE_NODE_PORT: Final = "liqo.io/force-remote-node-port"
ANNOTATION_SKIP_REFLECTION: Final = "liqo.io/skip-reflection"

NAME_LIMIT: Final = 63
"""Characters in the name of a namespace."""

STORAGE_CLASS: Final = "liqo"
STORAGE_PROVISIONER: Final = "liqo.io/storage"
LABEL_STORAGE_AVAILABLE: Final = "storage.liqo.io/available"
"""On virtual nodes: whether the provider offers a storage class."""
LABEL_STORAGE_NAMESPACE: Final = "liqo.io/storage-provisioner"
LABEL_VIRTUAL_CLAIM_NAMESPACE: Final = "storage.liqo.io/virtual-pvc-namespace"
LABEL_VIRTUAL_CLAIM_NAME: Final = "storage.liqo.io/virtual-pvc-name"
"""On the claim in the storage namespace that stands behind one of class `STORAGE_CLASS`: which one that is."""
PLACEHOLDER_PATH: Final = "/tmp/liqo-placeholder"  # noqa: S108 - a path that no container ever mounts
"""The ``hostPath`` of a volume here whose data is on a provider."""

# --- Discovery, authentication, tenants ---

LABEL_PEERING_PERMISSIONS: Final = "auth.liqo.io/remote-peering-permissions"
"""On the ClusterRoles of peers: in which phase of a peering one is granted (``basic``, ``incoming``, ``outgoing``)."""

LABEL_CLUSTER_ID: Final = "discovery.liqo.io/cluster-id"
"""On ForeignClusters, tenant namespaces, identities and tokens: the peer's cluster ID."""
LABEL_AUTH_TOKEN: Final = "discovery.liqo.io/auth-token"  # noqa: S105
LABEL_DISCOVERY_TYPE: Final = "discovery.liqo.io/discovery-type"
DISCOVERY_LAN: Final = "LAN"
DISCOVERY_INCOMING: Final = "IncomingPeering"
LABEL_TENANT_NAMESPACE: Final = "discovery.liqo.io/tenant-namespace"

LABEL_LOCAL_IDENTITY: Final = "discovery.liqo.io/local-identity"
LABEL_REMOTE_TENANT_CSR: Final = "discovery.liqo.io/remote-tenant-csr"
LABEL_CERTIFICATE_AVAILABLE: Final = "discovery.liqo.io/certificate-available"
ANNOTATION_CERTIFICATE_EXPIRE_TIME: Final = "discovery.liqo.io/certificate-expire-time"
IDENTITY_ORGANIZATION: Final = "liqo.io"
"""The group of a peer's user; the user's name is the peer's cluster ID."""
CSR_SIGNER: Final = "kubernetes.io/kube-apiserver-client"
CSR_APPROVAL_REASON: Final = "IdentityManagerApproval"

REMOTE_CERTIFICATE_SECRET: Final = "remote-certificate"  # noqa: S105
"""In a tenant namespace: the request of the peer that was granted, and the certificate."""
IDENTITY_PREFIX: Final = "liqo-identity-"
"""``generateName`` of the Secrets that hold this cluster's identity towards a peer."""
IDENTITY_PRIVATE_KEY: Final = "private-key"
IDENTITY_CSR: Final = "csr"
IDENTITY_CERTIFICATE: Final = "certificate"
IDENTITY_API_SERVER_URL: Final = "apiServerUrl"
IDENTITY_API_SERVER_CA: Final = "apiServerCa"
IDENTITY_NAMESPACE: Final = "namespace"
IDENTITY_PROXY_URL: Final = "proxyURL"

# --- Replication of custom resources ---

LABEL_REPLICATION: Final = "liqo.io/replication"
"""``true`` where an object was authored, ``false`` on its replica (the LOCAL column)."""
LABEL_REPLICATED: Final = "liqo.io/replicated"
LABEL_ORIGIN_ID: Final = "liqo.io/originID"
LABEL_REMOTE_ID: Final = "liqo.io/remoteID"

# --- Network ---

LABEL_GATEWAY: Final = "net.liqo.io/gateway"
"""On the Service of the gateway: ``true``; on its pods: which of them the Service leads to."""
GATEWAY_ACTIVE: Final = "active"
ANNOTATION_GATEWAY_NODE_IP: Final = "net.liqo.io/gatewayNodeIP"
LABEL_NETWORK_KEY: Final = "net.liqo.io/key"
NETWORK_KEY_WIREGUARD: Final = "wireguard"
LABEL_IPAM_STORAGE: Final = "net.liqo.io/ipamstorage"
LABEL_NAT_MAPPING: Final = "net.liqo.io/natmapping"
LABEL_TUNNEL_CLUSTER_ID: Final = "clusterID"
"""On TunnelEndpoints: the peer's cluster ID."""
BACKEND_WIREGUARD: Final = "wireguard"
BACKEND_PUBLIC_KEY: Final = "publicKey"
BACKEND_PORT: Final = "port"
NOT_REMAPPED: Final = "None"
"""What the …NAT… fields hold when a network keeps its addresses."""
IPAM_POOLS: Final = ("10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12")
"""Where networks for remapping are taken from, in this order."""

# --- Finalizers ---

FINALIZER_NAMESPACE_OFFLOADING: Final = "namespaceoffloading-controller.liqo.io/finalizer"
FINALIZER_NAMESPACE_MAP: Final = "namespacemap-controller.liqo.io/finalizer"
FINALIZER_VIRTUAL_NODE: Final = "virtualnode-controller.liqo.io/finalizer"
FINALIZER_NODE: Final = "liqo.io/node"
FINALIZER_VIRTUAL_KUBELET: Final = "liqo.io/virtualkubelet"
FINALIZER_REPLICATOR: Final = "crdReplicator.liqo.io"
FINALIZER_RESOURCE_REQUEST: Final = "resourcerequest.discovery.liqo.io"
"""On a peer's ResourceRequest: its offer has to be withdrawn first."""


# --- Names that depend on a cluster ---


def unique_name(cluster_name: str, cluster_id: str) -> str:
    """How a peer is called where its bare name could clash: ``florence-539f8b``.

    The suffix is the first six hexadecimal digits of SHA-256 over the cluster ID.
    """
    return f"{cluster_name}-{hashlib.sha256(cluster_id.encode()).hexdigest()[:6]}"


def tenant_namespace(cluster_name: str, cluster_id: str) -> str:
    """The namespace that holds the peering with a peer: ``liqo-tenant-florence-539f8b``."""
    return f"liqo-tenant-{unique_name(cluster_name, cluster_id)}"


def virtual_node_name(cluster_name: str) -> str:
    """The node that stands for a provider: ``liqo-florence``."""
    return f"liqo-{cluster_name}"


def remote_namespace_name(namespace: str, cluster_name: str, cluster_id: str) -> str:
    """Where a namespace of *this* cluster goes under mapping strategy DefaultName: ``liqo-demo-venice-1a2b3c``."""
    return f"{namespace}-{unique_name(cluster_name, cluster_id)}"


def remote_token_secret(cluster_id: str) -> str:
    """The Secret with the token that a peer's authentication service asks for."""
    return f"remote-token-{cluster_id}"


def virtual_kubelet_binding(cluster_name: str, cluster_id: str) -> str:
    """The ClusterRoleBinding of the virtual kubelet that serves a provider."""
    return f"liqo-virtual-kubelet-{unique_name(cluster_name, cluster_id)}"


def tenant_role_binding(cluster_role: str) -> str:
    """The RoleBinding in a tenant namespace that grants `cluster_role` to the peer."""
    return f"liqo-binding-{cluster_role}"


def not_allowed_taint() -> Object:
    """The taint that keeps pods which are not offloaded away from virtual nodes."""
    return {"key": TAINT_KEY, "value": TAINT_VALUE, "effect": TAINT_EFFECT}


def not_allowed_toleration() -> Object:
    """The toleration that the pod webhook adds."""
    return {"key": TAINT_KEY, "operator": "Exists", "effect": TAINT_EFFECT}


def physical_nodes_only() -> Object:
    """The affinity of what has to run in this cluster itself."""
    expression = {"key": LABEL_TYPE, "operator": "NotIn", "values": [TYPE_VIRTUAL_NODE]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
