"""Jobs find their pods by a label with their own uid; what they run is fixed when they start."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.schedules import Schedule, zone_problems
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    each_invalid,
    invalid_value,
    not_negative,
    not_supported,
    required,
    selector_value,
)
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.jobs import (
    NAME_LABEL,
    OLD_NAME_LABEL,
    OLD_UID_LABEL,
    UID_LABEL,
    validate_job,
    validate_job_status,
    validate_job_template,
)

_POLICIES = ("Allow", "Forbid", "Replace")
_TIME_ZONE_IN_SCHEDULE = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
_TWO_TIME_ZONES = "cannot use both timeZone field and TZ or CRON_TZ in schedule"

_FROZEN: tuple[tuple[str, str], ...] = (
    ("completionMode", ""),
    ("podFailurePolicy", "*batch.PodFailurePolicy"),
    ("backoffLimitPerIndex", ""),
    ("managedBy", ""),
    ("successPolicy", "*batch.SuccessPolicy"),
)
"""Fields of a job that never change, and the type as which error texts print them."""

_DIRECTIVES = ("nodeSelector", "tolerations", "schedulingGates")


class JobStrategy(WithStatus):
    """Unless told to leave it alone, a job selects by its uid, so that two jobs never share pods."""

    default_propagation = "Orphan"
    delete_warning = (
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or "
        "set propagationPolicy=Orphan to suppress this warning"
    )

    def __init__(self) -> None:
        super().__init__(initial={}, validate=validate_job, check_status=validate_job_status)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        spec = obj.setdefault("spec", {})
        if not spec.get("manualSelector"):
            _label_and_select(obj, spec)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        after, before = new.get("spec") or {}, old.get("spec") or {}
        errors = validate_job(new)
        errors += _completions_stay(after, before)
        if after.get("selector") != before.get("selector"):
            errors.append(invalid_value("spec.selector", selector_value(after.get("selector")), IMMUTABLE))
        if after.get("template") != _replaceable(after.get("template") or {}, old):
            shown = Internal("core.PodTemplateSpec", after.get("template"))
            errors.append(invalid_value("spec.template", shown, IMMUTABLE))
        for field, kind in _FROZEN:
            if (value := after.get(field)) != before.get(field):
                errors.append(invalid_value(f"spec.{field}", Internal(kind, value) if kind else value, IMMUTABLE))
        return errors


def _completions_stay(after: Object, before: Object) -> list[FieldError]:
    value: Any = after.get("completions")
    if value == before.get("completions"):
        return []
    if after.get("completionMode") != "Indexed":
        return [invalid_value("spec.completions", value, IMMUTABLE)]
    if value is None or value == after.get("parallelism"):
        return []
    text = "can only be modified in tandem with spec.parallelism"
    return [invalid_value("spec.completions", value, text)]


def _replaceable(template: Object, old: Object) -> Object:
    """The old template with what of the new one a job may still take over: one that is suspended and has never started
    may change where its pods shall run.
    """
    kept: Object = (old.get("spec") or {}).get("template") or {}
    if not old["spec"].get("suspend") or (old.get("status") or {}).get("startTime"):
        return kept
    pod, metadata = dict(kept.get("spec") or {}), dict(kept.get("metadata") or {})
    wanted, marks = template.get("spec") or {}, template.get("metadata") or {}
    for target, source, fields in ((pod, wanted, _DIRECTIVES), (metadata, marks, ("labels", "annotations"))):
        for field in fields:
            target.pop(field, None)
            target.update({field: source[field]} if field in source else {})
    affinity = {key: value for key, value in (pod.pop("affinity", None) or {}).items() if key != "nodeAffinity"}
    choice = (wanted.get("affinity") or {}).get("nodeAffinity")
    affinity |= {"nodeAffinity": choice} if choice is not None else {}
    return {**kept, "metadata": metadata, "spec": {**pod, **({"affinity": affinity} if affinity else {})}}


def _label_and_select(job: Object, spec: Object) -> None:
    uid, name = job["metadata"].get("uid", ""), job["metadata"].get("name", "")
    labels = {UID_LABEL: uid, NAME_LABEL: name, OLD_UID_LABEL: uid, OLD_NAME_LABEL: name}
    template = spec.setdefault("template", {})
    metadata = template.setdefault("metadata", {})
    if not metadata.get("labels") and not job["metadata"].get("labels"):
        job["metadata"]["labels"] = dict(labels)
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    selector = spec.get("selector") or {}
    spec["selector"] = {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), UID_LABEL: uid}}


class CronJobStrategy(WithStatus):
    """A schedule and the jobs that it makes."""

    def __init__(self) -> None:
        super().__init__(initial={})

    def validate_create(self, obj: Object) -> list[FieldError]:
        return _validate_cron_job(obj.get("spec") or {}, None)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return _validate_cron_job(new.get("spec") or {}, old.get("spec") or {})


def _validate_cron_job(spec: Object, before: Object | None) -> list[FieldError]:
    zone, policy = spec.get("timeZone"), spec.get("concurrencyPolicy", "Allow")
    errors = _validate_schedule(spec.get("schedule", ""), (before or {}).get("schedule", ""), zone)
    errors += not_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    if zone is not None and (before is None or zone != before.get("timeZone")):
        errors += each_invalid("spec.timeZone", zone, zone_problems(zone))
    if policy not in _POLICIES:
        errors.append(not_supported("spec.concurrencyPolicy", policy, _POLICIES))
    errors += validate_job_template(spec.get("jobTemplate") or {}, "spec.jobTemplate")
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        errors += not_negative(f"spec.{field}", spec.get(field))
    return errors


def _validate_schedule(schedule: str, before: str, zone: str | None) -> list[FieldError]:
    """A schedule; one that has long had a time zone in it may keep it."""
    path = "spec.schedule"
    if not schedule:
        return [required(path)]
    errors = []
    try:
        Schedule.parse(schedule)
    except ValueError as error:
        errors.append(invalid_value(path, schedule, str(error)))
    if "TZ" in schedule and "TZ" not in before:
        errors.append(invalid_value(path, schedule, _TIME_ZONE_IN_SCHEDULE))
    elif "TZ" in schedule and zone is not None:
        errors.append(invalid_value(path, schedule, _TWO_TIME_ZONES))
    return errors
