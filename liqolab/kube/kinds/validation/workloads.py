"""What is wrong with what controllers run: selectors, templates, counts, and how an update may go about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.kinds.field_errors import (
    Internal,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_negative,
    not_supported,
    required,
    selector_value,
)
from liqolab.kube.kinds.metadata import validate_annotations, validate_labels
from liqolab.kube.kinds.validation.claims import validate_claim_spec
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.pod_annotations import validate_pod_annotations
from liqolab.kube.kinds.validation.pods import validate_template
from liqolab.kube.kinds.validation.shares import not_above_hundred, size_of, validate_share

MISMATCH = "`selector` does not match template `labels`"

_RETENTION = ("Retain", "Delete")


def validate_counts(spec: Object, path: str, *fields: str) -> list[FieldError]:
    """Numbers that may not be negative."""
    return [error for field in fields for error in not_negative(f"{path}.{field}", spec.get(field))]


def template_labels(spec: Object) -> dict[str, str] | None:
    """The labels of the pods; None prints as null."""
    labels: dict[str, str] | None = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    return labels


def selects(selector: Object | None, labels: dict[str, str] | None, *, nothing_fits: bool) -> bool:
    """Whether a selector fits labels.

    Args:
        selector: one that cannot be understood fits everything: what is wrong with it is told elsewhere.
        labels: those of the pods.
        nothing_fits: whether an empty selector fits them.
    """
    if validate_label_selector(selector or {}, ""):
        return True
    parsed = LabelSelector.from_object(selector)
    if selector is not None and parsed.empty:
        return nothing_fits
    return parsed.matches(labels or {})


def _validate_selector(spec: Object, kind: str) -> list[FieldError]:
    selector = spec.get("selector")
    if selector is None:
        return [required("spec.selector")]
    errors = validate_label_selector(selector, "spec.selector")
    if not (selector.get("matchLabels") or selector.get("matchExpressions")):
        text = f"empty selector is invalid for {kind}"
        errors.append(invalid_value("spec.selector", selector_value(selector), text))
    return errors


def validate_restarts(spec: Object, kind: str) -> list[FieldError]:
    """Pods that are kept running are always restarted, and have no deadline."""
    pod = (spec.get("template") or {}).get("spec") or {}
    policy, path = pod.get("restartPolicy", "Always"), "spec.template.spec"
    errors = [] if policy == "Always" else [not_supported(f"{path}.restartPolicy", policy, ("Always",))]
    if pod.get("activeDeadlineSeconds") is not None:
        text = f"activeDeadlineSeconds in {kind} is not Supported"
        errors.append(forbidden_field(f"{path}.activeDeadlineSeconds", text))
    return errors


def _validate_template(spec: Object, kind: str) -> list[FieldError]:
    labels, selector = template_labels(spec), spec.get("selector")
    if validate_label_selector(selector or {}, ""):
        return [invalid_value("spec.selector", selector_value(selector), "invalid label selector")]
    errors: list[FieldError] = []
    if not selects(selector, labels, nothing_fits=True):
        errors.append(invalid_value("spec.template.metadata.labels", labels, MISMATCH))
    return [*errors, *validate_template(spec.get("template") or {}, "spec.template"), *validate_restarts(spec, kind)]


def validate_deployment(obj: Object) -> list[FieldError]:
    """A deployment."""
    spec = obj.get("spec") or {}
    errors = validate_counts(spec, "spec", "replicas")
    errors += _validate_selector(spec, "deployment")
    errors += _validate_template(spec, "ReplicaSet")
    errors += _validate_rollout(spec.get("strategy") or {})
    errors += validate_counts(spec, "spec", "minReadySeconds", "revisionHistoryLimit")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        errors += not_negative("spec.progressDeadlineSeconds", deadline)
        if deadline <= (spec.get("minReadySeconds") or 0):
            text = "must be greater than minReadySeconds"
            errors.append(invalid_value("spec.progressDeadlineSeconds", deadline, text))
    return errors


def _validate_rollout(strategy: Object) -> list[FieldError]:
    path, kind, rolling = "spec.strategy", strategy.get("type", "RollingUpdate"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        text = "may not be specified when strategy `type` is 'Recreate'"
        return [forbidden_field(f"{path}.rollingUpdate", text)] if rolling else []
    if kind != "RollingUpdate":
        return [not_supported(path, Internal("apps.DeploymentStrategy", strategy), ("Recreate", "RollingUpdate"))]
    if not rolling:
        return []
    less, more = (rolling.get(field, "25%") for field in ("maxUnavailable", "maxSurge"))
    at = f"{path}.rollingUpdate"
    errors = [*validate_share(less, f"{at}.maxUnavailable"), *validate_share(more, f"{at}.maxSurge")]
    if size_of(less) == 0 and size_of(more) == 0:
        errors.append(invalid_value(f"{at}.maxUnavailable", less, "may not be 0 when `maxSurge` is 0"))
    return errors + not_above_hundred(less, f"{at}.maxUnavailable")


def validate_replica_set(obj: Object) -> list[FieldError]:
    """A replica set; texts call it a deployment where Kubernetes' do."""
    spec = obj.get("spec") or {}
    errors = validate_counts(spec, "spec", "replicas", "minReadySeconds")
    return [*errors, *_validate_selector(spec, "deployment"), *_validate_template(spec, "ReplicaSet")]


