"""Security contexts of pods and of containers: who they run as, and what confines them."""

from __future__ import annotations

import re
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    Internal,
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
    too_long,
)
from liqolab.kube.kinds.validation.paths import descending

_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL = r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL_MAX = 253
_PROFILE_MAX = 4095
"""Bytes of the path of an AppArmor profile: the kernel's limit of a path, less the end mark."""


def _ids(context: Object, path: str, *fields: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in fields:
        if (number := context.get(field)) is not None:
            errors += each_invalid(f"{path}.{field}", number, names.numeric_id(number))
    return errors


def _choice(context: Object, path: str, field: str, *supported: str) -> list[FieldError]:
    value = context.get(field)
    return [] if value is None or value in supported else [not_supported(f"{path}.{field}", value, supported)]


def validate_pod_security(context: Object, path: str, spec: Object) -> list[FieldError]:
    """``spec.securityContext``."""
    errors = _ids(context, path, "fsGroup", "runAsUser", "runAsGroup")
    for index, number in enumerate(context.get("supplementalGroups") or []):
        errors += each_invalid(f"{path}.supplementalGroups[{index}]", number, names.numeric_id(number))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        text = "ShareProcessNamespace and HostPID cannot both be enabled"
        errors.append(invalid_value(f"{path}.shareProcessNamespace", True, text))
    errors += _validate_sysctls(context.get("sysctls") or [], spec, f"{path}.sysctls")
    errors += _choice(context, path, "fsGroupChangePolicy", "Always", "OnRootMismatch")
    errors += _validate_seccomp(context.get("seccompProfile"), f"{path}.seccompProfile")
    errors += _validate_apparmor(context.get("appArmorProfile"), f"{path}.appArmorProfile")
    errors += _choice(context, path, "supplementalGroupsPolicy", "Merge", "Strict")
    return errors + _choice(context, path, "seLinuxChangePolicy", "Recursive")


def _validate_sysctls(rows: list[Object], spec: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, row in enumerate(rows):
        at, name = f"{path}[{index}].name", row.get("name", "")
        if not name:
            errors.append(required(at))
        elif len(name) > _SYSCTL_MAX or not re.fullmatch(_SYSCTL, name):
            text = f"must have at most {_SYSCTL_MAX} characters and match regex ^{_SYSCTL}$"
            errors.append(invalid_value(at, name, text))
        elif name in seen:
            errors.append(duplicate(at, name))
        dotted = name.replace("/", ".")
        if spec.get("hostNetwork") and dotted.startswith("net."):
            errors.append(invalid_value(at, name, "may not be specified when 'hostNetwork' is true"))
        elif spec.get("hostIPC") and dotted.startswith(("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")):
            errors.append(invalid_value(at, name, "may not be specified when 'hostIPC' is true"))
        seen.add(name)
    return errors


def _validate_seccomp(profile: Object | None, path: str) -> list[FieldError]:
    if profile is None:
        return []
    kind, file = profile.get("type", ""), profile.get("localhostProfile")
    errors: list[FieldError] = []
    if not kind:
        errors.append(required(f"{path}.type", "type is required when seccompProfile is set"))
    elif kind not in _PROFILES:
        errors.append(not_supported(f"{path}.type", kind, _PROFILES))
    at = f"{path}.localhostProfile"
    if kind != "Localhost":
        if file is not None:
            text = "can only be set when seccomp type is Localhost"
            errors.append(invalid_value(at, Internal("core.SeccompProfile", profile), text))
    elif file is None:
        errors.append(required(at, "must be set when seccomp type is Localhost"))
    else:
        errors += descending(file, at)
    return errors


def _validate_apparmor(profile: Object | None, path: str) -> list[FieldError]:
    if profile is None:
        return []
    kind, file, at = profile.get("type", ""), profile.get("localhostProfile"), f"{path}.localhostProfile"
    if not kind:
        return [required(f"{path}.type", "type is required when appArmorProfile is set")]
    if kind not in _PROFILES:
        return [not_supported(f"{path}.type", kind, _PROFILES)]
    if kind != "Localhost":
        text = "can only be set when AppArmor type is Localhost"
        return [] if file is None else [invalid_value(at, file, text)]
    errors: list[FieldError] = []
    if file is not None and file != file.strip():
        errors.append(invalid_value(at, file, "must not be padded with whitespace"))
    elif not file:
        errors.append(required(at, "must be set when AppArmor type is Localhost"))
    return [*errors, too_long(at, _PROFILE_MAX)] if file is not None and len(file) > _PROFILE_MAX else errors


def validate_container_security(context: Object | None, path: str, *, host_users: bool) -> list[FieldError]:
    """``securityContext`` of a container."""
    if context is None:
        return []
    errors = _ids(context, path, "runAsUser", "runAsGroup")
    errors += _choice(context, path, "procMount", "Default", "Unmasked")
    if host_users and context.get("procMount") == "Unmasked":
        text = "`hostUsers` must be false to use `Unmasked`"
        errors.append(invalid_value(f"{path}.procMount", "Unmasked", text))
    errors += _validate_seccomp(context.get("seccompProfile"), f"{path}.seccompProfile")
    errors += _validate_escalation(context, path)
    return errors + _validate_apparmor(context.get("appArmorProfile"), f"{path}.appArmorProfile")


def _validate_escalation(context: Object, path: str) -> list[FieldError]:
    if context.get("allowPrivilegeEscalation") is not False:
        return []
    added: list[Any] = (context.get("capabilities") or {}).get("add") or []
    whys = ["`privileged` to true"] if context.get("privileged") else []
    whys += ["`capabilities.Add` CAP_SYS_ADMIN" for name in added if name == "CAP_SYS_ADMIN"]
    shown = Internal("core.SecurityContext", context)
    return [invalid_value(path, shown, f"cannot set `allowPrivilegeEscalation` to false and {why}") for why in whys]


def validate_host_users(spec: Object, path: str) -> list[FieldError]:
    """A pod with users of its own may share nothing else with its host."""
    if spec.get("hostUsers") is not False:
        return []
    # The two odd names are Kubernetes' own.
    fields = (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC"))
    errors = [forbidden_field(f"{path}.{shown}", "when `hostUsers` is false") for key, shown in fields if spec.get(key)]
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(kind) or []):
            if container.get("volumeDevices"):
                at = f"{path}.{kind}[{index}].volumeDevices"
                errors.append(forbidden_field(at, "when `hostUsers` is false"))
    return errors
