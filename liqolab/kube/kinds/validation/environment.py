"""Environment variables, and the fields and resources that they (and downward API volumes) may refer to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import each_invalid, invalid_value, not_supported, required
from liqolab.kube.kinds.validation.paths import no_backsteps

ENVIRONMENT_FIELDS: Final = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
)
"""Fields of a pod that an environment variable may be made of."""

VOLUME_FIELDS: Final = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
"""Fields of a pod that a file may be made of."""

_FIELDS = frozenset(
    (*ENVIRONMENT_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase", "spec.host")
)
_RESOURCES = tuple(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_HUGE = ("limits.hugepages-", "requests.hugepages-")
_SIZES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_SOURCES = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
_BOTH = "may not be specified when `value` is not empty"
_MANY = "may not have more than one field specified at a time"


def validate_env(variables: Sequence[Object], path: str) -> list[FieldError]:
    """``env``."""
    errors: list[FieldError] = []
    for index, variable in enumerate(variables):
        at, name = f"{path}[{index}]", variable.get("name", "")
        if not name:
            errors.append(required(f"{at}.name"))
        else:
            errors += each_invalid(f"{at}.name", name, names.environment_name(name))
        if variable.get("valueFrom") is not None:
            errors += _validate_source(variable["valueFrom"], variable.get("value", ""), f"{at}.valueFrom")
    return errors


def _validate_source(source: Object, value: str, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if (field := source.get("fieldRef")) is not None:
        errors += validate_field_ref(field, ENVIRONMENT_FIELDS, f"{path}.fieldRef")
    if (amount := source.get("resourceFieldRef")) is not None:
        errors += validate_resource_ref(amount, f"{path}.resourceFieldRef", in_volume=False)
    for key in ("configMapKeyRef", "secretKeyRef"):
        if source.get(key) is not None:
            errors += _validate_key(source[key], f"{path}.{key}")
    if (file := source.get("fileKeyRef")) is not None:
        errors += _validate_file_key(file, f"{path}.fileKeyRef")
    chosen = [key for key, held in source.items() if held is not None]
    if not chosen:
        errors.append(invalid_value(path, "", _SOURCES))
    elif value:
        errors.append(invalid_value(path, "", _BOTH))
    elif len(chosen) > 1:
        errors.append(invalid_value(path, "", _MANY))
    return errors


def _validate_key(ref: Object, path: str) -> list[FieldError]:
    name, key = ref.get("name", ""), ref.get("key", "")
    errors = each_invalid(f"{path}.name", name, names.dns1123_subdomain(name))
    if not key:
        return [*errors, required(f"{path}.key")]
    return errors + each_invalid(f"{path}.key", key, names.config_map_key(key))


def _validate_file_key(ref: Object, path: str) -> list[FieldError]:
    rules = (("key", names.environment_name), ("volumeName", names.dns1123_label))
    errors: list[FieldError] = []
    for field, rule in rules:
        value = ref.get(field, "")
        errors += each_invalid(f"{path}.{field}", value, rule(value)) if value else [required(f"{path}.{field}")]
    where = ref.get("path", "")
    return errors + (no_backsteps(where, f"{path}.path") if where else [required(f"{path}.path")])


def validate_field_ref(ref: Object, allowed: Sequence[str], path: str) -> list[FieldError]:
    """A ``fieldRef`` to one of the fields in `allowed`, or to one label or annotation."""
    field, version = ref.get("fieldPath", ""), ref.get("apiVersion", "v1")
    if not field:
        return [required(f"{path}.fieldPath")]
    owner, subscript = _split(field)
    problem = ""
    if version != "v1":
        problem = f"unsupported pod version: {version}"
    elif subscript is not None and owner not in ("metadata.annotations", "metadata.labels"):
        problem = f"field label does not support subscript: {field}"
    elif subscript is None and field not in _FIELDS:
        problem = f"field label not supported: {field}"
    if problem:
        return [invalid_value(f"{path}.fieldPath", field, f"error converting fieldPath: {problem}")]
    if subscript is not None:
        key = subscript.lower() if owner == "metadata.annotations" else subscript
        return each_invalid(path, key, names.qualified_name(key))
    shown = "spec.nodeName" if field == "spec.host" else field
    return [] if shown in allowed else [not_supported(f"{path}.fieldPath", shown, allowed)]


def _split(field: str) -> tuple[str, str | None]:
    """``metadata.labels['a']`` as its two parts."""
    owner, bracket, rest = field.partition("['")
    if not bracket or not owner or not field.endswith("']"):
        return field, None
    return owner, rest.removesuffix("']")


def validate_resource_ref(ref: Object, path: str, *, in_volume: bool) -> list[FieldError]:
    """A ``resourceFieldRef``; a volume belongs to no container, so that it has to name one."""
    name = ref.get("resource", "")
    errors: list[FieldError] = []
    if in_volume and not ref.get("containerName"):
        errors.append(required(f"{path}.containerName"))
    elif not name:
        errors.append(required(f"{path}.resource"))
    elif name not in _RESOURCES and not name.startswith(_HUGE):
        errors.append(not_supported(f"{path}.resource", name, _RESOURCES))
    divisor = Quantity.parse(ref.get("divisor") or "0")
    return errors + (_validate_divisor(name, str(divisor), f"{path}.divisor") if divisor else [])


def _validate_divisor(name: str, divisor: str, path: str) -> list[FieldError]:
    if name.endswith(".cpu"):
        text = "only divisor's values 1m and 1 are supported with the cpu resource"
        return [] if divisor in ("1m", "1") else [invalid_value(path, name, text)]
    kinds = {"memory": "memory", "ephemeral-storage": "local ephemeral storage"}
    kind = "hugepages" if name.startswith(_HUGE) else kinds.get(name.partition(".")[2])
    if kind is None or divisor in _SIZES:
        return []
    text = f"only divisor's values {', '.join(_SIZES)} are supported with the {kind} resource"
    return [invalid_value(path, name, text)]


def validate_env_from(rows: Sequence[Object], path: str) -> list[FieldError]:
    """``envFrom``; as in a real API server, what is wrong with a whole row is told about the list."""
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        at, prefix = f"{path}[{index}]", row.get("prefix", "")
        if prefix:
            errors += each_invalid(f"{at}.prefix", prefix, names.environment_name(prefix))
        chosen = [key for key in ("configMapRef", "secretRef") if row.get(key) is not None]
        for key in chosen:
            name = row[key].get("name", "")
            if not name:
                errors.append(required(f"{at}.{key}.name"))
            else:
                rule = names.dns1123_subdomain(names.in_making(name))
                errors += each_invalid(f"{at}.{key}.name", name, rule)
        if not chosen:
            errors.append(invalid_value(path, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif len(chosen) > 1:
            errors.append(invalid_value(path, "", _MANY))
    return errors
