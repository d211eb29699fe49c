"""APIServices: what is wrong with one. Source: ``k8s.io/kube-aggregator/pkg/apis/apiregistration/validation``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import each_invalid, invalid_value, not_supported, required
from liqolab.kube.kinds.strategies.common import METADATA, WithStatus

_MOST_GROUP, _MOST_VERSION, _MOST_PORT = 20_000, 1_000, 65_535
_STATES: Final = ("True", "False", "Unknown")


def _validate(service: Object) -> list[FieldError]:
    spec, name = service.get("spec") or {}, service["metadata"].get("name", "")
    group, version = spec.get("group") or "", spec.get("version") or ""
    errors = []
    if name != (wanted := f"{version}.{group}"):
        errors.append(invalid_value("metadata.name", name, f'must be `spec.version+"."+spec.group`: "{wanted}"'))
    if not group and version != "v1":
        errors.append(required("spec.group", "only v1 may have an empty group and it better be legacy kube"))
    if group:
        errors += each_invalid("spec.group", group, names.dns1123_subdomain(group))
    errors += each_invalid("spec.version", version, names.dns1035_label(version))
    for field, most in (("groupPriorityMinimum", _MOST_GROUP), ("versionPriority", _MOST_VERSION)):
        if not 0 < (value := spec.get(field) or 0) <= most:
            errors.append(invalid_value(f"spec.{field}", value, f"must be positive and less than {most}"))
    return [*errors, *(_remote(spec, spec["service"]) if spec.get("service") else _local(spec))]


def _local(spec: Object) -> Iterator[FieldError]:
    if bundle := spec.get("caBundle"):
        size = len(bundle) * 3 // 4 - bundle.count("=")
        yield invalid_value("spec.caBundle", f"{size} bytes", "local APIServices may not have a caBundle")
    if spec.get("insecureSkipTLSVerify"):
        text = "local APIServices may not have insecureSkipTLSVerify"
        yield invalid_value("spec.insecureSkipTLSVerify", True, text)


def _remote(spec: Object, service: Object) -> Iterator[FieldError]:
    for field in ("namespace", "name"):
        if not service.get(field):
            yield required(f"spec.service.{field}")
    port = service.get("port") or 0
    if not 0 < port <= _MOST_PORT:
        text = f"port is not valid: must be between 1 and {_MOST_PORT}, inclusive"
        yield invalid_value("spec.service.port", port, text)
    if spec.get("insecureSkipTLSVerify") and spec.get("caBundle"):
        yield invalid_value("spec.insecureSkipTLSVerify", True, "may not be true if caBundle is present")


def _check_status(new: Object, _: Object) -> list[FieldError]:
    return [
        not_supported(f"status.conditions[{index}].status", row.get("status", ""), _STATES)
        for index, row in enumerate((new.get("status") or {}).get("conditions") or ())
        if row.get("status") not in _STATES
    ]


API_SERVICE: Final = WithStatus(
    initial={},
    generation=False,
    unconditional=False,
    kept_metadata=METADATA,
    validate=_validate,
    check_status=_check_status,
)