def validate_replication_controller(obj: Object) -> list[FieldError]:
    """A replication controller, whose selector is a plain map."""
    spec = obj.get("spec") or {}
    errors = validate_counts(spec, "spec", "minReadySeconds")
    selector, labels = spec.get("selector") or {}, template_labels(spec)
    if not selector:
        errors.append(required("spec.selector"))
    errors += validate_counts(spec, "spec", "replicas")
    if spec.get("template") is None:
        return [*errors, required("spec.template")]
    if any((labels or {}).get(key) != value for key, value in selector.items()):
        errors.append(invalid_value("spec.template.metadata.labels", labels, MISMATCH))
    errors += validate_template(spec["template"], "spec.template")
    return errors + validate_restarts(spec, "ReplicationController")


def validate_daemon_set(obj: Object) -> list[FieldError]:
    """A daemon set."""
    spec = obj.get("spec") or {}
    selector, labels = spec.get("selector"), template_labels(spec)
    errors = validate_label_selector(selector or {}, "spec.selector")
    if selector is None or not selects(selector, labels, nothing_fits=True):
        errors.append(invalid_value("spec.template.metadata.labels", labels, MISMATCH))
    if selector is not None and not (selector.get("matchLabels") or selector.get("matchExpressions")):
        errors.append(
            invalid_value("spec.selector", selector_value(selector), "empty selector is invalid for daemonset")
        )
    errors += validate_template(spec.get("template") or {}, "spec.template")
    errors += validate_restarts(spec, "DaemonSet")
    errors += validate_counts(spec, "spec", "minReadySeconds")
    errors += _validate_daemon_update(spec.get("updateStrategy") or {})
    return errors + validate_counts(spec, "spec", "revisionHistoryLimit")


