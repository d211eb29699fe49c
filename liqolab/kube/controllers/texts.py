"""Every reason and message that the controllers write into events and conditions, in the words of Kubernetes 1.34.

Learners search the web for these strings and checks match them, so they are kept letter by letter and in one place.
Names in braces are filled with `str.format`.
"""

from __future__ import annotations

from typing import Final, Literal

# Components: who an event says it comes from.
DEPLOYMENT_CONTROLLER: Final = "deployment-controller"
REPLICA_SET_CONTROLLER: Final = "replicaset-controller"
REPLICATION_CONTROLLER: Final = "replication-controller"
DAEMON_SET_CONTROLLER: Final = "daemonset-controller"
STATEFUL_SET_CONTROLLER: Final = "statefulset-controller"
JOB_CONTROLLER: Final = "job-controller"
CRON_JOB_CONTROLLER: Final = "cronjob-controller"
GARBAGE_COLLECTOR: Final = "garbage-collector-controller"
NODE_CONTROLLER: Final = "node-controller"
TAINT_EVICTION_CONTROLLER: Final = "taint-eviction-controller"
DISRUPTION_CONTROLLER: Final = "controllermanager"

# Pods made from a template.
SUCCESSFUL_CREATE: Final = "SuccessfulCreate"
SUCCESSFUL_DELETE: Final = "SuccessfulDelete"
FAILED_CREATE: Final = "FailedCreate"
FAILED_DELETE: Final = "FailedDelete"
CREATED_POD: Final = "Created pod: {name}"
DELETED_POD: Final = "Deleted pod: {name}"
ERROR_CREATING: Final = "Error creating: {error}"
ERROR_DELETING: Final = "Error deleting: {error}"
REPLICA_FAILURE: Final = "ReplicaFailure"

# Deployments.
SCALING_REPLICA_SET: Final = "ScalingReplicaSet"
SCALED_REPLICA_SET: Final = "Scaled {direction} replica set {name} from {old} to {new}"
SELECTING_ALL: Final = "SelectingAll"
DEPLOYMENT_SELECTS_ALL: Final = "This deployment is selecting all pods. A non-empty selector is required."
AVAILABLE: Final = "Available"
MINIMUM_AVAILABLE: Final = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
MINIMUM_UNAVAILABLE: Final = (
    "False",
    "MinimumReplicasUnavailable",
    "Deployment does not have minimum availability.",
)
PROGRESSING: Final = "Progressing"
NEW_REPLICA_SET: Final = "NewReplicaSetCreated"
NEW_REPLICA_SET_MESSAGE: Final = 'Created new replica set "{name}"'
FOUND_REPLICA_SET: Final = "FoundNewReplicaSet"
FOUND_REPLICA_SET_MESSAGE: Final = 'Found new replica set "{name}"'
REPLICA_SET_UPDATED: Final = "ReplicaSetUpdated"
REPLICA_SET_UPDATED_MESSAGE: Final = 'ReplicaSet "{name}" is progressing.'
DEPLOYMENT_UPDATED_MESSAGE: Final = 'Deployment "{name}" is progressing.'
NEW_REPLICA_SET_AVAILABLE: Final = "NewReplicaSetAvailable"
REPLICA_SET_DONE_MESSAGE: Final = 'ReplicaSet "{name}" has successfully progressed.'
DEPLOYMENT_DONE_MESSAGE: Final = 'Deployment "{name}" has successfully progressed.'
DEADLINE_EXCEEDED: Final = "ProgressDeadlineExceeded"
REPLICA_SET_LATE_MESSAGE: Final = 'ReplicaSet "{name}" has timed out progressing.'
DEPLOYMENT_LATE_MESSAGE: Final = 'Deployment "{name}" has timed out progressing.'
REPLICA_SET_CREATE_ERROR: Final = "ReplicaSetCreateError"
REPLICA_SET_CREATE_ERROR_MESSAGE: Final = 'Failed to create new replica set "{name}": {error}'
DEPLOYMENT_PAUSED: Final = ("Unknown", "DeploymentPaused", "Deployment is paused")
DEPLOYMENT_RESUMED: Final = ("Unknown", "DeploymentResumed", "Deployment is resumed")

