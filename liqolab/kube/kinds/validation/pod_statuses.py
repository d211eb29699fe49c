"""What may be written into the status of a pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, Internal, each_invalid, forbidden_field, invalid_value
from liqolab.kube.kinds.validation.addresses import parse_address, validate_address

_OF_THE_SYSTEM: Final = ("PodScheduled", "Ready", "Initialized")
_NOT_NEGATIVE: Final = "must be a non-negative integer"
_BACK: Final = "may not be transitioned to non-terminated state"


def validate_pod_status(new: Object, old: Object) -> list[FieldError]:
    """All that is wrong with a new status, in the server's order."""
    status, before = new.get("status") or {}, old.get("status") or {}
    errors = list(_conditions(status.get("conditions") or []))
    nominated = status.get("nominatedNodeName") or ""
    if nominated and nominated != (before.get("nominatedNodeName") or ""):
        path = "status.nominatedNodeName"
        errors += each_invalid(path, nominated, names.dns1123_subdomain(nominated))
        if (old.get("spec") or {}).get("nodeName"):
            errors.append(forbidden_field(path, "may not be set on pods that are already bound to a node"))
    if (generation := status.get("observedGeneration") or 0) < 0:
        errors.append(invalid_value("status.observedGeneration", generation, _NOT_NEGATIVE))
    if (quality := status.get("qosClass") or "") != (before.get("qosClass") or ""):
        errors.append(invalid_value("status.qosClass", quality, IMMUTABLE))
    errors += _transitions(status, before, old.get("spec") or {})
    errors += _addresses(status, before, "podIPs", "")
    errors += _addresses(status, before, "hostIPs", "hostIP")
    return errors


def _conditions(rows: Sequence[Object]) -> Iterator[FieldError]:
    for index, row in enumerate(rows):
        path = f"status.conditions[{index}]"
        if (generation := row.get("observedGeneration") or 0) < 0:
            yield invalid_value(f"{path}.observedGeneration", generation, _NOT_NEGATIVE)
        if (kind := row.get("type") or "") not in _OF_THE_SYSTEM:
            yield from each_invalid(f"{path}.Type", kind, names.qualified_name(kind))


def _transitions(status: Object, before: Object, spec: Object) -> Iterator[FieldError]:
    """Containers that are not to start again stay ended."""
    policy = spec.get("restartPolicy") or "Always"
    for field in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        running = {
            row.get("name") for row in status.get(field) or () if (row.get("state") or {}).get("terminated") is None
        }
        for index, row in enumerate(before.get(field) or ()):
            ended = (row.get("state") or {}).get("terminated")
            if ended is None or row.get("name") not in running:
                continue
            failed = bool(ended.get("exitCode"))
            if field == "ephemeralContainerStatuses" or not _may_restart(row, spec, policy, failed=failed):
                yield forbidden_field(f"status.{field}[{index}].state", _BACK)


def _may_restart(row: Object, spec: Object, policy: str, *, failed: bool) -> bool:
    always = {
        container.get("name")
        for container in spec.get("initContainers") or ()
        if container.get("restartPolicy") == "Always"
    }
    return policy == "Always" or (policy == "OnFailure" and failed) or row.get("name") in always


def _addresses(status: Object, before: Object, field: str, single: str) -> Iterator[FieldError]:
    rows, path = status.get(field) or [], f"status.{field}"
    found = [row.get("ip") or "" for row in rows]
    if single and found and (status.get(single) or "") != found[0]:
        yield invalid_value(f"{path}[0].ip", found[0], f"must be equal to `{single}`")
    known = {row.get("ip") for row in before.get(field) or ()}
    for index, address in enumerate(found):
        if address not in known:
            yield from validate_address(address, f"{path}[{index}]")
    if len(found) > 1:
        yield from _families(found, rows, path, "[]core.HostIP" if single else "[]core.PodIP")


def _families(found: list[str], rows: list[Object], path: str, kind: str) -> Iterator[FieldError]:
    """Two addresses are one of each family."""
    wrong = next((index for index, address in enumerate(found) if parse_address(address) is None), None)
    if wrong is not None:
        text = f"failed to check for dual stack with error:invalid IP[{wrong}]: {found[wrong]}"
        yield FieldError(path, "InternalError", f"Internal error: {text}")
    if wrong is not None or len(found) > 2 or len({":" in address for address in found}) < 2:
        yield invalid_value(path, Internal(kind, rows), "may specify no more than one IP for each IP family")
