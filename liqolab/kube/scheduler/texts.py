"""What the scheduler says: reasons of plugins, messages and event texts, in the wording of Kubernetes 1.34.

A learner meets these texts in ``kubectl describe pod``, and checks look for them, so they are kept here and nowhere
else. Templates are filled with `str.format`.
"""

from __future__ import annotations

from typing import Final

UNSCHEDULABLE_NODE: Final = "node(s) were unschedulable"
NODE_NAME: Final = "node(s) didn't match the requested node name"
UNTOLERATED_TAINT: Final = "node(s) had untolerated taint {{{key}: {value}}}"
NODE_AFFINITY: Final = "node(s) didn't match Pod's node affinity/selector"
AFFINITY_CONFLICT: Final = "pod affinity terms conflict"
PORTS: Final = "node(s) didn't have free ports for the requested pod ports"
TOO_MANY_PODS: Final = "Too many pods"
INSUFFICIENT: Final = "Insufficient {resource}"
SPREAD: Final = "node(s) didn't match pod topology spread constraints"
SPREAD_MISSING_LABEL: Final = "node(s) didn't match pod topology spread constraints (missing required label)"
POD_AFFINITY: Final = "node(s) didn't match pod affinity rules"
POD_ANTI_AFFINITY: Final = "node(s) didn't match pod anti-affinity rules"
EXISTING_ANTI_AFFINITY: Final = "node(s) didn't satisfy existing pods anti-affinity rules"
CLAIM_NOT_FOUND: Final = 'persistentvolumeclaim "{name}" not found'
CLAIM_BEING_DELETED: Final = 'persistentvolumeclaim "{name}" is being deleted'
CLAIM_TO_COME: Final = 'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
CLAIM_LOST: Final = 'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{volume}"'
VOLUME_MISSING: Final = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
UNBOUND_CLAIMS: Final = "pod has unbound immediate PersistentVolumeClaims"
NO_VOLUMES_TO_BIND: Final = "node(s) didn't find available persistent volumes to bind"
VOLUME_AFFINITY: Final = "node(s) didn't match PersistentVolume's node affinity"
OUTSIDE_PREFILTER: Final = "node(s) didn't satisfy plugin(s) [{plugins}]"

NO_NODES: Final = "no nodes available to schedule pods"
NODES_AVAILABLE: Final = "0/{total} nodes are available:"
PREEMPTION: Final = "preemption: {why}"
PREEMPTION_NOT_HELPFUL: Final = "Preemption is not helpful for scheduling"
NO_VICTIMS: Final = "No preemption victims found for incoming pod"
PREEMPTION_NEVER: Final = "not eligible due to preemptionPolicy=Never."
PREEMPTION_TERMINATING: Final = "not eligible due to a terminating pod on the nominated node."

GATED: Final = "Scheduling is blocked due to non-empty scheduling gates"
SCHEDULED: Final = "Successfully assigned {pod} to {node}"
VOLUMES_NOT_BOUND: Final = 'running PreBind plugin "VolumeBinding": binding volumes: {why}'
PROVISIONING_FAILED: Final = 'provisioning failed for PVC "{claim}"'
BINDING_REJECTED: Final = "binding rejected: {why}"
PREEMPTED: Final = "Preempted by pod {uid} on node {node}"
DISRUPTION: Final = "{scheduler}: preempting to accommodate a higher priority pod"
