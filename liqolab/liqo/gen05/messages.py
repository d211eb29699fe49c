"""What ``liqoctl`` 0.5 prints: for every step the text while it runs, when it succeeded, and before an error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Step:
    """One line of progress. Texts may have ``{placeholders}``; an error's text follows `failure` directly."""

    running: str
    success: str
    failure: str

    def about(self, **values: str) -> Step:
        """The same with the placeholders of all three texts filled in."""
        return replace(
            self,
            running=self.running.format(**values),
            success=self.success.format(**values),
            failure=self.failure.format(**values),
        )


TIMED_OUT: Final = "timed out waiting for the condition"

INSTALL_INITIALIZE: Final = Step("Initializing installer", "Installer initialized", "Error initializing installer: ")
INSTALL_CONFIGURATION: Final = Step(
    "Retrieving cluster configuration",
    "Cluster configuration correctly retrieved",
    "Error retrieving configuration: ",
)
INSTALL_PROVIDER_FAILED: Final = "Error retrieving provider specific configuration: "
INSTALL_PARAMETERS: Final = Step(
    "Generating installation parameters",
    "Installation parameters correctly generated",
    "Error generating installation parameters: ",
)
INSTALL_VALUES: Final = Step(
    "Generating values.yaml file with the Liqo chart parameters for your cluster",
    'All Set! Chart values written to "{path}"',
    'Unable to write the values file to "{path}": ',
)
INSTALL: Final = Step(
    "Installing or upgrading Liqo... (this may take a few minutes)",
    "All Set! You can now proceed establishing a peering ({program} peer --help for more information)",
    "Error installing or upgrading Liqo: ",
)
INSTALL_DRY_RUN: Final = "Installation completed (dry-run)"
INSTALL_GENERATED_NAME: Final = 'No cluster name specified. Generated: "{name}"'
INSTALL_TIMEOUT_CAUSES: Final = (
    "Likely causes for the installation/upgrade timeout could include:",
    "* One or more pods failed to start (e.g., they are in the ImagePullBackOff status)",
    "* A service of type LoadBalancer has been configured, but no provider is available",
    "You can add the --verbose flag for debug information concerning the failing resources",
    "Additionally, if necessary, you can increase the timeout value with the --timeout flag",
)

INVALID_CLUSTER_NAME: Final = (
    "the cluster name may only contain lowercase letters, numbers and hyphens, "
    "and must not be no longer than 63 characters"
)
INVALID_PERCENTAGE: Final = "invalid percentage value: {value}. It has to be in range [0 - 100]"
LOCALHOST_API_SERVER: Final = "cannot use localhost as API Server address"
POD_OUTSIDE_CIDR: Final = 'pod "{pod}" does not match the provided Pod CIDR (IP: {ip})'
SERVICE_OUTSIDE_CIDR: Final = 'service "{service}" does not match the provided Service CIDR (IP: {ip})'
CONTROLLER_MANAGER_NOT_FOUND: Final = "kube-controller-manager not found"
REPO_AND_LOCAL_CHART: Final = "Cannot specify both --repo-url and --local-chart-path at the same time"
VERSION_NEEDED: Final = "A version must be explicitly specified if the --{flag} flag is set"

STATUS_NAMESPACE: Final = "Namespace existence check"
STATUS_NAMESPACE_OK: Final = "liqo control plane namespace {namespace} exists"
STATUS_NAMESPACE_FAILED: Final = "liqo control plane namespace {namespace} is not OK"
STATUS_CONTROL_PLANE: Final = "Liqo control plane check"
STATUS_CONTROL_PLANE_OK: Final = "control plane pods are up and running"
STATUS_CONTROL_PLANE_FAILED: Final = "liqo control plane is not OK"
STATUS_LOCAL_CLUSTER: Final = "Local Cluster Information"
POD_NOT_INITIALIZED: Final = "not initialized"
POD_NOT_SCHEDULED: Final = "not scheduled"
POD_NOT_READY: Final = "not ready"

GENERATE: Final = Step(
    "Retrieving peering information",
    "Peering information correctly retrieved",
    "Failed to retrieve peering information: ",
)
GENERATE_INTRODUCTION: Final = (
    "Execute this command on a *different* cluster to enable an outgoing peering with the current cluster:"
)

