"""What is wrong with a job, or with the jobs that a cron job would make."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    Internal,
    each_invalid,
    invalid_value,
    not_negative,
    not_supported,
    required,
    selector_value,
    too_long,
)
from liqolab.kube.kinds.validation.job_policies import validate_failure_policy, validate_success_policy
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.pods import validate_template
from liqolab.kube.kinds.validation.workloads import MISMATCH, selects, validate_counts

UID_LABEL = "batch.kubernetes.io/controller-uid"
NAME_LABEL = "batch.kubernetes.io/job-name"
OLD_UID_LABEL = "controller-uid"
OLD_NAME_LABEL = "job-name"

_COUNTS = (
    *("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"),
    *("backoffLimitPerIndex", "maxFailedIndexes"),
)
_MODES = ("NonIndexed", "Indexed")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")
_RESTARTS = ("OnFailure", "Never")
_MANAGED_BY_MAX = 63
_MANY = 100_000
"""Completions from which on a job has to say how many failures it bears; also most pods of an indexed job at a time."""
_MANY_AT_ONCE = 10_000


def validate_job(job: Object) -> list[FieldError]:
    """A job, which has a selector by now."""
    spec, metadata = job.get("spec") or {}, job["metadata"]
    errors = _validate_generated(job, spec) if not spec.get("manualSelector") else []
    errors += validate_job_spec(spec, "spec")
    errors += _validate_selection(spec)
    completions = spec.get("completions") or 0
    if spec.get("completionMode") == "Indexed" and completions > 0:
        last = f"{metadata.get('name', '')}-{completions - 1}"
        if names.dns1123_label(last):
            text = f"will not able to create pod with invalid DNS label: {last}"
            errors.append(invalid_value("metadata.name", metadata.get("name", ""), text))
    return errors


def _validate_generated(job: Object, spec: Object) -> list[FieldError]:
    """Labels by which only this job finds its pods."""
    if spec.get("selector") is None:
        return []
    labels: dict[str, str] = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    uid, name = job["metadata"].get("uid", ""), job["metadata"].get("name", "")
    wanted = {OLD_UID_LABEL: uid, OLD_NAME_LABEL: name, UID_LABEL: uid, NAME_LABEL: name}
    errors: list[FieldError] = []
    for key, value in wanted.items():
        path = f"spec.template.metadata.labels[{key}]"
        if key not in labels:
            errors.append(required(path, f"must be '{value}'"))
        elif labels[key] != value:
            errors.append(invalid_value(path, labels, f"must be '{value}'"))
    if not selects(spec["selector"], wanted, nothing_fits=True):
        shown = selector_value(spec["selector"])
        errors.append(invalid_value("spec.selector", shown, "`selector` not auto-generated"))
    return errors


def _validate_selection(spec: Object) -> list[FieldError]:
    selector = spec.get("selector")
    errors = [required("spec.selector")] if selector is None else validate_label_selector(selector, "spec.selector")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if selector is None or not selects(selector, labels, nothing_fits=True):
        errors.append(invalid_value("spec.template.metadata.labels", labels, MISMATCH))
    return errors


def validate_job_spec(spec: Object, path: str) -> list[FieldError]:
    """A ``JobSpec`` but for its selector, which the jobs of a cron job get later."""
    errors = validate_counts(spec, path, *_COUNTS)
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        errors.append(required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified"))
    if (manager := spec.get("managedBy")) is not None:
        errors += validate_prefixed_path(manager, f"{path}.managedBy")
        errors += [too_long(f"{path}.managedBy", _MANAGED_BY_MAX)] if len(manager) > _MANAGED_BY_MAX else []
    errors += _validate_mode(spec, path)
    if (policy := spec.get("podFailurePolicy")) is not None:
        errors += validate_failure_policy(policy, spec, f"{path}.podFailurePolicy")
    if (success := spec.get("successPolicy")) is not None:
        at = f"{path}.successPolicy"
        if spec.get("completionMode") == "Indexed":
            errors += validate_success_policy(success, spec.get("completions") or 0, at)
        else:
            shown = Internal("batch.SuccessPolicy", success)
            errors.append(invalid_value(at, shown, "requires indexed completion mode"))
    errors += _validate_replacement(spec, f"{path}.podReplacementPolicy")
    errors += validate_template(spec.get("template") or {}, f"{path}.template")
    return errors + _validate_restart(spec, f"{path}.template.spec.restartPolicy")


def validate_prefixed_path(text: str, path: str) -> list[FieldError]:
    """``acme.io/foo``: a domain, a slash and a path."""
    if not text:
        return [required(path)]
    host, _, rest = text.partition("/")
    if not host or not rest:
        return [invalid_value(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")')]
    errors = each_invalid(path, host, names.dns1123_subdomain(host))
    return errors + each_invalid(path, rest, names.http_path(rest))


def _validate_mode(spec: Object, path: str) -> list[FieldError]:
    mode, per_index = spec.get("completionMode", "NonIndexed"), spec.get("backoffLimitPerIndex")
    errors: list[FieldError] = []
    if mode not in _MODES:
        errors.append(not_supported(f"{path}.completionMode", mode, _MODES))
    if mode == "Indexed":
        return errors + _validate_indexed(spec, path)
    if mode == "NonIndexed":
        for field, value in (("backoffLimitPerIndex", per_index), ("maxFailedIndexes", spec.get("maxFailedIndexes"))):
            if value is not None:
                errors.append(invalid_value(f"{path}.{field}", value, "requires indexed completion mode"))
    return errors


def _validate_indexed(spec: Object, path: str) -> list[FieldError]:
    completions, parallelism = spec.get("completions"), spec.get("parallelism") or 0
    failed: Any = spec.get("maxFailedIndexes")
    at, errors = f"{path}.maxFailedIndexes", []
    if completions is None:
        errors.append(required(f"{path}.completions", "when completion mode is Indexed"))
    if parallelism > _MANY:
        text = f"must be less than or equal to {_MANY} when completion mode is Indexed"
        errors.append(invalid_value(f"{path}.parallelism", parallelism, text))
    if completions is not None and failed is not None and failed > completions:
        errors.append(invalid_value(at, failed, "must be less than or equal to completions"))
    if failed is not None and failed > _MANY:
        errors.append(invalid_value(at, failed, f"must be less than or equal to {_MANY}"))
    if (completions or 0) <= _MANY or spec.get("backoffLimitPerIndex") is None:
        return errors
    text = (
        f"must be less than or equal to {_MANY_AT_ONCE} when completions are above {_MANY} and used with backoff limit "
        "per index"
    )
    if failed is None:
        errors.append(required(at, f"must be specified when completions is above {_MANY}"))
    if parallelism > _MANY_AT_ONCE:
        errors.append(invalid_value(f"{path}.parallelism", parallelism, text))
    if (failed or 0) > _MANY_AT_ONCE:
        errors.append(invalid_value(at, failed, text))
    return errors


def _validate_replacement(spec: Object, path: str) -> list[FieldError]:
    policy = spec.get("podReplacementPolicy")
    supported = ("Failed",) if spec.get("podFailurePolicy") is not None else _REPLACEMENTS
    return [] if policy is None or policy in supported else [not_supported(path, policy, supported)]


def _validate_restart(spec: Object, path: str) -> list[FieldError]:
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy", "Always")
    if policy == "Always":
        return [required(path, 'valid values: "OnFailure", "Never"')]
    if policy not in _RESTARTS:
        return [not_supported(path, policy, _RESTARTS)]
    if spec.get("podFailurePolicy") is not None and policy != "Never":
        return [invalid_value(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    return []


def validate_job_template(template: Object, path: str) -> list[FieldError]:
    """``jobTemplate`` of a cron job."""
    spec = template.get("spec") or {}
    errors = validate_job_spec(spec, f"{path}.spec")
    if spec.get("selector") is not None:
        text = "`selector` will be auto-generated"
        errors.append(invalid_value(f"{path}.spec.selector", selector_value(spec["selector"]), text))
    if spec.get("manualSelector"):
        errors.append(not_supported(f"{path}.spec.manualSelector", True, ("nil", "false")))
    return errors


def validate_job_status(new: Object, old: Object) -> list[FieldError]:
    """Counts of pods."""
    status = new.get("status") or {}
    return [
        error
        for field in ("active", "succeeded", "failed", "ready", "terminating")
        for error in not_negative(f"status.{field}", status.get(field))
    ]
