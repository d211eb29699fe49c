"""What the autoscaler writes into events, conditions and errors, in the words of Kubernetes 1.34."""

from __future__ import annotations

from typing import Final

COMPONENT: Final = "horizontal-pod-autoscaler"

ABLE_TO_SCALE: Final = "AbleToScale"
SCALING_ACTIVE: Final = "ScalingActive"
SCALING_LIMITED: Final = "ScalingLimited"

# Conditions: (status, reason, message).
GOT_SCALE: Final = ("True", "SucceededGetScale", "the HPA controller was able to get the target's current scale")
NO_SCALE: Final = (
    "False",
    "FailedGetScale",
    "the HPA controller was unable to get the target's current scale: {error}",
)
DISABLED: Final = ("False", "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
NO_SELECTOR: Final = ("False", "InvalidSelector", "the HPA target's scale is missing a selector")
AMBIGUOUS: Final = ("False", "AmbiguousSelector", "{error}")
METRIC_FOUND: Final = (
    "True",
    "ValidMetricFound",
    "the HPA was able to successfully calculate a replica count from {metric}",
)
UNABLE: Final = "the HPA was unable to compute the replica count: {error}"
RESCALED: Final = ("True", "SucceededRescale", "the HPA controller was able to update the target scale to {size}")
NOT_RESCALED: Final = (
    "False",
    "FailedUpdateScale",
    "the HPA controller was unable to update the target scale: {error}",
)
READY_FOR_NEW: Final = ("True", "ReadyForNewScale", "recommended size matches current size")
DOWN_STABILIZED: Final = (
    "True",
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
)
UP_STABILIZED: Final = (
    "True",
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
)

# Why a number was held back: (reason, message).
WITHIN_RANGE: Final = ("DesiredWithinRange", "the desired count is within the acceptable range")
TOO_MANY: Final = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
TOO_FEW: Final = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
UP_LIMIT: Final = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
DOWN_LIMIT: Final = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")

# Reasons of a rescale.
ABOVE_MAXIMUM: Final = "Current number of replicas above Spec.MaxReplicas"
BELOW_MINIMUM: Final = "Current number of replicas below Spec.MinReplicas"
ABOVE_TARGET: Final = "{metric} above target"
BELOW_TARGET: Final = "All metrics below target"

# Events: reason, message.
SUCCESSFUL_RESCALE: Final = "SuccessfulRescale"
NEW_SIZE: Final = "New size: {size}; reason: {reason}"
FAILED_RESCALE: Final = "FailedRescale"
NEW_SIZE_FAILED: Final = "New size: {size}; reason: {reason}; error: {error}"
FAILED_COMPUTE: Final = "FailedComputeMetricsReplicas"
INVALID_METRICS: Final = "invalid metrics ({invalid} invalid out of {all}), first error is: {error}"
SELECTOR_REQUIRED: Final = ("SelectorRequired", "selector is required")
AMBIGUOUS_SELECTOR: Final = "pods by selector {selector} are controlled by multiple HPAs: {all}"

# Metrics: type → (reason, how its failure is told).
FAILED: Final = {
    "Resource": ("FailedGetResourceMetric", "failed to get {name} resource metric value: {error}"),
    "ContainerResource": ("FailedGetContainerResourceMetric", "failed to get {name} container metric value: {error}"),
    "Pods": ("FailedGetPodsMetric", "failed to get pods metric value: {error}"),
    "Object": ("FailedGetObjectMetric", "failed to get object metric value: {error}"),
    "External": ("FailedGetExternalMetric", "failed to get {name} external metric value: {error}"),
}
USAGE_FAILED: Final = "failed to get {resource} usage: {error}"
UTILIZATION_FAILED: Final = "failed to get {resource} utilization: {error}"
RESOURCE: Final = "{resource} resource"
UTILIZATION: Final = "{resource} resource utilization (percentage of request)"
CONTAINER_UTILIZATION: Final = "{resource} container resource utilization (percentage of request)"

NO_RESOURCE_METRICS: Final = "unable to get metrics for resource {resource}: {error}"
NOTHING_RETURNED: Final = "no metrics returned from resource metrics API"
UNFETCHED: Final = "unable to fetch metrics from resource metrics API: {error}"
NO_PODS: Final = "no pods returned by selector while calculating replica count"
NONE_RECEIVED: Final = "did not receive metrics for targeted pods (pods might be unready)"
NO_REQUEST: Final = "missing request for {resource} in container {container} of Pod {pod}"
NO_POD_REQUEST: Final = "missing pod-level request for {resource} in Pod {pod}"
NO_MATCH: Final = "no metrics returned matched known pods"

# Metrics that somebody else would have to serve.
NO_CUSTOM_METRICS: Final = (
    "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
)
NO_POD_METRIC: Final = "unable to get metric {metric}: {error}"
NO_OBJECT_METRIC: Final = "unable to get metric {metric}: {kind} on {namespace} {name}/{error}"
NO_AVERAGE_OBJECT_METRIC: Final = "failed to get {metric} object metric: {error}"
NO_EXTERNAL_METRIC: Final = (
    "unable to get external metric {namespace}/{metric}/{selector}: unable to fetch metrics from external metrics API: "
    "the server could not find the requested resource (get {metric}.external.metrics.k8s.io)"
)
EXTERNAL_FAILED: Final = "failed to get external metric {metric}: {error}"
AVERAGE_EXTERNAL_FAILED: Final = "failed to get {metric} external metric: {error}"