# Garbage collection.
OWNER_IN_OTHER_NAMESPACE: Final = "OwnerRefInvalidNamespace"
OWNER_IN_OTHER_NAMESPACE_MESSAGE: Final = (
    "ownerRef [{apiVersion}/{kind}, namespace: {namespace}, name: {name}, uid: {uid}] does not exist in namespace "
    '"{namespace}"'
)

# Namespace deletion: (status, reason, message).
DISCOVERED: Final = ("False", "ResourcesDiscovered", "All resources successfully discovered")
PARSED: Final = ("False", "ParsedGroupVersions", "All legacy kube types successfully parsed")
CONTENT_DELETED: Final = (
    "False",
    "ContentDeleted",
    "All content successfully deleted, may be waiting on finalization",
)
CONTENT_FAILED: Final = "ContentDeletionFailed"
CONTENT_FAILED_MESSAGE: Final = "Failed to delete all resource types, {count} remaining: {errors}"
CONTENT_REMOVED: Final = ("False", "ContentRemoved", "All content successfully removed")
CONTENT_REMAINS: Final = "SomeResourcesRemain"
CONTENT_REMAINS_MESSAGE: Final = "Some resources are remaining: "
NO_FINALIZERS: Final = ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished")
FINALIZERS_REMAIN: Final = "SomeFinalizersRemain"
FINALIZERS_REMAIN_MESSAGE: Final = "Some content in the namespace has finalizers remaining: "

# The root certificate in every namespace.
ROOT_CA_ANNOTATIONS: Final = {
    "kubernetes.io/description": (
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as "
        "the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
        "Kubernetes clusters."
    )
}

# Nodes.
REGISTERED_NODE: Final = "RegisteredNode"
REGISTERED_NODE_MESSAGE: Final = "Node {name} event: Registered Node {name} in Controller"
REMOVING_NODE: Final = "RemovingNode"
REMOVING_NODE_MESSAGE: Final = "Node {name} event: Removing Node {name} from Controller"
NODE_NOT_READY: Final = "NodeNotReady"
NODE_NOT_READY_MESSAGE: Final = "Node {name} status is now: NodeNotReady"
POD_ON_UNREADY_NODE: Final = "Node is not ready"
NODE_STATUS_UNKNOWN: Final = ("NodeStatusUnknown", "Kubelet stopped posting node status.")
NODE_STATUS_NEVER_UPDATED: Final = ("NodeStatusNeverUpdated", "Kubelet never posted node status.")
TAINT_NOT_READY: Final = "node.kubernetes.io/not-ready"
TAINT_UNREACHABLE: Final = "node.kubernetes.io/unreachable"
TAINT_UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"
TAINT_OF_CONDITION: Final = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
    "NetworkUnavailable": "node.kubernetes.io/network-unavailable",
}

# Evictions.
DISRUPTION_TARGET: Final = "DisruptionTarget"
TAINT_EVICTION: Final = "TaintManagerEviction"
TAINT_EVICTION_MESSAGE: Final = "Marking for deletion Pod {key}"
TAINT_EVICTION_CANCELLED_MESSAGE: Final = "Cancelling deletion of Pod {key}"
DELETION_BY_TAINT: Final = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")
DELETION_BY_POD_GC: Final = ("DeletionByPodGC", "PodGC: node no longer exists")

# Certificates.
SIGNER_VALIDATION_FAILURE: Final = "SignerValidationFailure"

# Daemon sets.
DAEMON_SET_SELECTS_ALL: Final = "This daemon set is selecting all pods. A non-empty selector is required."
FINISHED_DAEMON_POD: Final[dict[str, tuple[Literal["Normal", "Warning"], str, str]]] = {
    "Failed": (
        "Warning",
        "FailedDaemonPod",
        "Found failed daemon pod {key} on node {node}, will try to kill it",
    ),
    "Succeeded": (
        "Normal",
        "SucceededDaemonPod",
        "Found succeeded daemon pod {key} on node {node}, will try to delete it",
    ),
}

