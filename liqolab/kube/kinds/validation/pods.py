"""Pod specs and pod templates, and what may change in a pod that exists."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import meta, names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from liqolab.kube.kinds.metadata import validate_annotations, validate_labels
from liqolab.kube.kinds.validation.containers import validate_containers, validate_resources
from liqolab.kube.kinds.validation.placement import (
    only_added,
    validate_affinity,
    validate_spread,
    validate_tolerations,
)

UPDATE_FORBIDDEN = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")

_VOLUME_ORDER = (
    *("emptyDir", "hostPath", "gitRepo", "secret", "nfs", "iscsi", "persistentVolumeClaim", "downwardAPI"),
    *("configMap", "projected", "csi", "ephemeral"),
)
"""The order in which sources are looked at: of two, the first one counts and the second one is too many."""

_VOLUME_NEEDS = {
    "configMap": "name",
    "secret": "secretName",
    "persistentVolumeClaim": "claimName",
    "hostPath": "path",
}
"""Volume source → the field without which it means nothing."""


def validate_pod_spec(spec: Object, path: str = "spec") -> list[FieldError]:
    """Everything that is wrong with a pod's spec, in the order of its fields."""
    errors, volumes = _validate_volumes(spec.get("volumes") or [], f"{path}.volumes")
    containers = spec.get("containers") or []
    taken: set[str] = set()
    if not containers:
        errors.append(required(f"{path}.containers"))
    for field in ("containers", "initContainers"):
        errors += validate_containers(spec.get(field) or [], f"{path}.{field}", volumes, taken)
    errors += _validate_policies(spec, path)
    errors += validate_labels(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    errors += validate_affinity(spec.get("affinity") or {}, f"{path}.affinity")
    errors += validate_spread(spec.get("topologySpreadConstraints") or [], f"{path}.topologySpreadConstraints")
    errors += _validate_names(spec, path)
    errors += _validate_active_deadline(spec, path)
    errors += validate_resources({"limits": spec.get("overhead") or {}}, f"{path}.overhead")
    return errors + validate_tolerations(spec.get("tolerations") or [], f"{path}.tolerations")


def _validate_policies(spec: Object, path: str) -> list[FieldError]:
    errors = []
    restart, dns = spec.get("restartPolicy", "Always"), spec.get("dnsPolicy", "ClusterFirst")
    if restart not in _RESTART_POLICIES:
        errors.append(not_supported(f"{path}.restartPolicy", restart, _RESTART_POLICIES))
    if dns not in _DNS_POLICIES:
        errors.append(not_supported(f"{path}.dnsPolicy", dns, _DNS_POLICIES))
    return errors


def _validate_active_deadline(spec: Object, path: str) -> list[FieldError]:
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is None or 1 <= deadline < 2**31:
        return []
    text = f"must be between 1 and {2**31 - 1}, inclusive"
    return [invalid_value(f"{path}.activeDeadlineSeconds", deadline, text)]


def _validate_names(spec: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    rules = {
        "serviceAccountName": names.dns1123_subdomain,
        "nodeName": names.dns1123_subdomain,
        "hostname": names.dns1123_label,
        "subdomain": names.dns1123_label,
        "priorityClassName": names.dns1123_subdomain,
    }
    for field, rule in rules.items():
        value = spec.get(field)
        if value:
            errors += each_invalid(f"{path}.{field}", value, rule(value))
    if spec.get("schedulingGates") and spec.get("nodeName"):
        text = "cannot be set until all schedulingGates have been cleared"
        errors.append(forbidden_field(f"{path}.nodeName", text))
    return errors


def _source_order(source: str) -> int:
    return _VOLUME_ORDER.index(source) if source in _VOLUME_ORDER else len(_VOLUME_ORDER)


def _validate_volumes(volumes: list[Object], path: str) -> tuple[list[FieldError], set[str]]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, volume in enumerate(volumes):
        at = f"{path}[{index}]"
        name = volume.get("name", "")
        if not name:
            errors.append(required(f"{at}.name"))
        else:
            errors += each_invalid(f"{at}.name", name, names.dns1123_label(name))
        if name in seen:
            errors.append(duplicate(f"{at}.name", name))
        seen.add(name)
        sources = sorted(
            (key for key, value in volume.items() if key != "name" and value is not None), key=_source_order
        )
        if not sources:
            errors.append(required(at, "must specify a volume type"))
        errors += [
            forbidden_field(f"{at}.{source}", "may not specify more than 1 volume type") for source in sources[1:]
        ]
        for source, field in _VOLUME_NEEDS.items():
            if source in sources and not volume[source].get(field):
                errors.append(required(f"{at}.{source}.{field}"))
    return errors, seen


def validate_template(template: Object, path: str) -> list[FieldError]:
    """A pod template: its labels, annotations and spec."""
    metadata = template.get("metadata") or {}
    errors = validate_labels(metadata.get("labels") or {}, f"{path}.metadata.labels")
    errors += validate_annotations(metadata.get("annotations") or {}, f"{path}.metadata.annotations")
    return errors + validate_pod_spec(template.get("spec") or {}, f"{path}.spec")


def validate_pod_update(new: Object, old: Object) -> list[FieldError]:
    """What an update of a pod may not change: nearly everything."""
    after, before = meta.deep_copy(new.get("spec") or {}), meta.deep_copy(old.get("spec") or {})
    for field in ("containers", "initContainers"):
        if len(after.get(field) or []) != len(before.get(field) or []):
            text = "pod updates may not add or remove containers"
            return [forbidden_field(f"spec.{field}", text)]
    errors = _validate_images(after)
    errors += _validate_deadline(after, before)
    errors += only_added(after.get("tolerations") or [], before.get("tolerations") or [], "spec.tolerations")
    errors += _validate_gates(after, before)
    _accept_permitted(after, before)
    if after != before:
        errors.append(forbidden_field("spec", UPDATE_FORBIDDEN))
    return errors


def _validate_images(spec: Object) -> list[FieldError]:
    return [
        required(f"spec.{field}[{index}].image")
        for field in ("containers", "initContainers")
        for index, container in enumerate(spec.get(field) or [])
        if not container.get("image")
    ]


def _validate_deadline(after: Object, before: Object) -> list[FieldError]:
    new, old = after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    if new is None:
        if old is None:
            return []
        text = "must not update from a positive integer to nil value"
        return [invalid_value("spec.activeDeadlineSeconds", None, text)]
    if old is not None and new > old:
        return [invalid_value("spec.activeDeadlineSeconds", new, "must be less than or equal to previous value")]
    return []


def _validate_gates(after: Object, before: Object) -> list[FieldError]:
    known = {gate.get("name") for gate in before.get("schedulingGates") or []}
    added = [gate.get("name") for gate in after.get("schedulingGates") or [] if gate.get("name") not in known]
    if not added:
        return []
    text = f"only deletion is allowed, but found new scheduling gate '{added[0]}'"
    return [forbidden_field("spec.schedulingGates", text)]


def _accept_permitted(after: Object, before: Object) -> None:
    """Make equal what may differ, so that any remaining difference is a forbidden one."""
    for field in ("containers", "initContainers"):
        for new, old in zip(after.get(field) or [], before.get(field) or [], strict=True):
            old["image"] = new.get("image")
    for field in ("activeDeadlineSeconds", "tolerations"):
        _take(before, after, field)
    grace = before.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0 and after.get("terminationGracePeriodSeconds") == 1:
        before["terminationGracePeriodSeconds"] = 1
    if before.get("schedulingGates"):
        _accept_narrowed(after, before)
    _take(before, after, "schedulingGates")


def _accept_narrowed(after: Object, before: Object) -> None:
    """A gated pod's choice of nodes may become narrower."""
    wanted, had = after.get("nodeSelector") or {}, before.get("nodeSelector") or {}
    if all(wanted.get(key) == value for key, value in had.items()):
        _take(before, after, "nodeSelector")
    required_key = "requiredDuringSchedulingIgnoredDuringExecution"
    new = meta.get_path(after, "affinity", "nodeAffinity", required_key, "nodeSelectorTerms", default=[])
    old = meta.get_path(before, "affinity", "nodeAffinity", required_key, "nodeSelectorTerms", default=[])
    if not old or (len(new) == len(old) and all(map(_narrows, new, old))):
        others = [
            {key: value for key, value in (spec.get("affinity") or {}).items() if key != "nodeAffinity"}
            for spec in (after, before)
        ]
        if others[0] == others[1]:
            _take(before, after, "affinity")


def _narrows(new: Object, old: Object) -> bool:
    return all(
        row in (new.get(field) or []) for field in ("matchExpressions", "matchFields") for row in old.get(field) or []
    )


def _take(target: Object, source: Object, field: str) -> None:
    value: Any = source.get(field)
    if value is None:
        target.pop(field, None)
        source.pop(field, None)
    else:
        target[field] = value
