"""CSI nodes: which drivers run there. Rules and texts follow ``pkg/apis/storage/validation`` of 1.34."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import duplicate, each_invalid, invalid_value, not_negative, required

_LONGEST_ID: Final = 256


def validate_csi_node(node: Object) -> list[FieldError]:
    """What is wrong with the drivers of a node."""
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, driver in enumerate((node.get("spec") or {}).get("drivers") or []):
        at, name = f"spec.drivers[{index}]", driver.get("name", "")
        errors += each_invalid(f"{at}.name", name, names.dns1123_subdomain(name))
        errors += _node_id(driver.get("nodeID", ""), f"{at}.nodeID")
        errors += not_negative(f"{at}.allocatable.count", (driver.get("allocatable") or {}).get("count"))
        errors += [duplicate(f"{at}.name", name)] if name in seen else []
        seen.add(name)
        errors += _topology(driver.get("topologyKeys") or [], at)
    return errors


def _node_id(value: str, at: str) -> list[FieldError]:
    if not value:
        return [required(at)]
    if len(value.encode()) > _LONGEST_ID:
        return [invalid_value(at, value, f"must be {_LONGEST_ID} characters or less")]
    return []


def _topology(keys: list[str], at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, key in enumerate(keys):
        errors += [] if key else [required(at)]
        errors += [duplicate(at, key)] if key in keys[:index] else []
        errors += each_invalid(at, key, names.qualified_name(key))
    return errors
