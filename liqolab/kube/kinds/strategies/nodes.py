"""Nodes: registered by their kubelet, which reports capacity through status."""

from __future__ import annotations

import ipaddress

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.networks import NOT_A_NETWORK
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    Internal,
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
)
from liqolab.kube.kinds.strategies.common import WithStatus

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

_NODE_INFO = (
    *("machineID", "systemUUID", "bootID", "kernelVersion", "osImage"),
    *("containerRuntimeVersion", "kubeletVersion", "kubeProxyVersion", "operatingSystem", "architecture"),
)


class NodeStrategy(WithStatus):
    """A node may be created with its status: that is how kubelets register."""

    def __init__(self) -> None:
        super().__init__(generation=False)

    def prepare_create(self, obj: Object) -> None:
        status = obj["status"] = dict(obj.get("status") or {})
        status.setdefault("daemonEndpoints", {"kubeletEndpoint": {"Port": 0}})
        status["nodeInfo"] = {**dict.fromkeys(_NODE_INFO, ""), **(status.get("nodeInfo") or {})}
        obj.setdefault("spec", {})

    def prepare_status_update(self, new: Object, old: Object) -> None:
        super().prepare_status_update(new, old)
        status = new.get("status")
        if isinstance(status, dict):
            status["nodeInfo"] = {**dict.fromkeys(_NODE_INFO, ""), **(status.get("nodeInfo") or {})}

    def validate_create(self, obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        return [*_validate_taints(spec.get("taints") or []), *_validate_cidrs(spec.get("podCIDRs") or [])]

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        after, before = new.get("spec") or {}, old.get("spec") or {}
        errors = _validate_taints(after.get("taints") or [])
        changed = [key for key in ("podCIDR", "providerID") if before.get(key) != after.get(key)]
        if any(before.get(key) for key in changed):
            errors.append(forbidden_field("", "node updates may only change labels, taints, or capacity"))
        return errors


def _validate_taints(taints: list[Object]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        path = f"metadata.taints[{index}]"
        key, value, effect = taint.get("key", ""), taint.get("value", ""), taint.get("effect", "")
        errors += each_invalid(f"{path}.key", key, names.qualified_name(key))
        errors += each_invalid(f"{path}.value", value, names.label_value(value))
        if effect not in _EFFECTS:
            errors.append(not_supported(f"{path}.effect", effect, _EFFECTS))
        if (key, effect) in seen:
            text = "taints must be unique by key and effect pair"
            errors.append(duplicate(path, Internal("core.Taint", taint), text))
        seen.add((key, effect))
    return errors


def _validate_cidrs(cidrs: list[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, cidr in enumerate(cidrs):
        try:
            ipaddress.ip_network(cidr, strict=False)
        except ValueError:
            errors.append(invalid_value(f"spec.podCIDRs[{index}]", cidr, NOT_A_NETWORK))
    return errors