def _validate_daemon_update(strategy: Object) -> list[FieldError]:
    path, kind, rolling = "spec.updateStrategy", strategy.get("type", "RollingUpdate"), strategy.get("rollingUpdate")
    if kind == "OnDelete":
        return []
    if kind != "RollingUpdate":
        return [not_supported(path, Internal("apps.DaemonSetUpdateStrategy", strategy), ("RollingUpdate", "OnDelete"))]
    less, more = (rolling or {}).get("maxUnavailable", 1), (rolling or {}).get("maxSurge", 0)
    at = f"{path}.rollingUpdate"
    errors = [*validate_share(less, f"{at}.maxUnavailable"), *validate_share(more, f"{at}.maxSurge")]
    errors += [*not_above_hundred(less, f"{at}.maxUnavailable"), *not_above_hundred(more, f"{at}.maxSurge")]
    if size_of(less) and size_of(more):
        errors.append(invalid_value(f"{at}.maxSurge", more, "may not be set when maxUnavailable is non-zero"))
    elif not size_of(less) and not size_of(more):
        errors.append(required(f"{at}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
    return errors


def validate_stateful_set(obj: Object, *, new: bool = True) -> list[FieldError]:
    """A stateful set; of one that exists, what cannot change any more is not looked at."""
    spec = obj.get("spec") or {}
    errors = _validate_stateful_policies(spec)
    if new:
        for index, claim in enumerate(spec.get("volumeClaimTemplates") or []):
            errors += validate_claim_spec(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{index}].spec")
    errors += validate_counts(spec, "spec", "replicas", "minReadySeconds")
    errors += not_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    if new and (name := spec.get("serviceName")):
        errors += each_invalid("spec.serviceName", name, names.dns1123_label(name))
    errors += _validate_selector(spec, "statefulset")
    return errors + _validate_stateful_template(spec)


def _validate_stateful_policies(spec: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    management, strategy = spec.get("podManagementPolicy", "OrderedReady"), spec.get("updateStrategy") or {}
    if management not in ("OrderedReady", "Parallel"):
        errors.append(invalid_value("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'"))
    kind, rolling, path = strategy.get("type", "RollingUpdate"), strategy.get("rollingUpdate"), "spec.updateStrategy"
    if kind == "OnDelete":
        if rolling is not None:
            shown = Internal("*apps.RollingUpdateStatefulSetStrategy", rolling)
            text = "only allowed for updateStrategy 'RollingUpdate'"
            errors.append(invalid_value(f"{path}.rollingUpdate", shown, text))
    elif kind == "RollingUpdate":
        errors += _validate_stateful_rollout(rolling or {}, f"{path}.rollingUpdate")
    else:
        shown = Internal("apps.StatefulSetUpdateStrategy", strategy)
        errors.append(invalid_value(path, shown, "must be 'RollingUpdate' or 'OnDelete'"))
    retention = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for field in ("whenDeleted", "whenScaled"):
        if (value := retention.get(field, "Retain")) not in _RETENTION:
            errors.append(not_supported(f"spec.persistentVolumeClaimRetentionPolicy.{field}", value, _RETENTION))
    return errors


def _validate_stateful_rollout(rolling: Object, path: str) -> list[FieldError]:
    errors = not_negative(f"{path}.partition", rolling.get("partition"))
    less: Any = rolling.get("maxUnavailable")
    if less is not None:
        at = f"{path}.maxUnavailable"
        errors += validate_share(less, at)
        if size_of(less) == 0:
            errors.append(invalid_value(at, less, "cannot be 0"))
        errors += not_above_hundred(less, at)
    return errors


def _validate_stateful_template(spec: Object) -> list[FieldError]:
    """The template with the volumes that its pods will have: one of each claim."""
    template, labels = spec.get("template") or {}, template_labels(spec)
    pod, path, selector = template.get("spec") or {}, "spec.template", spec.get("selector")
    if validate_label_selector(selector or {}, ""):
        unclear = invalid_value("spec.selector", selector_value(selector))
        return [unclear, *validate_restarts(spec, "StatefulSet")]
    errors: list[FieldError] = []
    if not selects(selector, labels, nothing_fits=True):
        errors.append(invalid_value(f"{path}.metadata.labels", labels, MISMATCH))
    claims = [(claim.get("metadata") or {}).get("name", "") for claim in spec.get("volumeClaimTemplates") or []]
    made = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in dict.fromkeys(claims)]
    volumes = [*made, *(volume for volume in pod.get("volumes") or [] if volume.get("name") not in claims)]
    whole = {key: value for key, value in pod.items() if key not in ("hostname", "subdomain")} | {"volumes": volumes}
    errors += validate_template({**template, "spec": whole}, path)
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    errors += validate_labels(labels or {}, f"{path}.labels")
    errors += validate_annotations(annotations, f"{path}.annotations")
    errors += validate_pod_annotations(annotations, whole, f"{path}.annotations") if annotations else []
    return errors + validate_restarts(spec, "StatefulSet")


_LIMITED = ("readyReplicas", "availableReplicas")


def status_counts(*fields: str, compared: tuple[str, ...] = _LIMITED) -> Callable[[Object, Object], list[FieldError]]:
    """Checks of a status that counts replicas: nothing negative, nothing more than there is.

    Args:
        fields: all counts.
        compared: those that count some of ``replicas``.
    """

    def check(new: Object, old: Object) -> list[FieldError]:
        status = new.get("status") or {}
        errors = validate_counts(status, "status", *fields)
        total, ready = (status.get(field) or 0 for field in ("replicas", "readyReplicas"))
        for field in compared:
            if (count := status.get(field) or 0) > total:
                errors.append(invalid_value(f"status.{field}", count, "cannot be greater than status.replicas"))
        if "availableReplicas" in compared and (count := status.get("availableReplicas") or 0) > ready:
            errors.append(invalid_value("status.availableReplicas", count, "cannot be greater than readyReplicas"))
        return errors

    return check
