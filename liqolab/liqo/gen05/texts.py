"""What Liqo 0.5 says: the conditions of ForeignClusters, namespaces and virtual nodes, the webhooks' and events' texts.

The seed tutorial and the 0.5 release disagree about two texts of a NamespaceOffloading's status; a `Dialect` chooses.
Statuses, types and their order are the same in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Dialect(StrEnum):
    """Whose strings a NamespaceOffloading's status carries. The seed's are the default."""

    SEED = "seed"
    RELEASE = "release"

    @classmethod
    def of(cls, value: str | None) -> Dialect:
        """The dialect of an argument or environment value; empty means the seed's.

        Raises:
            ValueError: no such dialect.
        """
        if not value:
            return cls.SEED
        try:
            return cls(value)
        except ValueError:
            raise ValueError(f'unknown dialect "{value}": it must be "seed" or "release"') from None


DIALECT_ENV: Final = "LIQO_DIALECT"


@dataclass(frozen=True, slots=True)
class ConditionText:
    """One possible outcome of a condition; `message` may have ``{placeholders}``."""

    status: str
    reason: str
    message: str

    def about(self, **values: str) -> ConditionText:
        """The same with the message's placeholders filled in."""
        return replace(self, message=self.message.format(**values))


# --- ForeignCluster: status.peeringConditions ---

OUTGOING_PEERING: Final = "OutgoingPeering"
INCOMING_PEERING: Final = "IncomingPeering"
NETWORK_STATUS: Final = "NetworkStatus"
AUTHENTICATION_STATUS: Final = "AuthenticationStatus"
PROCESS_STATUS: Final = "ProcessForeignClusterStatus"

NONE: Final = "None"
PENDING: Final = "Pending"
ESTABLISHED: Final = "Established"
DISCONNECTING: Final = "Disconnecting"
DENIED: Final = "Denied"
EMPTY_DENIED: Final = "EmptyDenied"
ERROR: Final = "Error"
SUCCESS: Final = "Success"

PROCESSABLE: Final = ConditionText(SUCCESS, "ForeignClusterProcessable", "This ForeignCluster seems to be processable")
LOCAL_CLUSTER: Final = ConditionText(ERROR, "LocalCluster", "This cluster has the same clusterID of the local cluster")
INVALID_PROXY_URL: Final = ConditionText(ERROR, "InvalidProxyURL", "Invalid Proxy URL {url}: ({error})")
CLUSTER_ID_REPETITION: Final = ConditionText(
    ERROR,
    "ClusterIDRepetition",
    "The same clusterID is already present in another ForeignCluster ({name})",
)

IDENTITY_ACCEPTED: Final = ConditionText(
    ESTABLISHED,
    "IdentityAccepted",
    "The Identity has been correctly accepted by the remote cluster",
)
IDENTITY_DENIED: Final = ConditionText(
    DENIED, "IdentityDenied", "Cluster authentication denied by the remote cluster: {error}"
)
IDENTITY_EMPTY_DENIED: Final = ConditionText(
    EMPTY_DENIED,
    "IdentityEmptyDenied",
    "The remote cluster requires cluster authentication to be enabled: {error}",
)
AUTH_NOT_REACHABLE: Final = ConditionText(
    ERROR, "AuthNotReachable", "The remote authentication service is not reachable"
)
AUTH_PENDING: Final = ConditionText(PENDING, "", "")
"""Any other HTTP status of the authentication service."""

NO_RESOURCE_REQUEST: Final = ConditionText(
    NONE, "NoResourceRequest", "No ResourceRequest found in the Tenant Namespace {namespace}"
)
RESOURCE_REQUEST_PENDING: Final = ConditionText(
    PENDING,
    "ResourceRequestPending",
    "The remote cluster has not created a ResourceOffer in the Tenant Namespace {namespace} yet",
)
KUBELET_PENDING: Final = ConditionText(
    PENDING,
    "KubeletPending",
    "The remote cluster has not started the VirtualKubelet for the peering yet",
)
RESOURCE_REQUEST_ACCEPTED: Final = ConditionText(
    ESTABLISHED,
    "ResourceRequestAccepted",
    "The ResourceRequest has been accepted by the remote cluster in the Tenant Namespace {namespace}",
)
RESOURCE_REQUEST_DELETING: Final = ConditionText(
    DISCONNECTING,
    "ResourceRequestDeleting",
    "The ResourceRequest is in deleting phase in the Tenant Namespace {namespace}",
)

