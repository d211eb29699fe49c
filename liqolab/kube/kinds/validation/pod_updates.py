"""What may change in a pod that exists: images, tolerations, a deadline, and where a gated one may run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import Internal, forbidden_field, invalid_value, required
from liqolab.kube.kinds.internal_types import difference
from liqolab.kube.kinds.validation.containers import validate_image_spaces
from liqolab.kube.kinds.validation.placement import only_added
from liqolab.kube.kinds.validation.pod_annotations import APPARMOR, MIRROR
from liqolab.kube.kinds.validation.pods import validate_pod

UPDATE_FORBIDDEN = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)

_KINDS = ("containers", "initContainers")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_TERMS = f"spec.affinity.nodeAffinity.{_REQUIRED}.nodeSelectorTerms"


def validate_pod_update(new: Object, old: Object) -> list[FieldError]:
    """What an update of a pod may not change: nearly everything."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    errors = [*validate_pod(new), *_validate_annotations(new, old)]
    for kind in _KINDS:
        containers = after.get(kind) or []
        if len(containers) != len(before.get(kind) or []):
            return [*errors, forbidden_field(f"spec.{kind}", "pod updates may not add or remove containers")]
        for index, container in enumerate(containers):
            at = f"spec.{kind}[{index}]"
            errors += [] if container.get("image") else [required(f"{at}.image")]
            errors += validate_image_spaces(container, at)
    errors += _validate_deadline(after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    errors += only_added(after.get("tolerations") or [], before.get("tolerations") or [], "spec.tolerations")
    errors += _validate_gates(after, before)
    if after == before:
        return errors
    munged = _with_what_may_differ(after, before)
    if before.get("schedulingGates"):
        errors += _validate_choice_of_nodes(munged, before)
    if munged == before:
        return errors
    text = f"{UPDATE_FORBIDDEN}\n{difference('core.PodSpec', before, munged)}"
    return [*errors, forbidden_field("spec", text)]


def _validate_annotations(new: Object, old: Object) -> list[FieldError]:
    after: Mapping[str, str] = new["metadata"].get("annotations") or {}
    before: Mapping[str, str] = old["metadata"].get("annotations") or {}
    if after == before:
        return []
    errors = []
    for key, what in ((key, "remove or update") for key in before if after.get(key) != before[key]):
        errors += _protected(key, what)
    for key in after.keys() - before.keys():
        errors += _protected(key, "add")
    return errors


def _protected(key: str, what: str) -> list[FieldError]:
    path = f"metadata.annotations[{key}]"
    if key.startswith(APPARMOR):
        return [forbidden_field(path, f"may not {what} AppArmor annotations")]
    return [forbidden_field(path, f"may not {what} mirror pod annotation")] if key == MIRROR else []


def _validate_deadline(new: int | None, old: int | None) -> list[FieldError]:
    path = "spec.activeDeadlineSeconds"
    if new is None:
        text = "must not update from a positive integer to nil value"
        return [] if old is None else [invalid_value(path, None, text)]
    errors = []
    if not 0 <= new < 2**31:
        errors.append(invalid_value(path, new, f"must be between 0 and {2**31 - 1}, inclusive"))
    if old is not None and new > old:
        errors.append(invalid_value(path, new, "must be less than or equal to previous value"))
    return errors


def _validate_gates(after: Object, before: Object) -> list[FieldError]:
    known = {gate.get("name") for gate in before.get("schedulingGates") or []}
    text = "only deletion is allowed, but found new scheduling gate "
    return [
        forbidden_field(f"spec.schedulingGates[{index}].name", f"{text}'{gate.get('name')}'")
        for index, gate in enumerate(after.get("schedulingGates") or [])
        if gate.get("name") not in known
    ]


def _with_what_may_differ(after: Object, before: Object) -> Object:
    """The new spec with the old values of everything that may change: what still differs is forbidden."""
    munged = dict(after)
    for kind in _KINDS:
        if kind in after:
            munged[kind] = [
                {**container, "image": was.get("image")}
                for container, was in zip(after[kind], before[kind], strict=True)
            ]
    for field in ("activeDeadlineSeconds", "tolerations", "schedulingGates"):
        _put(munged, field, before.get(field))
    grace = before.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0 and after.get("terminationGracePeriodSeconds") == 1:
        munged["terminationGracePeriodSeconds"] = grace
    return munged


def _validate_choice_of_nodes(munged: Object, before: Object) -> list[FieldError]:
    """A gated pod's choice of nodes may become narrower; `munged` gets the old one."""
    errors: list[FieldError] = []
    wanted, had = munged.get("nodeSelector") or {}, before.get("nodeSelector") or {}
    if any(wanted.get(key) != value for key, value in had.items()):
        text = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
        errors.append(invalid_value("spec.nodeSelector", wanted, text))
    _put(munged, "nodeSelector", before.get("nodeSelector"))
    new, old = (spec.get("affinity") or {} for spec in (munged, before))
    if new.get("nodeAffinity") == old.get("nodeAffinity"):
        return errors
    errors += _validate_terms(_terms(new), _terms(old))
    affinity = dict(new)
    _put(affinity, "nodeAffinity", old.get("nodeAffinity"))
    _put(munged, "affinity", affinity or before.get("affinity"))
    return errors


def _terms(affinity: Object) -> Sequence[Object]:
    terms: Sequence[Object] = ((affinity.get("nodeAffinity") or {}).get(_REQUIRED) or {}).get("nodeSelectorTerms") or []
    return terms


def _validate_terms(new: Sequence[Object], old: Sequence[Object]) -> list[FieldError]:
    if not old:
        return []
    if len(new) != len(old):
        text = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        return [invalid_value(_TERMS, Internal("[]core.NodeSelectorTerm", list(new)), text)]
    text = "only additions are allowed (no mutations or deletions)"
    return [
        invalid_value(f"{_TERMS}[{index}]", Internal("core.NodeSelectorTerm", after), text)
        for index, (after, before) in enumerate(zip(new, old, strict=True))
        if not _narrows(after, before)
    ]


def _narrows(new: Object, old: Object) -> bool:
    fields = ("matchExpressions", "matchFields")
    if not any(old.get(field) for field in fields):
        return not any(new.get(field) for field in fields)
    return all((new.get(field) or [])[: len(old.get(field) or [])] == (old.get(field) or []) for field in fields)


def _put(target: Object, field: str, value: Any) -> None:
    if value is None:
        target.pop(field, None)
    else:
        target[field] = value