PEER: Final = Step("Processing cluster peering", "Peering enabled", "Failed peering clusters:")
PEER_DONE: Final = "Peering successfully established"
PEER_LOCAL: Final = "the Cluster ID of the remote cluster is the same of that of the local cluster"
WAIT_AUTHENTICATION: Final = Step(
    'Waiting for authentication to the cluster "{name}"',
    'Authenticated to cluster "{name}"',
    'Authentication to the remote cluster "{name}" failed: ',
)
WAIT_NETWORK: Final = Step(
    'Waiting for network to the remote cluster "{name}"',
    'Network established to the remote cluster "{name}"',
    'Failed establishing networking to the remote cluster "{name}": ',
)
WAIT_OUTGOING: Final = Step(
    'Activating outgoing peering to the remote cluster "{name}"',
    'Outgoing peering activated to the remote cluster "{name}"',
    'Failed activating outgoing peering to the remote cluster "{name}": ',
)
WAIT_NODE: Final = Step(
    'Waiting for node to be created for the remote cluster "{name}"',
    'Node created for remote cluster "{name}"',
    'Failed waiting for node to be created for remote cluster "{name}": ',
)

UNPEER: Final = Step("Processing cluster unpeering", "Peering disabled", "Failed unpeering clusters: ")
UNPEER_WAIT: Final = Step(
    'Disabling outgoing peering to the remote cluster "{name}"',
    'Successfully disabled outgoing peering to the remote cluster "{name}"',
    'Failed disabling outgoing peering to the remote cluster "{name}": ',
)
UNPEER_DONE: Final = "Peering successfully removed"
UNPEER_AWAITS_OFFER: Final = 'Waiting for cluster "{name}" to withdraw its offer of resources'
UNPEER_AWAITS_END: Final = 'Waiting for cluster "{name}" to confirm that the peering has ended'
UNPEER_AWAITS_PODS: Final = 'Waiting for pods to leave node "{node}": {pods}'
UNPEER_AWAITS_NODE: Final = 'Waiting for node "{node}" to be removed, and with it the namespaces in the other cluster'
UNPEER_AWAITS_KUBELET: Final = 'Waiting for the virtual kubelet of cluster "{name}" to be removed'
UNPEER_PODS_HINT: Final = (
    "They are evicted as their PodDisruptionBudgets allow; kubectl get poddisruptionbudgets,pods -A shows what is in"
    " the way"
)
UNPEER_PEER_AWAY: Final = 'The tunnel to cluster "{name}" is not up (NetworkStatus is {status}): it seems to be away'
UNPEER_GOES_ON: Final = (
    'Once "{name}" answers, the unpeering goes on and ends by itself, whether or not this command still waits'
)
UNPEER_WAY_OUT: Final = "If it never will, give it up on this side alone: kubectl delete foreigncluster {name}"

OFFLOAD: Final = Step(
    'Enabling namespace offloading for "{name}"',
    'Offloading of namespace "{name}" correctly enabled',
    "Failed enabling namespace offloading: ",
)
OFFLOAD_WAIT: Final = Step(
    'Waiting for offloading of namespace "{name}" to complete',
    "Offloading completed successfully",
    "Failed waiting for offloading to complete: ",
)
OFFLOAD_NO_CLUSTER: Final = "Offloading completed, but no cluster was selected"
OFFLOAD_FAILED_STATE: Final = 'the offloading is in "{phase}" state'
OFFLOAD_RESTRICTED: Final = (
    "The PodOffloadingStrategy was mutated to a more restrictive setting",
    "Existing pods violating this policy might still be running",
)
UNOFFLOAD: Final = Step(
    'Disabling namespace offloading for "{name}"',
    'Offloading of namespace "{name}" correctly disabled',
    "Failed disabling namespace offloading: ",
)
UNOFFLOAD_NOTHING: Final = 'Namespace "{name}" was not offloaded; there is nothing to take back'
UNOFFLOAD_WAIT: Final = Step(
    'Waiting for unoffloading of namespace "{name}" to complete',
    "Unoffloading completed successfully",
    "Failed waiting for unoffloading to complete: ",
)

