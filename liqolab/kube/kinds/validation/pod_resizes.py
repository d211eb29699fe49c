"""What may be written to ``pods/resize``: amounts of CPU and memory of containers that go on running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import forbidden_field, invalid_value
from liqolab.kube.kinds.validation.pod_annotations import MIRROR
from liqolab.kube.kinds.validation.pods import validate_pod

RESIZED: Final = ("resources", "resizePolicy")
"""Fields of a container that come through."""

_KINDS: Final = ("containers", "initContainers")
_MUTABLE: Final = ("cpu", "memory")
_ONLY: Final = "only cpu and memory resources are mutable"
_SIDECARS: Final = "only cpu and memory resources for sidecar containers are mutable"


def keep_resizes(new: Object, old: Object) -> None:
    """Leave of a pod only what may be resized, unless containers come, go or change places: those are refused later."""
    after, before = new["spec"], old["spec"]
    if any(len(after.get(kind) or []) != len(before.get(kind) or []) for kind in _KINDS):
        return
    kept = {kind: _kept(after.get(kind) or [], before.get(kind) or []) for kind in _KINDS}
    new["spec"] = {**before, **{kind: found for kind, found in kept.items() if found}}
    if "status" in old:
        new["status"] = old["status"]


def _kept(after: list[Object], before: list[Object]) -> list[Object]:
    if any(new.get("name") != old.get("name") for new, old in zip(after, before, strict=True)):
        return after
    return [
        {key: value for key, value in old.items() if key not in RESIZED}
        | {key: new[key] for key in RESIZED if key in new}
        for new, old in zip(after, before, strict=True)
    ]


def validate_resize(new: Object, old: Object, *, quality_changes: bool) -> list[FieldError]:
    """All that is wrong with a resize.

    Args:
        new: the pod as it would be; `keep_resizes` has been here.
        old: the pod as it is.
        quality_changes: whether it would be of another quality of service.
    """
    if _has_own_resources(old) or _has_own_resources(new):
        return [forbidden_field("", "pods with pod-level resources cannot be resized")]
    if MIRROR in meta.annotations(old):
        return [forbidden_field("", "static pods cannot be resized")]
    if meta.get_path(old, "spec", "os", "name") == "windows":
        return [forbidden_field("", "windows pods cannot be resized")]
    errors = [*validate_pod(new)]
    if quality_changes:
        quality = (new.get("status") or {}).get("qosClass") or ""
        errors.append(invalid_value("spec", quality, "Pod QOS Class may not change as a result of resizing"))
    if not _is_supported(old):
        errors.append(forbidden_field("spec", "Pod running on node without support for resize"))
    after, before = new["spec"], old["spec"]
    if order := list(_order(after, before)):
        return errors + order
    errors += _containers(after, before)
    if not errors and _munged(after, before) != before:
        errors.append(forbidden_field("spec", _ONLY))
    return errors


def _has_own_resources(pod: Object) -> bool:
    resources = meta.get_path(pod, "spec", "resources") or {}
    return bool(resources.get("requests") or resources.get("limits"))


def _is_supported(pod: Object) -> bool:
    """Whether the node says what its running containers have, which only one that can resize them does."""
    for status in meta.get_path(pod, "status", "containerStatuses") or ():
        if (status.get("state") or {}).get("running") is not None:
            return status.get("resources") is not None
    return True


def _order(after: Object, before: Object) -> Iterator[FieldError]:
    for kind in _KINDS:
        new, old = after.get(kind) or [], before.get(kind) or []
        if len(new) != len(old):
            yield forbidden_field(f"spec.{kind}", f"{kind} may not be added or removed on resize")
            continue
        for index, (one, other) in enumerate(zip(new, old, strict=True)):
            if one.get("name") != other.get("name"):
                path = f"spec.{kind}[{index}].name"
                yield forbidden_field(path, f"{kind} may not be renamed or reordered on resize")


def _is_sidecar(container: Mapping[str, Any]) -> bool:
    return container.get("restartPolicy") == "Always"


def _containers(after: Object, before: Object) -> Iterator[FieldError]:
    for kind in reversed(_KINDS):
        for index, (new, old) in enumerate(zip(after.get(kind) or (), before.get(kind) or (), strict=True)):
            if kind == "containers" or _is_sidecar(old):
                for field in ("requests", "limits"):
                    had, has = (one.get("resources", {}).get(field) or {} for one in (old, new))
                    if had.keys() - has.keys():
                        path = f"spec.{kind}[{index}].resources.{field}"
                        yield forbidden_field(path, f"resource {field} cannot be removed")
    for kind in _KINDS:
        for new, old in zip(after.get(kind) or (), before.get(kind) or (), strict=True):
            resizable = kind == "containers" or _is_sidecar(new)
            if (_without_changes(new, old) if resizable else new) != old:
                text = _ONLY if kind == "containers" else _SIDECARS
                yield forbidden_field(
                    "spec", text if resizable else "resources for non-sidecar init containers are immutable"
                )


def _without_changes(new: Object, old: Object) -> Object:
    """A container with the old amounts of what may change."""
    resources: Object = {}
    for field in ("limits", "requests"):
        before = old.get("resources", {}).get(field)
        if before is not None:
            fixed = dict(((new.get("resources") or {}).get(field) or {}).items())
            resources[field] = {key: value for key, value in fixed.items() if key not in _MUTABLE} | {
                key: before[key] for key in _MUTABLE if key in before
            }
    return {**new, "resources": resources}


def _munged(after: Object, before: Object) -> Object:
    kept: Object = {kind: before[kind] for kind in _KINDS if kind in before}
    return {**after, **kept}
