"""What is wrong with a persistent volume: room, modes, one source, and nodes that can reach it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from liqolab.kube.kinds.internal_types import difference
from liqolab.kube.kinds.validation.claims import VOLUME_MODES, validate_access_modes
from liqolab.kube.kinds.validation.paths import no_backsteps
from liqolab.kube.kinds.validation.placement import validate_node_selector
from liqolab.kube.kinds.validation.resources import validate_positive_amount
from liqolab.kube.kinds.validation.volumes import validate_driver_name, validate_host_path, validate_nfs

_RECLAIM = ("Delete", "Recycle", "Retain")
_SECRETS = ("controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef")


def _local(source: Object, path: str) -> list[FieldError]:
    where = source.get("path", "")
    return no_backsteps(where, f"{path}.path") if where else [required(f"{path}.path")]


def _csi(source: Object, path: str) -> list[FieldError]:
    errors = validate_driver_name(source.get("driver", ""), f"{path}.driver")
    if not source.get("volumeHandle"):
        errors.append(required(f"{path}.volumeHandle"))
    rules = (("name", names.dns1123_subdomain), ("namespace", names.dns1123_label))
    for field in _SECRETS:
        if (secret := source.get(field)) is None:
            continue
        for key, rule in rules:
            value = secret.get(key, "")
            at = f"{path}.{field}.{key}"
            errors += each_invalid(at, value, rule(value)) if value else [required(at)]
    return errors


def _unchecked(source: Object, path: str) -> list[FieldError]:
    return []


_SOURCES: Mapping[str, Callable[[Object, str], list[FieldError]]] = {
    "hostPath": validate_host_path,
    "gcePersistentDisk": _unchecked,
    "awsElasticBlockStore": _unchecked,
    "glusterfs": _unchecked,
    "flocker": _unchecked,
    "nfs": validate_nfs,
    "rbd": _unchecked,
    "quobyte": _unchecked,
    "cephfs": _unchecked,
    "iscsi": _unchecked,
    "cinder": _unchecked,
    "fc": _unchecked,
    "flexVolume": _unchecked,
    "azureFile": _unchecked,
    "vsphereVolume": _unchecked,
    "photonPersistentDisk": _unchecked,
    "portworxVolume": _unchecked,
    "azureDisk": _unchecked,
    "scaleIO": _unchecked,
    "local": _local,
    "storageos": _unchecked,
    "csi": _csi,
}
"""Source → its check, in the order in which they are looked at; what no node here can mount is not looked into."""


def validate_volume(volume: Object) -> list[FieldError]:
    """A persistent volume."""
    spec = volume.get("spec") or {}
    modes = spec.get("accessModes") or []
    errors = [] if modes else [required("spec.accessModes")]
    errors += validate_access_modes(modes, "spec.accessModes")
    errors += _validate_capacity(spec.get("capacity") or {})
    policy = spec.get("persistentVolumeReclaimPolicy", "Retain")
    if policy not in _RECLAIM:
        errors.append(not_supported("spec.persistentVolumeReclaimPolicy", policy, _RECLAIM))
    affinity = spec.get("nodeAffinity")
    if affinity is not None:
        errors += _validate_affinity(affinity)
    errors += _validate_source(spec, has_affinity=affinity is not None)
    if (spec.get("hostPath") or {}).get("path", "").strip("/") == "" and spec.get("hostPath") and policy == "Recycle":
        text = "may not be 'recycle' for a hostPath mount of '/'"
        errors.append(forbidden_field("spec.persistentVolumeReclaimPolicy", text))
    return errors + _validate_names(spec)


def _validate_capacity(capacity: Mapping[str, str]) -> list[FieldError]:
    errors = [] if capacity else [required("spec.capacity")]
    if set(capacity) != {"storage"}:
        shown = Internal("%q", dict(capacity) or None)
        errors.append(not_supported("spec.capacity", shown, ("storage",)))
    for name, amount in capacity.items():
        at, quantity = f"spec.capacity[{name}]", Quantity.parse(amount)
        if quantity.nanos < 0:
            errors.append(invalid_value(at, quantity.value(), "must be a valid resource quantity"))
        errors += validate_positive_amount(amount, at)
    return errors


def _validate_affinity(affinity: Object) -> list[FieldError]:
    wanted = affinity.get("required")
    if wanted is None:
        return [required("spec.nodeAffinity.required", "must specify required node constraints")]
    return validate_node_selector(wanted, "spec.nodeAffinity.required")


def _validate_source(spec: Object, *, has_affinity: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    found = False
    for source, check in _SOURCES.items():
        if (held := spec.get(source)) is None:
            continue
        at = f"spec.{source}"
        if found:
            errors.append(forbidden_field(at, "may not specify more than 1 volume type"))
            continue
        found = True
        errors += check(held, at)
        if source == "local" and not has_affinity:
            errors.append(required("spec.nodeAffinity", "Local volume requires node affinity"))
    return errors if found else [*errors, required("spec", "must specify a volume type")]


def _validate_names(spec: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    if name := spec.get("storageClassName"):
        errors += each_invalid("spec.storageClassName", name, names.dns1123_subdomain(name))
    mode = spec.get("volumeMode", "Filesystem")
    if mode not in VOLUME_MODES:
        errors.append(not_supported("spec.volumeMode", mode, VOLUME_MODES))
    attributes, path = spec.get("volumeAttributesClassName"), "spec.volumeAttributesClassName"
    if attributes is None:
        return errors
    if not attributes:
        errors.append(required(path, "an empty string is disallowed"))
    else:
        errors += each_invalid(path, attributes, names.dns1123_subdomain(attributes))
    if spec.get("csi") is None:
        errors.append(required("spec.csi", "has to be specified when using volumeAttributesClassName"))
    return errors


def validate_volume_change(new: Object, old: Object) -> list[FieldError]:
    """What a volume is made of stays."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    sources = [{key: spec[key] for key in _SOURCES if key in spec} for spec in (after, before)]
    errors: list[FieldError] = []
    if sources[0] != sources[1]:
        shown = difference("core.PersistentVolumeSource", sources[1], sources[0])
        text = f"spec.persistentvolumesource is immutable after creation\n{shown}"
        errors.append(forbidden_field("spec.persistentvolumesource", text))
    if after.get("volumeMode") != before.get("volumeMode"):
        errors.append(invalid_value("volumeMode", after.get("volumeMode"), IMMUTABLE))
    if before.get("nodeAffinity") is not None and after.get("nodeAffinity") != before["nodeAffinity"]:
        shown_affinity = Internal("*core.VolumeNodeAffinity", after.get("nodeAffinity"))
        errors.append(invalid_value("nodeAffinity", shown_affinity, IMMUTABLE))
    return errors