# Stateful sets.
STATEFUL_POD_CREATED: Final = "create Pod {pod} in StatefulSet {name} successful"
STATEFUL_POD_NOT_CREATED: Final = "create Pod {pod} in StatefulSet {name} failed error: {error}"
STATEFUL_POD_DELETED: Final = "delete Pod {pod} in StatefulSet {name} successful"
STATEFUL_POD_NOT_DELETED: Final = "delete Pod {pod} in StatefulSet {name} failed error: {error}"
STATEFUL_CLAIM_CREATED: Final = "create Claim {claim} Pod {pod} in StatefulSet {name} success"
STATEFUL_CLAIM_NOT_CREATED: Final = "create Claim {claim} for Pod {pod} in StatefulSet {name} failed error: {error}"
RECREATING_FAILED_POD: Final = "RecreatingFailedPod"
RECREATING_FAILED_POD_MESSAGE: Final = "StatefulSet {key} is recreating failed Pod {pod}"
RECREATING_TERMINATED_POD: Final = "RecreatingTerminatedPod"
RECREATING_TERMINATED_POD_MESSAGE: Final = "StatefulSet {key} is recreating terminated Pod {pod}"

# Jobs: (reason, message).
JOB_MANAGER: Final = "kubernetes.io/job-controller"
COMPLETIONS_REACHED: Final = ("CompletionsReached", "Reached expected number of succeeded pods")
BACKOFF_LIMIT_EXCEEDED: Final = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
JOB_DEADLINE_EXCEEDED: Final = ("DeadlineExceeded", "Job was active longer than specified deadline")
MAX_FAILED_INDEXES_EXCEEDED: Final = (
    "MaxFailedIndexesExceeded",
    "Job has exceeded the specified maximal number of failed indexes",
)
FAILED_INDEXES: Final = ("FailedIndexes", "Job has failed indexes")
POD_FAILURE_POLICY: Final = "PodFailurePolicy"
SUCCESS_POLICY: Final = "SuccessPolicy"
SUCCESS_RULE_MATCHED: Final = "Matched rules at index {index}"
EXIT_CODE_MATCHED: Final = (
    "Container {container} for pod {pod} failed with exit code {code} matching {action} rule at index {index}"
)
POD_CONDITION_MATCHED: Final = "Pod {pod} has condition {type} matching {action} rule at index {index}"
JOB_SUSPENDED: Final = ("JobSuspended", "Job suspended")
JOB_RESUMED: Final = ("JobResumed", "Job resumed")
JOB_COMPLETED: Final = ("Completed", "Job completed")

# Cron jobs.
CREATED_JOB: Final = "Created job {name}"
ERROR_CREATING_JOB: Final = "Error creating job: {error}"
DELETED_JOB_MESSAGE: Final = "Deleted job {name}"
SAW_COMPLETED_JOB: Final = "SawCompletedJob"
SAW_COMPLETED_JOB_MESSAGE: Final = "Saw completed job: {name}, condition: {condition}"
MISSING_JOB: Final = "MissingJob"
MISSING_JOB_MESSAGE: Final = "Active job went missing: {name}"
JOB_ALREADY_ACTIVE: Final = (
    "JobAlreadyActive",
    "Not starting job because prior execution is running and concurrency policy is Forbid",
)
MISS_SCHEDULE: Final = "MissSchedule"
MISS_SCHEDULE_MESSAGE: Final = "Missed scheduled time to start a job: {time}"
TOO_MANY_MISSED: Final = "TooManyMissedTimes"
TOO_MANY_MISSED_MESSAGE: Final = (
    "too many missed start times: {count}. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
)
UNPARSEABLE_SCHEDULE: Final = "UnparseableSchedule"
UNPARSEABLE_SCHEDULE_MESSAGE: Final = 'unparseable schedule: "{schedule}" : {error}'

# Disruption budgets.
BUDGET_WITHOUT_PODS: Final = ("NoPods", "No matching pods found")
BUDGET_UNCOUNTABLE: Final = "CalculateExpectedPodCountFailed"
BUDGET_UNCOUNTABLE_MESSAGE: Final = "Failed to calculate the number of expected pods: {error}"
SUFFICIENT_PODS: Final = ("True", "SufficientPods", "")
INSUFFICIENT_PODS: Final = ("False", "InsufficientPods", "")

# Flow schemas.
DANGLING: Final = "Dangling"
LEVEL_FOUND: Final = (
    "Found",
    'This FlowSchema references the PriorityLevelConfiguration object named "{name}" and it exists',
)
LEVEL_NOT_FOUND: Final = (
    "NotFound",
    'This FlowSchema references the PriorityLevelConfiguration object named "{name}" but there is no such object',
)

