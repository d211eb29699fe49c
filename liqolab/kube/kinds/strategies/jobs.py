"""Jobs find their pods by a label with their own uid; what they run is fixed when they start."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.schedules import Schedule
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    invalid_value,
    not_negative,
    not_supported,
    required,
    selector_value,
)
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.pods import validate_template

UID_LABEL = "batch.kubernetes.io/controller-uid"
NAME_LABEL = "batch.kubernetes.io/job-name"
_OLD_UID_LABEL = "controller-uid"
_OLD_NAME_LABEL = "job-name"

_POLICIES = ("Allow", "Forbid", "Replace")
_RESTARTS = ("OnFailure", "Never")


def _validate_restart(template: Object, path: str) -> list[FieldError]:
    policy = meta.get_path(template, "spec", "restartPolicy", default="Always")
    if policy == "Always":
        return [required(f"{path}.spec.restartPolicy", 'valid values: "OnFailure", "Never"')]
    return [] if policy in _RESTARTS else [not_supported(f"{path}.spec.restartPolicy", policy, _RESTARTS)]


def _validate_counts(spec: Object, path: str) -> list[FieldError]:
    fields = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
    return [error for field in fields for error in not_negative(f"{path}.{field}", spec.get(field))]


class JobStrategy(WithStatus):
    """Unless told to leave it alone, a job selects by its uid, so that two jobs never share pods."""

    def __init__(self) -> None:
        super().__init__(initial={})

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        spec = obj.get("spec") or {}
        if not spec.get("manualSelector"):
            _label_and_select(obj, spec)

    def validate_create(self, obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        errors = _validate_counts(spec, "spec")
        selector, template = spec.get("selector"), spec.get("template") or {}
        if selector is None:
            errors.append(required("spec.selector"))
        elif not LabelSelector.from_object(selector).matches((template.get("metadata") or {}).get("labels")):
            labels = (template.get("metadata") or {}).get("labels") or {}
            text = "`selector` does not match template `labels`"
            errors.append(invalid_value("spec.template.metadata.labels", labels, text))
        return [*errors, *validate_template(template, "spec.template"), *_validate_restart(template, "spec.template")]

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        after, before = new.get("spec") or {}, old.get("spec") or {}
        errors = _validate_counts(after, "spec")
        if after.get("completions") != before.get("completions") and after.get("completionMode") != "Indexed":
            errors.append(invalid_value("spec.completions", after.get("completions"), IMMUTABLE))
        if after.get("selector") != before.get("selector"):
            errors.append(invalid_value("spec.selector", selector_value(after.get("selector")), IMMUTABLE))
        if after.get("template") != before.get("template") and not _may_replace_template(old):
            shown = Internal("core.PodTemplateSpec", after.get("template"))
            errors.append(invalid_value("spec.template", shown, IMMUTABLE))
        return errors


def _may_replace_template(job: Object) -> bool:
    """A job that is suspended and has never started may still change where its pods shall run."""
    return bool(job["spec"].get("suspend")) and not (job.get("status") or {}).get("startTime")


def _label_and_select(job: Object, spec: Object) -> None:
    uid, name = job["metadata"].get("uid", ""), job["metadata"].get("name", "")
    labels = {UID_LABEL: uid, NAME_LABEL: name, _OLD_UID_LABEL: uid, _OLD_NAME_LABEL: name}
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
        spec = obj.get("spec") or {}
        schedule, policy = spec.get("schedule", ""), spec.get("concurrencyPolicy", "Allow")
        errors: list[FieldError] = []
        if not schedule:
            errors.append(required("spec.schedule"))
        elif problem := _schedule_problem(schedule):
            errors.append(invalid_value("spec.schedule", schedule, problem))
        if policy not in _POLICIES:
            errors.append(not_supported("spec.concurrencyPolicy", policy, _POLICIES))
        for field in ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
            errors += not_negative(f"spec.{field}", spec.get(field))
        template = meta.get_path(spec, "jobTemplate", "spec", "template", default={})
        path = "spec.jobTemplate.spec.template"
        return [*errors, *validate_template(template, path), *_validate_restart(template, path)]

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return self.validate_create(new)


def _schedule_problem(schedule: str) -> str:
    """Why a schedule cannot be understood; empty when it can."""
    if schedule.startswith("@every "):
        return ""  # Kubernetes takes it; the controller, which cannot, says so in an event
    try:
        Schedule.parse(schedule)
    except ValueError as error:
        return str(error)
    return ""
