"""What nodes say: reasons, messages and event texts, in the wording of Kubernetes 1.34, and what is the lab's own.

Templates are filled with `str.format`.
"""

from __future__ import annotations

from typing import Final

# Events about containers.
PULLED: Final = 'Container image "{image}" already present on machine'
CREATED: Final = "Created container: {container}"
STARTED: Final = "Started container {container}"
KILLING: Final = "Stopping container {container}"
KILLING_UNHEALTHY: Final = "Container {container} failed liveness probe, will be restarted"
KILLING_UNSTARTED: Final = "Container {container} failed startup probe, will be restarted"
BACK_OFF: Final = "Back-off restarting failed container {container} in pod {pod}_{namespace}({uid})"
BACK_OFF_WAITING: Final = "back-off {seconds} restarting failed container={container} pod={pod}_{namespace}({uid})"
PULLING: Final = 'Pulling image "{image}"'
PULL_FAILED: Final = 'Failed to pull image "{image}": {why}'
PULL_BACK_OFF: Final = 'Back-off pulling image "{image}"'
PULL_BACK_OFF_WAITING: Final = 'Back-off pulling image "{image}": ErrImagePull: {why}'
IMAGE_NOT_FOUND: Final = (
    'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": failed to resolve reference '
    '"{image}": {image}: not found'
)
INVALID_IMAGE: Final = 'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": {why}'
CONFIG_ERROR: Final = "Error: {why}"
ROOT_WANTED: Final = 'container\'s runAsUser breaks non-root policy (pod: "{pod}", container: {container})'
ROOT_OF_IMAGE: Final = 'container has runAsNonRoot and image will run as root (pod: "{pod}", container: {container})'
NAMED_USER: Final = (
    "container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root "
    '(pod: "{pod}", container: {container})'
)
UNHEALTHY: Final = "{probe} probe failed: {why}"
MOUNT_FAILED: Final = 'MountVolume.SetUp failed for volume "{volume}" : {why}'
CLAIM_NOT_BOUND: Final = "can not get unbound PersistentVolumeClaim"
NO_LOCAL_PATH: Final = 'path "{path}" does not exist'
HOST_PATH_MISFIT: Final = "hostPath type check failed: {path} is not a {kind}"
NOT_FOUND: Final = '{resource} "{name}" not found'
MISSING_KEY: Final = "couldn't find key {key} in {kind} {namespace}/{name}"
MISSING_REFERENCES: Final = "references non-existent {kind} key: {key}"
DEADLINE: Final = "Pod was active on the node longer than the specified deadline"

START_FAILED: Final = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: error during container init: "
)
EXEC_FAILED: Final = (
    'error executing command in container: failed to exec in container: failed to start exec "{identity}": OCI runtime '
    "exec failed: exec failed: unable to start container process: "
)
NOT_EXECUTABLE: Final = 'exec: "{program}": {why}'
NOT_ON_PATH: Final = "executable file not found in $PATH"
NO_SUCH_FILE: Final = "stat {program}: no such file or directory"
HOOK_FAILED: Final = {"postStart": "PostStartHook failed", "preStop": "PreStopHook failed"}
KILLING_UNHOOKED: Final = "FailedPostStartHook"

# Pod conditions.
NOT_READY: Final = "containers with unready status: [{containers}]"
NOT_INITIALISED: Final = "containers with incomplete status: [{containers}]"
GATE_MISSING: Final = 'corresponding condition of pod readiness gate "{gate}" does not exist.'
GATE_NOT_TRUE: Final = 'the status of pod readiness gate "{gate}" is not "True", but {status}'

# A node refuses a pod.
PREDICATE_FAILED: Final = "Predicate {name} failed: {why}"
OUT_OF: Final = (
    "Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}"
)
REJECTED: Final = "Pod was rejected: {why}"

# Nodes.
READY: Final = "kubelet is posting ready status"
STARTING: Final = "Starting kubelet."
NODE_PORT_TAKEN: Final = (
    "node port {port} cannot be opened on {address}: {why}. Another program on this machine holds it; the port is "
    "opened as soon as it is free"
)

# Logs and containers that are not there.
NOT_RUNNING: Final = 'container not found ("{container}")'
NO_SUCH_CONTAINER: Final = "container {container} is not valid for pod {pod}"
NO_PREVIOUS: Final = 'previous terminated container "{container}" in pod "{pod}" not found'
WAITING_TO_START: Final = 'container "{container}" in pod "{pod}" is waiting to start: {reason}'

NODE_HOSTS: Final = (
    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
    "ff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
)
"""``/etc/hosts`` of a node."""

NODE_RELEASE: Final = 'PRETTY_NAME="Debian GNU/Linux 12 (simulated by liqolab)"\nNAME="Debian GNU/Linux"\nID=debian\n'

# Honesty: events, since a container's log is what it printed and nothing else.
SIMULATED: Final = "Container {container} is simulated: nothing of image {image} is executed here"
SIMULATED_SERVER: Final = (
    "Container {container} is simulated: the lab itself answers HTTP on port {port} in place of image {image}"
)
SIMULATED_COMMAND: Final = "The command {command} is not one that the lab can imitate; it is taken to run forever"
NOT_IMITATED: Final = "The command {command} is not one that the lab can imitate; it fails"
LIMIT_REACHED: Final = "The sandbox that carries out the container's commands has stopped them: {why}"
OUTPUT_LIMIT: Final = "The container's command has printed {size} MiB; what it prints from now on is lost"
MIRROR: Final = (
    "This pod stands for {what} of the embedded cluster, which runs inside the cluster's own process; its messages are "
    "in the cluster's log"
)


def not_startable(program: str) -> str:
    """What a container runtime says of a program that is not in the image, after `START_FAILED` or `EXEC_FAILED`."""
    why = NO_SUCH_FILE.format(program=program) if "/" in program else NOT_ON_PATH
    return NOT_EXECUTABLE.format(program=program, why=why)