UNINSTALL_CHECKS: Final = Step(
    "Running pre-uninstall checks", "Pre-uninstall checks passed", "Pre-uninstall checks failed: "
)
UNINSTALL_YOU_SHOULD: Final = "you should:"
UNINSTALL_OUTGOING: Final = "disable outgoing peering for clusters:"
UNINSTALL_INCOMING: Final = "disable incoming peering for clusters:"
UNINSTALL_NETWORKING: Final = "disable networking for clusters:"
UNINSTALL_OFFLOADING: Final = "disable offloading for namespaces:"
UNINSTALL: Final = Step("Uninstalling Liqo", "Liqo uninstalled", "Error uninstalling Liqo: ")
UNINSTALL_LEFT_OVER: Final = "cluster-wide resources are still present - did you specify the right namespace?"
PURGE_CRDS: Final = Step("Purging Liqo CRDs", "Liqo CRDs purged", "Error purging CRDs: ")
PURGE_NAMESPACES: Final = Step("Deleting Liqo namespaces", "Liqo namespaces deleted", "Error deleting namespaces: ")

VERSION_CLIENT: Final = "Client version: {version}"
VERSION_SERVER: Final = "Server version: {version}"
VERSION_FAILED: Final = 'Failed to retrieve release information from namespace "{namespace}": '
RELEASE_NOT_FOUND: Final = "release: not found"

MOVE_CHECKS: Final = Step("Running pre-flight checks", "Pre-flight checks passed", "")
MOVE_NO_CLAIM: Final = "Failed to get PVC {claim}: "
MOVE_MOUNTER_CHECK: Final = "Failed to check mounter pod: "
MOVE_MOUNTED: Final = "the volume ({claim}) must not to be mounted by any pod, but found mounter pod {pod}"
MOVE_OFFLOAD: Final = Step("Offloading the liqo-storage namespace", "Liqo-storage namespace offloaded", "")
MOVE_NO_TARGET: Final = "Failed to get target node: "
MOVE_ORIGIN_CHECK: Final = "Failed to check if the volume is local: "
MOVE_NOT_PLACED: Final = "pvc {claim} has no selected-node annotation, cannot determine on which cluster is stored"
MOVE_OFFLOAD_FAILED: Final = "Failed to offload the liqo-storage namespace: "
MOVE_REPATRIATE: Final = Step(
    "Repatriating the liqo-storage namespace",
    "Repatriated the liqo-storage namespace",
    "Failed to repatriate the liqo-storage namespace: ",
)
MOVE_REPOSITORY: Final = Step(
    "Ensuring restic repository", "Ensured restic repository", "Failed to ensure restic repository: "
)
MOVE_REPOSITORY_WAIT: Final = Step(
    "Waiting for restic repository to be up and running",
    "Restic repository is up and running",
    "Failed to wait for restic repository to be up and running: ",
)
MOVE_REPOSITORY_REMOVE: Final = Step(
    "Removing restic repository", "Removed restic repository", "Failed to remove restic repository: "
)
MOVE_SNAPSHOT: Final = Step("Taking snapshot", "Snapshot taken", "")
MOVE_ORIGIN_URL: Final = "Failed to get origin restic repository URL: "
MOVE_SNAPSHOT_FAILED: Final = "Failed to take snapshot: "
MOVE: Final = Step("Moving the volume", "Restore completed", "")
MOVE_RECREATE_FAILED: Final = "Failed to recreate PVC: "
MOVE_TARGET_URL: Final = "Failed to get target restic repository URL: "
MOVE_RESTORE_FAILED: Final = "Failed to restore snapshot: "
MOVE_SNAPSHOTTER: Final = "liqo-snapshotter-"
MOVE_RESTORER: Final = "liqo-restorer-"
MOVE_JOB_FAILED: Final = 'job {job}: {why}; "kubectl describe" of it and the log of its pod say more'

INTERRUPTED: Final = "Interrupted. What was done so far stays; run the same command again to continue"
HA_WITHOUT_GATEWAY: Final = (
    "Two controller managers will run, one of which works at a time; "
    "the gateway runs once here, and comes back by itself"
)
CLOUD_NOT_ASKED: Final = (
    "this program does not ask clouds. What it would ask, by the cloud's own program: {command}; "
    "then install with what that says: {instead}"
)
OPENSHIFT_UNREADABLE: Final = "unable to retrieve OpenShift network configuration: {error}"
OPENSHIFT_NETWORKS: Final = {
    ("clusterNetwork", 0): "no cluster network found",
    ("clusterNetwork", 2): "multiple cluster networks found",
    ("serviceNetwork", 0): "no service network found",
    ("serviceNetwork", 2): "multiple service networks found",
}
"""What is wrong with a list of networks that has none, or more than one."""
