"""Persistent volumes and claims: protected from deletion while in use, their size and class mostly fixed."""

from __future__ import annotations

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, forbidden_field, invalid_value
from liqolab.kube.kinds.internal_types import difference
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.claims import validate_claim_spec
from liqolab.kube.kinds.validation.persistent_volumes import validate_volume, validate_volume_change

CLAIM_FINALIZER = "kubernetes.io/pvc-protection"
VOLUME_FINALIZER = "kubernetes.io/pv-protection"
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"

_CLAIM_FROZEN = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)


def _protect(obj: Object, finalizer: str) -> None:
    obj["metadata"]["finalizers"] = meta.finalizers(meta.with_finalizer(obj, finalizer))


class ClaimStrategy(WithStatus):
    """A claim waits for a volume; only its wish for room may grow afterwards."""

    def __init__(self) -> None:
        super().__init__(initial={"phase": "Pending"}, generation=False, returns_object=True)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        _protect(obj, CLAIM_FINALIZER)
        _settle_sources(obj.get("spec") or {})

    def validate_create(self, obj: Object) -> list[FieldError]:
        return validate_claim_spec(obj.get("spec") or {}, "spec")

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        errors = self.validate_create(new)
        marks = [(obj["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION, "") for obj in (new, old)]
        if marks[0] != marks[1]:
            errors.append(invalid_value(f"metadata.annotations.{CLASS_ANNOTATION}", marks[0], IMMUTABLE))
        after, before = new.get("spec") or {}, old.get("spec") or {}
        was, becomes = _comparable(before, after, bound=(new.get("status") or {}).get("phase") == "Bound")
        if was != becomes:
            shown = difference("core.PersistentVolumeClaimSpec", was, becomes)
            errors.append(forbidden_field("spec", f"{_CLAIM_FROZEN}\n{shown}"))
        errors += _size_stays(new, old)
        if after.get("volumeMode") != before.get("volumeMode"):
            errors.append(invalid_value("volumeMode", after.get("volumeMode"), IMMUTABLE))
        return errors


def _settle_sources(spec: Object) -> None:
    """The older field holds claims and snapshots only, and both fields say the same."""
    source, ref = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and not _is_cloneable(source):
        del spec["dataSource"]
    elif source is not None and ref is None:
        spec["dataSourceRef"] = dict(source)
    if source is None and ref is not None and not ref.get("namespace") and _is_cloneable(ref):
        spec["dataSource"] = dict(ref)


def _is_cloneable(source: Object) -> bool:
    kinds = (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))
    return (source.get("apiGroup") or "", source.get("kind", "")) in kinds


def _comparable(before: Object, after: Object, *, bound: bool) -> tuple[Object, Object]:
    """Both specs, made equal where they may differ: a volume is chosen once, a class when there was none, and a bound
    claim may ask for more room.
    """
    was, becomes = dict(before), dict(after)
    if not was.get("volumeName") and "volumeName" in becomes:
        was["volumeName"] = becomes["volumeName"]
    if was.get("storageClassName") is None and becomes.get("storageClassName") is not None:
        del becomes["storageClassName"]
    if bound:
        amounts = [(spec.get("resources") or {}).get("requests") or {} for spec in (was, becomes)]
        if amounts[1] and "storage" in amounts[0]:
            resources = becomes.get("resources") or {}
            becomes["resources"] = {**resources, "requests": {**amounts[1], "storage": amounts[0]["storage"]}}
        becomes.pop("volumeAttributesClassName", None)
        if "volumeAttributesClassName" in was:
            becomes["volumeAttributesClassName"] = was["volumeAttributesClassName"]
    return was, becomes


def _size_stays(new: Object, old: Object) -> list[FieldError]:
    """A wish may shrink again as long as it stays above what there is."""
    wanted, had = (
        Quantity.parse(meta.get_path(obj, "spec", "resources", "requests", "storage", default="0"))
        for obj in (new, old)
    )
    given = Quantity.parse(meta.get_path(old, "status", "capacity", "storage", default="0"))
    if wanted >= had or wanted > given:
        return []
    text = "field can not be less than status.capacity"
    return [forbidden_field("spec.resources.requests.storage", text)]


class VolumeStrategy(WithStatus):
    """A volume: what it is made of stays."""

    def __init__(self) -> None:
        super().__init__(
            initial={"phase": "Pending"},
            generation=False,
            returns_object=True,
            validate=validate_volume,
            compare=validate_volume_change,
        )

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
