"""What containers do with volumes: mounts, and block devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import forbidden_field, invalid_value, missing, not_supported, required
from liqolab.kube.kinds.validation.paths import descending, no_backsteps

_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")


def validate_mounts(container: Object, volumes: Mapping[str, Object], path: str) -> list[FieldError]:
    """``volumeMounts``: of volumes that the pod has, each at a place of its own.

    Errors of paths within a volume and of propagation stand at the list, not at its element: so they do in Kubernetes.
    """
    devices = {device.get("name", ""): device.get("devicePath", "") for device in container.get("volumeDevices") or []}
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or []):
        at, name, where = f"{path}[{index}]", mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            errors.append(required(f"{at}.name"))
        if name not in volumes:
            errors.append(missing(f"{at}.name", name))
        if not where:
            errors.append(required(f"{at}.mountPath"))
        if where in seen:
            errors.append(invalid_value(f"{at}.mountPath", where, "must be unique"))
        seen.add(where)
        if name in devices:
            errors.append(invalid_value(f"{at}.name", name, "must not already exist in volumeDevices"))
        if where in devices.values():
            errors.append(invalid_value(f"{at}.mountPath", where, "must not already exist as a path in volumeDevices"))
        errors += _validate_within(mount, path, at)
        errors += _validate_propagation(mount, container, path)
    return errors


def _validate_within(mount: Object, path: str, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    fixed, expanded = mount.get("subPath", ""), mount.get("subPathExpr", "")
    if fixed:
        errors += descending(fixed, f"{path}.subPath")
    if expanded:
        if fixed:
            text = "subPathExpr and subPath are mutually exclusive"
            errors.append(invalid_value(f"{at}.subPathExpr", expanded, text))
        errors += descending(expanded, f"{path}.subPathExpr")
    return errors


def _validate_propagation(mount: Object, container: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    propagation, recursive = mount.get("mountPropagation"), mount.get("recursiveReadOnly")
    if propagation is not None and propagation not in _PROPAGATIONS:
        errors.append(not_supported(f"{path}.mountPropagation", propagation, _PROPAGATIONS))
    if propagation == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        text = "Bidirectional mount propagation is available only to privileged containers"
        errors.append(forbidden_field(f"{path}.mountPropagation", text))
    at = f"{path}.recursiveReadOnly"
    if recursive in ("Enabled", "IfPossible"):
        if not mount.get("readOnly"):
            errors.append(forbidden_field(at, "may only be specified when readOnly is true"))
        if propagation not in (None, "None"):
            text = "may only be specified when mountPropagation is None or not specified"
            errors.append(forbidden_field(at, text))
    elif recursive not in (None, "Disabled"):
        errors.append(not_supported(at, recursive, _RECURSIVE))
    return errors


def validate_devices(container: Object, volumes: Mapping[str, Object], path: str) -> list[FieldError]:
    """``volumeDevices``: of claims, each at a path of its own."""
    mounts = {mount.get("name", ""): mount.get("mountPath", "") for mount in container.get("volumeMounts") or []}
    errors: list[FieldError] = []
    paths: set[str] = set()
    taken: set[str] = set()
    for index, device in enumerate(container.get("volumeDevices") or []):
        at, name, where = f"{path}[{index}]", device.get("name", ""), device.get("devicePath", "")
        errors += _validate_device_name(name, volumes, taken, f"{at}.name")
        if not where:
            errors.append(required(f"{at}.devicePath"))
        if where in paths:
            errors.append(invalid_value(f"{at}.devicePath", where, "must be unique"))
        if where and no_backsteps(where, path):
            errors.append(invalid_value(f"{at}.devicePath", where, "can not contain backsteps ('..')"))
        else:
            paths.add(where)
        if name in mounts:
            errors.append(invalid_value(f"{at}.name", name, "must not already exist in volumeMounts"))
        if where in mounts.values():
            text = "must not already exist as a path in volumeMounts"
            errors.append(invalid_value(f"{at}.devicePath", where, text))
    return errors


def _validate_device_name(name: str, volumes: Mapping[str, Object], taken: set[str], path: str) -> Sequence[FieldError]:
    errors: list[FieldError] = []
    if not name:
        errors.append(required(path))
    if name in taken:
        errors.append(invalid_value(path, name, "must be unique"))
    if name not in volumes:
        errors.append(missing(path, name))
    elif not any(volumes[name].get(source) is not None for source in ("persistentVolumeClaim", "ephemeral")):
        text = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
        errors.append(invalid_value(path, name, text))
    taken.update((name,) if name else ())
    return errors