TUNNEL_ENDPOINT_NOT_FOUND: Final = ConditionText(
    NONE,
    "TunnelEndpointNotFound",
    "The TunnelEndpointNotFound has not been found in the Tenant Namespace {namespace}",
)
TUNNEL_ENDPOINT_CONNECTING: Final = ConditionText(
    PENDING,
    "TunnelEndpointConnecting",
    "The TunnelEndpoint has been successfully found in the Tenant Namespace {namespace}, but it is not connected yet",
)
TUNNEL_ENDPOINT_AVAILABLE: Final = ConditionText(
    ESTABLISHED,
    "TunnelEndpointAvailable",
    "The TunnelEndpoint has been successfully found in the Tenant Namespace {namespace} and it is connected",
)
TUNNEL_ENDPOINT_ERROR: Final = ConditionText(NONE, "TunnelEndpointError", "{error}")

# --- Field values of the peering and network kinds ---

PEERING_YES: Final = "Yes"
PEERING_NO: Final = "No"
PEERING_AUTO: Final = "Auto"

OFFER_STATE_NONE: Final = "None"
OFFER_STATE_CREATED: Final = "Created"
OFFER_PENDING: Final = "Pending"
OFFER_MANUAL_ACTION_REQUIRED: Final = "ManualActionRequired"
OFFER_ACCEPTED: Final = "Accepted"
OFFER_REFUSED: Final = "Refused"
OFFER_NOT_ACCEPTED: Final[Mapping[str, ConditionText]] = {
    OFFER_MANUAL_ACTION_REQUIRED: replace(
        KUBELET_PENDING,
        message=f"{KUBELET_PENDING.message}: the ResourceOffer waits for somebody to accept it in the cluster that "
        f"asked for it (its status.phase is {OFFER_MANUAL_ACTION_REQUIRED})",
    ),
    OFFER_REFUSED: replace(
        KUBELET_PENDING,
        message=f"{KUBELET_PENDING.message}: the ResourceOffer was refused in the cluster that asked for it "
        f"(its status.phase is {OFFER_REFUSED})",
    ),
}
"""Why there is no virtual kubelet, behind the release's own words; reason and status are the release's."""
KUBELET_NONE: Final = "None"
KUBELET_CREATED: Final = "Created"
KUBELET_DELETING: Final = "Deleting"

TUNNEL_CONNECTED: Final = "Connected"
TUNNEL_CONNECTING: Final = "Connecting"
TUNNEL_ERROR: Final = "Error"
TUNNEL_MESSAGES: Final[Mapping[str, str]] = {
    TUNNEL_CONNECTED: "VPN connection established",
    TUNNEL_CONNECTING: "Waiting VPN connection to be established",
}
IPAM_EXHAUSTED: Final = "no networks available"

AUTH_INVALID_TOKEN: Final = 'invalid token "{token}"'  # noqa: S105
AUTH_IDENTITY_EXISTS: Final = (
    'an identity for cluster "{cluster}" exists already, with another key; '
    'delete secret "{secret}" in namespace "{namespace}" to let it start anew'
)
TENANT_NAMESPACE_TAKEN: Final = 'namespace "{namespace}" is not free (yet) to be the tenant namespace of the peer'

# --- NamespaceOffloading ---

STRATEGY_LOCAL: Final = "Local"
STRATEGY_REMOTE: Final = "Remote"
STRATEGY_LOCAL_AND_REMOTE: Final = "LocalAndRemote"
POD_STRATEGIES: Final = (STRATEGY_LOCAL_AND_REMOTE, STRATEGY_REMOTE, STRATEGY_LOCAL)
MAPPING_ENFORCE_SAME_NAME: Final = "EnforceSameName"
MAPPING_DEFAULT_NAME: Final = "DefaultName"
MAPPING_STRATEGIES: Final = (MAPPING_ENFORCE_SAME_NAME, MAPPING_DEFAULT_NAME)
"""Both tuples in the order in which messages list them."""

OFFLOADING_REQUIRED: Final = "OffloadingRequired"
READY: Final = "Ready"

MAPPING_ACCEPTED: Final = "Accepted"
MAPPING_LOOP_BACK_OFF: Final = "CreationLoopBackOff"
MAPPING_TERMINATING: Final = "Terminating"

