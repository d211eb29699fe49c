"""Deployments, replica sets, stateful sets, daemon sets: a selector, and a template that it matches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    forbidden_field,
    invalid_value,
    not_negative,
    not_supported,
    required,
    selector_value,
)
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.strategies.volumes import validate_claim_spec
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.pods import validate_template
from liqolab.kube.schema.workload_defaults import TEMPLATE_GENERATION

_MISMATCH = "`selector` does not match template `labels`"

_STATEFUL_MUTABLE = (
    *("replicas", "ordinals", "template", "updateStrategy"),
    *("revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"),
)
_POD_MANAGEMENT = ("OrderedReady", "Parallel")
_RETENTION = ("Retain", "Delete")
_STATEFUL_FORBIDDEN = (
    "updates to statefulset spec for fields other than "
    + ", ".join(f"'{field}'" for field in _STATEFUL_MUTABLE[:-1])
    + f" and '{_STATEFUL_MUTABLE[-1]}' are forbidden"
)


def _selector_error(selector: Object | None, detail: str) -> FieldError:
    return invalid_value("spec.selector", selector_value(selector), detail)


def validate_selector(spec: Object, kind: str) -> list[FieldError]:
    """A selector that is there and selects something less than everything."""
    selector = spec.get("selector")
    if selector is None:
        return [required("spec.selector")]
    errors = validate_label_selector(selector, "spec.selector")
    if not (selector.get("matchLabels") or selector.get("matchExpressions")):
        errors.append(_selector_error(selector, f"empty selector is invalid for {kind}"))
    return errors


def validate_workload_template(spec: Object) -> list[FieldError]:
    """A template whose pods the selector finds, and which are always restarted."""
    template = spec.get("template")
    if not template:
        return [required("spec.template")]
    errors: list[FieldError] = []
    labels = (template.get("metadata") or {}).get("labels") or {}
    selector = LabelSelector.from_object(spec.get("selector"))
    if not selector.empty and not selector.matches(labels):
        errors.append(invalid_value("spec.template.metadata.labels", labels, _MISMATCH))
    errors += validate_template(template, "spec.template")
    policy = (template.get("spec") or {}).get("restartPolicy", "Always")
    if policy != "Always":
        errors.append(not_supported("spec.template.spec.restartPolicy", policy, ("Always",)))
    return errors


def _counts(spec: Object, *fields: str) -> list[FieldError]:
    return [error for field in fields for error in not_negative(f"spec.{field}", spec.get(field))]


def selector_is_immutable(new: Object, old: Object) -> list[FieldError]:
    after, before = (obj.get("spec", {}).get("selector") for obj in (new, old))
    return [] if after == before else [_selector_error(after, IMMUTABLE)]


def _is_zero(value: Any) -> bool:
    return value in (0, "0%")


def _validate_deployment(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors = _counts(spec, "replicas")
    errors += validate_selector(spec, "deployment")
    errors += validate_workload_template(spec)
    errors += _validate_rollout(spec.get("strategy") or {})
    errors += _counts(spec, "minReadySeconds", "revisionHistoryLimit")
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
    if rolling and _is_zero(rolling.get("maxUnavailable")) and _is_zero(rolling.get("maxSurge")):
        text = "may not be 0 when `maxSurge` is 0"
        return [invalid_value(f"{path}.rollingUpdate.maxUnavailable", rolling["maxUnavailable"], text)]
    return []


def _simple(kind: str) -> Callable[[Object], list[FieldError]]:
    """Checks of the kinds that only have replicas, selector and template."""

    def validate(obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        errors = _counts(spec, "replicas", "minReadySeconds")
        return [*errors, *validate_selector(spec, kind), *validate_workload_template(spec)]

    return validate


DEPLOYMENT = WithStatus(
    initial={}, kept_metadata=("labels",), validate=_validate_deployment, compare=selector_is_immutable
)


REPLICA_SET = WithStatus(initial={"replicas": 0}, validate=_simple("replica set"), compare=selector_is_immutable)


class _ReplicationControllerStrategy(WithStatus):
    """Its selector is a plain map, which defaults to the template's labels, as its own labels do."""

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        spec = obj.get("spec") or {}
        labels = meta.get_path(spec, "template", "metadata", "labels")
        if labels and not spec.get("selector"):
            spec["selector"] = dict(labels)
        if labels and not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = dict(labels)

    def validate_create(self, obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        errors = _counts(spec, "replicas", "minReadySeconds")
        if not spec.get("selector"):
            errors.append(required("spec.selector"))
        return errors + validate_workload_template({**spec, "selector": {"matchLabels": spec.get("selector")}})

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return self.validate_create(new)


REPLICATION_CONTROLLER = _ReplicationControllerStrategy(initial={"replicas": 0})


class StatefulSetStrategy(WithStatus):
    """Only what a rolling update can carry out may change."""

    def __init__(self) -> None:
        super().__init__(initial={"replicas": 0, "availableReplicas": 0})

    def validate_create(self, obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        errors = _validate_stateful_policies(spec)
        for index, template in enumerate(spec.get("volumeClaimTemplates") or []):
            errors += validate_claim_spec(template.get("spec") or {}, f"spec.volumeClaimTemplates[{index}].spec")
        errors += _counts(spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
        errors += not_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
        return [*errors, *validate_selector(spec, "statefulset"), *validate_workload_template(_with_claims(spec))]

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        errors = self.validate_create(new)
        after, before = (
            {key: value for key, value in obj["spec"].items() if key not in _STATEFUL_MUTABLE} for obj in (new, old)
        )
        return errors if after == before else [*errors, forbidden_field("spec", _STATEFUL_FORBIDDEN)]


def _validate_stateful_policies(spec: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    management, strategy = spec.get("podManagementPolicy"), spec.get("updateStrategy") or {}
    if management not in (None, *_POD_MANAGEMENT):
        text = "must be 'OrderedReady' or 'Parallel'"
        errors.append(invalid_value("spec.podManagementPolicy", management, text))
    kind, rolling = strategy.get("type", "RollingUpdate"), strategy.get("rollingUpdate")
    if kind not in ("RollingUpdate", "OnDelete"):
        shown = Internal("apps.StatefulSetUpdateStrategy", strategy)
        errors.append(invalid_value("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'"))
    elif kind == "OnDelete" and rolling is not None:
        text = "only allowed for updateStrategy 'RollingUpdate'"
        errors.append(invalid_value("spec.updateStrategy.rollingUpdate", rolling, text))
    elif rolling:
        errors += not_negative("spec.updateStrategy.rollingUpdate.partition", rolling.get("partition"))
    policy = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for field in ("whenDeleted", "whenScaled"):
        if policy.get(field, "Retain") not in _RETENTION:
            at = f"spec.persistentVolumeClaimRetentionPolicy.{field}"
            errors.append(not_supported(at, policy[field], _RETENTION))
    return errors


def _with_claims(spec: Object) -> Object:
    """The spec as its pods will have it: with a volume for every claim template, in place of one of that name."""
    claims = [meta.name(template) for template in spec.get("volumeClaimTemplates") or []]
    if not claims or not spec.get("template"):
        return spec
    pod = spec["template"].get("spec") or {}
    volumes = [row for row in pod.get("volumes") or [] if row.get("name") not in claims]
    added = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in dict.fromkeys(claims)]
    return {**spec, "template": {**spec["template"], "spec": {**pod, "volumes": [*volumes, *added]}}}


class DaemonSetStrategy(WithStatus):
    """Counts the generations of its template in an annotation, for the pods' sake."""

    def __init__(self) -> None:
        zeros = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
        super().__init__(initial=dict.fromkeys(zeros, 0), validate=_simple("daemonset"), compare=selector_is_immutable)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        _annotate(obj, 1)

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        generation = int((old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1"))
        changed = meta.get_path(new, "spec", "template") != meta.get_path(old, "spec", "template")
        _annotate(new, generation + changed)


def _annotate(obj: Object, generation: int) -> None:
    annotations = obj["metadata"].get("annotations") or {}
    obj["metadata"]["annotations"] = {**annotations, TEMPLATE_GENERATION: str(generation)}


def revision_data_is_immutable(new: Object, old: Object) -> list[FieldError]:
    """A controller revision is a snapshot."""
    return [] if new.get("data") == old.get("data") else [invalid_value("data", "", IMMUTABLE)]