# Networks and addresses of services.
NETWORK_READY: Final = ("True", "", "Kubernetes Service CIDR is ready")
NETWORK_TERMINATING: Final = (
    "False",
    "Terminating",
    "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
)
IP_ALLOCATOR: Final = "ipallocator-repair-controller"
ADDRESS_NOT_ALLOCATED: Final = "ClusterIPNotAllocated"
ADDRESS_LOST: Final = "Cluster IP [{family}]: {address} is not allocated; repairing"

# Endpoints that people write.
MIRRORING_CONTROLLER: Final = "endpointslicemirroring-controller"
INVALID_ADDRESS: Final = "InvalidIPAddress"
INVALID_ADDRESS_MESSAGE: Final = "Skipped {count} invalid IP addresses when mirroring to EndpointSlices"
TOO_MANY_ADDRESSES: Final = "TooManyAddressesToMirror"
TOO_MANY_ADDRESSES_MESSAGE: Final = (
    "A max of {most} addresses can be mirrored to EndpointSlices per Endpoints subset. {count} addresses were skipped"
)

# Volumes and claims.
VOLUME_CONTROLLER: Final = "persistentvolume-controller"
EPHEMERAL_VOLUME_CONTROLLER: Final = "ephemeral_volume"
FAILED_BINDING: Final = "FailedBinding"
NO_VOLUME_AND_NO_CLASS: Final = "no persistent volumes available for this claim and no storage class is set"
WAIT_FOR_FIRST_CONSUMER: Final = ("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
WAIT_FOR_POD_SCHEDULED: Final = "WaitForPodScheduled"
WAITING_FOR_POD: Final = "waiting for pod {names} to be scheduled"
WAITING_FOR_PODS: Final = "waiting for pods {names} to be scheduled"
VOLUME_MISMATCH: Final = "VolumeMismatch"
REQUESTED_VOLUME_UNFIT: Final = 'Cannot bind to requested volume "{volume}": {why}'
VOLUME_TAKEN: Final = 'volume "{volume}" already bound to a different claim.'
CLAIM_LOST: Final = "ClaimLost"
CLAIM_LOST_REFERENCE: Final = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"
CLAIM_LOST_VOLUME: Final = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
CLAIM_MISBOUND: Final = (
    "ClaimMisbound",
    "Two claims are bound to the same volume, this one is bound incorrectly",
)
PROVISIONING_FAILED: Final = "ProvisioningFailed"
CLASS_NOT_FOUND: Final = 'storageclass.storage.k8s.io "{name}" not found'
NO_VOLUME_PLUGIN: Final = "no volume plugin matched name: {name}"
EXTERNAL_PROVISIONING: Final = "ExternalProvisioning"
EXTERNAL_PROVISIONING_MESSAGE: Final = (
    "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system "
    "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly "
    "registered."
)
VOLUME_FAILED_DELETE: Final = "VolumeFailedDelete"
NO_DELETER: Final = 'error getting deleter volume plugin for volume "{volume}": no deletable volume plugin matched'
HOST_PATH_DELETER: Final = "host_path deleter only supports /tmp/.+ but received provided {path}"
FOREIGN_CLAIM: Final = "PVC {claim} was not created for pod {pod} (pod is not owner)"
EPHEMERAL_CLAIM_REFUSED: Final = "create PVC {claim}: {error}"
EPHEMERAL_VOLUME_FAILED: Final = "ephemeral volume {volume}: {why}"

# What kind's provisioner says.
PROVISIONING: Final = "Provisioning"
PROVISIONING_MESSAGE: Final = 'External provisioner is provisioning volume for claim "{claim}"'
PROVISIONING_SUCCEEDED: Final = "ProvisioningSucceeded"
PROVISIONED_MESSAGE: Final = "Successfully provisioned volume {volume}"
PROVISIONING_FAILED_MESSAGE: Final = 'failed to provision volume with StorageClass "{name}": {why}'
LOCAL_PATH_NO_NODE: Final = "configuration error, no node was specified"
LOCAL_PATH_ACCESS_MODES: Final = "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes"