PHASE_READY: Final = "Ready"
PHASE_NO_CLUSTER_SELECTED: Final = "NoClusterSelected"
PHASE_ALL_FAILED: Final = "AllFailed"
PHASE_SOME_FAILED: Final = "SomeFailed"
PHASE_IN_PROGRESS: Final = "InProgress"
PHASE_TERMINATING: Final = "Terminating"


@dataclass(frozen=True, slots=True)
class OffloadingTexts:
    """The conditions of one remote cluster in ``status.remoteNamespacesConditions``, in one dialect.

    The first two belong to type `OFFLOADING_REQUIRED`, the others to type `READY`.
    """

    selected: ConditionText
    not_selected: ConditionText
    created: ConditionText
    loop_back_off: ConditionText
    terminating: ConditionText
    creating: ConditionText


_RELEASE: Final = OffloadingTexts(
    selected=ConditionText(
        "True",
        "ClusterSelected",
        "The remote cluster has been selected through the ClusterSelector field",
    ),
    not_selected=ConditionText(
        "False",
        "ClusterNotSelected",
        "The remote cluster has not been selected through the ClusterSelector field",
    ),
    created=ConditionText("True", "NamespaceCreated", "Namespace correctly offloaded to the remote cluster"),
    loop_back_off=ConditionText(
        "False",
        "CreationLoopBackOff",
        "Some problems occurred during remote namespace creation",
    ),
    terminating=ConditionText("False", "Terminating", "The remote namespace is being deleted"),
    creating=ConditionText("False", "Creating", "The remote namespace is being created"),
)
_SEED: Final = replace(
    _RELEASE,
    not_selected=ConditionText(
        "False",
        "ClusterNotSelected",
        "You have not selected this cluster through ClusterSelector fields",
    ),
    created=ConditionText("True", "RemoteNamespaceCreated", "Namespace correctly offloaded on this cluster"),
)
OFFLOADING: Final[Mapping[Dialect, OffloadingTexts]] = {
    Dialect.SEED: _SEED,
    Dialect.RELEASE: _RELEASE,
}

INVALID_SELECTOR_REASON: Final = "Invalid"
INVALID_SELECTOR_MESSAGE: Final = "Invalid ClusterSelector: {error}"
REMOTE_NAMESPACE_CONFLICT: Final = (
    'namespace "{namespace}" already exists and it is not managed by NamespaceMap "{map}"'
)

REMOTE_NAME_TOO_LONG: Final = (
    'the namespace would be called "{name}" there: {length} characters, of which a name may have {limit}; '
    "offload it with the namespace mapping strategy EnforceSameName, or give it a shorter name"
)
EVENT_REMOTE_NAMESPACE_FAILED: Final = (
    "CreationLoopBackOff",
    'Namespace "{namespace}" cannot be offloaded with NamespaceMap "{map}": {error}',
)

# --- Webhooks ---

OFFLOADING_NAME_MUST_MATCH: Final = "NamespaceOffloading name must match offloading"
MAPPING_STRATEGY_IMMUTABLE: Final = "The NamespaceMappingStrategy value cannot be modified after creation"
POD_STRATEGY_RESTRICTED: Final = (
    "The PodOffloadingStrategy was mutated to a more restrictive setting: "
    "existing pods violating this policy might still be running"
)
POD_WITHOUT_OFFLOADING: Final = "failed retrieving NamespaceOffloading"
POD_MUTATION_FAILED: Final = "failed constructing pod mutation"
POD_STRATEGY_UNKNOWN: Final = "PodOffloadingStrategyType '{strategy}' not recognized"

# --- Virtual nodes ---

_SUFFICIENT: Final = "The remote cluster is advertising sufficient resources"
_INSUFFICIENT: Final = "The remote cluster is advertising no/insufficient resources"


@dataclass(frozen=True, slots=True)
class NodeCondition:
    """A condition of a virtual node: its type, and what it says when all is well and when it is not."""

    type: str
    healthy: ConditionText
    unhealthy: ConditionText


def _pressure(type: str, healthy: str, unhealthy: str) -> NodeCondition:
    return NodeCondition(
        type,
        ConditionText("False", healthy, _SUFFICIENT),
        ConditionText("True", unhealthy, _INSUFFICIENT),
    )


