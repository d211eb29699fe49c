"""What a claim asks for, in a claim of its own, in a stateful set's template, or in a pod's ephemeral volume."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.resources import validate_amount, validate_positive_amount

VOLUME_MODES = ("Block", "Filesystem")

_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


def validate_access_modes(modes: Sequence[str], path: str) -> list[FieldError]:
    """Known modes, and ``ReadWriteOncePod`` only by itself."""
    errors = [not_supported(path, mode, _ACCESS_MODES) for mode in modes if mode not in _ACCESS_MODES]
    known = {mode for mode in modes if mode in _ACCESS_MODES}
    if "ReadWriteOncePod" in known and len(known) > 1:
        errors.append(forbidden_field(path, "may not use ReadWriteOncePod with other access modes"))
    return errors


def validate_claim_spec(spec: Object, path: str) -> list[FieldError]:
    """A ``PersistentVolumeClaimSpec``."""
    modes, amounts = spec.get("accessModes") or [], (spec.get("resources") or {}).get("requests") or {}
    errors = [] if modes else [required(f"{path}.accessModes", "at least 1 access mode is required")]
    errors += validate_label_selector(spec.get("selector") or {}, f"{path}.selector")
    errors += validate_access_modes(modes, f"{path}.accessModes")
    at = f"{path}.resources[storage]"
    if "storage" not in amounts:
        errors.append(required(at))
    else:
        storage = amounts["storage"]
        errors += validate_positive_amount(storage, at) or validate_amount("storage", storage, at)
    errors += _validate_class(spec, "storageClassName", path)
    mode = spec.get("volumeMode")
    if mode is not None and mode not in VOLUME_MODES:
        errors.append(not_supported(f"{path}.volumeMode", mode, VOLUME_MODES))
    errors += _validate_sources(spec, path)
    return errors + _validate_class(spec, "volumeAttributesClassName", path)


def _validate_class(spec: Object, field: str, path: str) -> list[FieldError]:
    name = spec.get(field)
    return each_invalid(f"{path}.{field}", name, names.dns1123_subdomain(name)) if name else []


def _validate_sources(spec: Object, path: str) -> list[FieldError]:
    source, ref = spec.get("dataSource"), spec.get("dataSourceRef")
    errors: list[FieldError] = []
    for field, held in (("dataSource", source), ("dataSourceRef", ref)):
        if held is not None:
            errors += _validate_source(held, f"{path}.{field}")
    if source is None or ref is None:
        return errors
    # Kubernetes prints the path where it means the value, and of a path its encoder sees nothing.
    shown: dict[str, str] = {}
    if ref.get("namespace"):
        text = "may not be specified when dataSourceRef.namespace is specified"
        errors.append(invalid_value(path, shown, text))
    elif any(source.get(field) != ref.get(field) for field in ("apiGroup", "kind", "name")):
        errors.append(invalid_value(path, shown, "must match dataSourceRef"))
    return errors


def _validate_source(source: Object, path: str) -> list[FieldError]:
    errors = [required(f"{path}.{field}") for field in ("name", "kind") if not source.get(field)]
    group, kind, namespace = source.get("apiGroup") or "", source.get("kind", ""), source.get("namespace")
    if not group and kind != "PersistentVolumeClaim":
        text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        errors.append(invalid_value(path, kind, text))
    if group:
        errors += each_invalid(f"{path}.apiGroup", group, names.dns1123_subdomain(group))
    if namespace:
        errors += each_invalid(f"{path}.namespace", namespace, names.dns1123_label(namespace))
    return errors
