"""The kinds that a lesson's manifests may hold, as far as can be told without a cluster.

A linter stands on the steps' side of the wall and cannot ask the embedded cluster; a test compares this table with what
that one serves. Kinds of groups that the manifests themselves define are known as well.
"""

from __future__ import annotations

from collections.abc import Iterable

_KINDS = {
    "v1": "Binding ComponentStatus ConfigMap Endpoints Event LimitRange List Namespace Node PersistentVolumeClaim "
    "PersistentVolume Pod PodTemplate ReplicationController ResourceQuota Secret ServiceAccount Service",
    "apiregistration.k8s.io/v1": "APIService",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "events.k8s.io/v1": "Event",
    "authentication.k8s.io/v1": "SelfSubjectReview TokenReview",
    "authorization.k8s.io/v1": "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview "
    "SubjectAccessReview",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "networking.k8s.io/v1": "IPAddress IngressClass Ingress NetworkPolicy ServiceCIDR",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRoleBinding ClusterRole RoleBinding Role",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "scheduling.k8s.io/v1": "PriorityClass",
    "coordination.k8s.io/v1": "Lease",
    "node.k8s.io/v1": "RuntimeClass",
    "discovery.k8s.io/v1": "EndpointSlice",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "resource.k8s.io/v1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    # Liqo 0.5
    "discovery.liqo.io/v1alpha1": "ForeignCluster ResourceRequest",
    "net.liqo.io/v1alpha1": "IpamStorage NatMapping NetworkConfig TunnelEndpoint",
    "offloading.liqo.io/v1alpha1": "NamespaceOffloading",
    "sharing.liqo.io/v1alpha1": "ResourceOffer",
    "virtualkubelet.liqo.io/v1alpha1": "NamespaceMap ShadowPod",
    # Configuration of clusters, read by kind and by the lab
    "kind.x-k8s.io/v1alpha4": "Cluster",
}

KINDS: dict[str, frozenset[str]] = {version: frozenset(names.split()) for version, names in _KINDS.items()}
"""apiVersion → kinds."""


def complaint(api_version: str, kind: str, own_groups: Iterable[str] = ()) -> str:
    """Why there is no such kind; empty where there is one."""
    if kind in KINDS.get(api_version, ()) or api_version.partition("/")[0] in own_groups:
        return ""
    elsewhere = [version for version, kinds in KINDS.items() if kind in kinds]
    if elsewhere:
        return f"{kind} is of {elsewhere[0]}, not of {api_version}"
    return f"no cluster of a lesson knows a {kind} of {api_version}"