NODE_READY: Final = NodeCondition(
    "Ready",
    ConditionText("True", "KubeletReady", "The Liqo Virtual Kubelet is posting ready status"),
    ConditionText("False", "KubeletNotReady", "The Liqo Virtual Kubelet is currently not ready"),
)
NODE_MEMORY_PRESSURE: Final = _pressure(
    "MemoryPressure", "RemoteClusterHasSufficientMemory", "RemoteClusterHasMemoryPressure"
)
NODE_DISK_PRESSURE: Final = _pressure("DiskPressure", "RemoteClusterHasNoDiskPressure", "RemoteClusterHasDiskPressure")
NODE_PID_PRESSURE: Final = _pressure("PIDPressure", "RemoteClusterHasNoPIDPressure", "RemoteClusterHasPIDPressure")
NODE_NETWORK_UNAVAILABLE: Final = NodeCondition(
    "NetworkUnavailable",
    ConditionText("False", "LiqoNetworkingUp", "The Liqo cluster interconnection is established"),
    ConditionText("True", "LiqoNetworkingDown", "The Liqo cluster interconnection is down"),
)
NODE_CONDITIONS: Final = (
    NODE_READY,
    NODE_MEMORY_PRESSURE,
    NODE_DISK_PRESSURE,
    NODE_PID_PRESSURE,
    NODE_NETWORK_UNAVAILABLE,
)

# --- Reflection ---

POD_BACK_OFF: Final = "OffloadingBackOff"
POD_ABORTED: Final = "OffloadingAborted"

EVENT_SOURCE: Final = "liqo-{kind}-reflection"
EVENT_REFLECTED: Final = ("SuccessfulReflection", 'Successfully reflected object to cluster "{cluster}"')
EVENT_STATUS_REFLECTED: Final = (
    "SuccessfulReflection",
    'Successfully reflected object status back from cluster "{cluster}"',
)
EVENT_REFLECTION_FAILED: Final = (
    "FailedReflection",
    'Error reflecting object to cluster "{cluster}": {error}',
)
EVENT_STATUS_REFLECTION_FAILED: Final = (
    "FailedReflection",
    'Error reflecting object status back from cluster "{cluster}": {error}',
)
EVENT_SHADOW_POD_FAILED: Final = ("FailedCreate", "Error creating: {error}")
EVENT_REFLECTION_DISABLED: Final = (
    "ReflectionDisabled",
    'Reflection to cluster "{cluster}" disabled for namespace "{namespace}"',
)
REMOTE_ALREADY_EXISTS: Final = "remote object already exists"

# --- Storage ---

EVENT_PROVISIONING: Final = ("Provisioning", 'External provisioner is provisioning volume for claim "{claim}"')
EVENT_PROVISIONED: Final = ("ProvisioningSucceeded", "Successfully provisioned volume {volume}")
EVENT_PROVISIONING_FAILED: Final = (
    "ProvisioningFailed",
    'failed to provision volume with StorageClass "{storage_class}": {error}',
)
TARGET_NODE_MISSING: Final = 'failed to get target node: node "{node}" not found'
REAL_VOLUME_MISSING: Final = "real PV not provided yet"
ON_CLUSTER: Final = 'in cluster "{cluster}": {error}'
EVENT_RESCHEDULING: Final = (
    "ReschedulingRequired",
    'Required PersistentVolumeClaim "{claim}" rescheduling since storage is not enabled on the current node',
)
EVENT_REMOTE_CLAIM_LOST: Final = (
    "RemoteClaimLost",
    'the claim in cluster "{cluster}" that held the data is gone, and the data with it; '
    "delete this claim and create it again to start with an empty volume",
)

REFUSED_NOT_OFFLOADED: Final = 'namespace "{namespace}" is not offloaded to cluster "{cluster}"'
REFUSED_LOCAL_ONLY: Final = 'the pods of namespace "{namespace}" are not offloaded (PodOffloadingStrategy Local)'

EVENT_OFFER_WAITS: Final = (
    "ManualActionRequired",
    "Offers are not accepted by themselves here. To accept it: kubectl patch resourceoffer {name} -n {namespace} "
    """--subresource status --type merge -p '{{"status":{{"phase":"Accepted"}}}}' (or Refused)""",
)
EVENT_KUBELET_CREATED: Final = ("VkCreated", "Launching virtual-kubelet in namespace {namespace}")
EVENT_KUBELET_DELETED: Final = ("VkDeleted", "Deleting virtual-kubelet in namespace {namespace}")
