"""Persistent volumes and claims: protected from deletion while in use, their size and class mostly fixed."""

from __future__ import annotations

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import forbidden_field, not_supported, required
from liqolab.kube.kinds.strategies.common import WithStatus

CLAIM_FINALIZER = "kubernetes.io/pvc-protection"
VOLUME_FINALIZER = "kubernetes.io/pv-protection"

_ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")

_CLAIM_FROZEN = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)


def _protect(obj: Object, finalizer: str) -> None:
    obj["metadata"]["finalizers"] = meta.finalizers(meta.with_finalizer(obj, finalizer))


def _validate_modes(spec: Object, path: str = "spec") -> list[FieldError]:
    modes = spec.get("accessModes") or []
    if not modes:
        return [required(f"{path}.accessModes", "at least 1 access mode is required")]
    return [not_supported(f"{path}.accessModes", mode, _ACCESS_MODES) for mode in modes if mode not in _ACCESS_MODES]


def validate_claim_spec(spec: Object, path: str = "spec") -> list[FieldError]:
    """What a claim, or a template of claims, must ask for."""
    errors = _validate_modes(spec, path)
    if not meta.get_path(spec, "resources", "requests", "storage"):
        errors.append(required(f"{path}.resources[storage]"))
    return errors


class ClaimStrategy(WithStatus):
    """A claim waits for a volume; only its wish for room may grow afterwards."""

    def __init__(self) -> None:
        super().__init__(initial={"phase": "Pending"}, generation=False, returns_object=True)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        _protect(obj, CLAIM_FINALIZER)

    def validate_create(self, obj: Object) -> list[FieldError]:
        return validate_claim_spec(obj.get("spec") or {})

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        after, before = dict(new.get("spec") or {}), dict(old.get("spec") or {})
        wanted = meta.get_path(after, "resources", "requests", "storage", default="0")
        had = meta.get_path(before, "resources", "requests", "storage", default="0")
        errors = self.validate_create(new)
        if Quantity.parse(wanted) < Quantity.parse(had):
            text = "field can not be less than previous value"
            errors.append(forbidden_field("spec.resources.requests.storage", text))
        for spec in (after, before):
            spec.pop("resources", None)
            spec.pop("volumeAttributesClassName", None)
        if not before.get("volumeName"):
            before["volumeName"] = after.get("volumeName")
            after.setdefault("volumeName", None)
        if not before.get("storageClassName"):
            before["storageClassName"] = after.get("storageClassName")
            after.setdefault("storageClassName", None)
        if after != before:
            errors.append(forbidden_field("spec", _CLAIM_FROZEN))
        return errors


class VolumeStrategy(WithStatus):
    """A volume: what it is made of stays."""

    def __init__(self) -> None:
        super().__init__(initial={"phase": "Pending"}, generation=False, returns_object=True)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        obj["status"]["lastPhaseTransitionTime"] = timestamps.now()
        _protect(obj, VOLUME_FINALIZER)

    def prepare_status_update(self, new: Object, old: Object) -> None:
        super().prepare_status_update(new, old)
        status, before = new.setdefault("status", {}), old.get("status") or {}
        changed, since = status.get("phase") != before.get("phase"), before.get("lastPhaseTransitionTime")
        given = status.get("lastPhaseTransitionTime")
        if changed and given in (None, since):
            status["lastPhaseTransitionTime"] = timestamps.now()
        elif given is None and since is not None:
            status["lastPhaseTransitionTime"] = since

    def validate_create(self, obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        errors = _validate_modes(spec)
        if not meta.get_path(spec, "capacity", "storage"):
            errors.append(required("spec.capacity"))
        return errors

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return self.validate_create(new)
