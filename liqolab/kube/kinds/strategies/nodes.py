"""Nodes: registered by their kubelet, which reports capacity through status."""

from __future__ import annotations

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
)
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.addresses import one_per_family, validate_network
from liqolab.kube.kinds.validation.resources import validate_amount

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
        _join_networks(obj)
        status = obj["status"] = dict(obj.get("status") or {})
        status.setdefault("daemonEndpoints", {"kubeletEndpoint": {"Port": 0}})
        status["nodeInfo"] = {**dict.fromkeys(_NODE_INFO, ""), **(status.get("nodeInfo") or {})}
        obj.setdefault("spec", {})

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        _join_networks(new)

    def prepare_status_update(self, new: Object, old: Object) -> None:
        super().prepare_status_update(new, old)
        status = new.get("status")
        if isinstance(status, dict):
            status["nodeInfo"] = {**dict.fromkeys(_NODE_INFO, ""), **(status.get("nodeInfo") or {})}

    def validate_create(self, obj: Object) -> list[FieldError]:
        spec = obj.get("spec") or {}
        errors = _validate_taints(spec.get("taints") or [])
        errors += _validate_amounts(obj)
        cidrs = spec.get("podCIDRs") or []
        for index, cidr in enumerate(cidrs):
            errors += validate_network(cidr, f"spec.podCIDRs[{index}]")
        if not one_per_family(cidrs):
            text = "may specify no more than one CIDR for each IP family"
            errors.append(invalid_value("spec.podCIDRs", cidrs, text))
        return errors

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        after, before = new.get("spec") or {}, old.get("spec") or {}
        errors = _validate_amounts(new)
        had, has = before.get("podCIDRs") or [], after.get("podCIDRs") or []
        if had:
            changes = 1 if len(had) != len(has) else sum(was != becomes for was, becomes in zip(had, has, strict=True))
            text = 'node updates may not change podCIDR except from "" to valid'
            errors += [forbidden_field("spec.podCIDRs", text)] * changes
        if before.get("providerID") and before["providerID"] != after.get("providerID"):
            text = 'node updates may not change providerID except from "" to valid'
            errors.append(forbidden_field("spec.providerID", text))
        return errors + _validate_taints(after.get("taints") or [])

    def validate_subresource_update(self, subresource: str, new: Object, old: Object) -> list[FieldError]:
        errors = _validate_amounts(new)
        seen: list[Object] = []
        for index, address in enumerate((new.get("status") or {}).get("addresses") or []):
            if address in seen:
                errors.append(duplicate(f"status.addresses[{index}]", Internal("core.NodeAddress", address)))
            seen.append(address)
        return errors


def _join_networks(node: Object) -> None:
    """``podCIDR`` is the first of ``podCIDRs``: where the list has another or none, the single one counts."""
    spec = node.get("spec") or {}
    single, listed = spec.get("podCIDR"), spec.get("podCIDRs") or []
    if single and listed[:1] != [single]:
        node["spec"] = {**spec, "podCIDRs": [single]}
    elif listed and not single:
        node["spec"] = {**spec, "podCIDR": listed[0]}


def _validate_amounts(node: Object) -> list[FieldError]:
    status = node.get("status") or {}
    return [
        error
        for field in ("capacity", "allocatable")
        for name, amount in (status.get(field) or {}).items()
        for error in validate_amount(name, amount, f"status.{field}.{name}")
    ]


def _validate_taints(taints: list[Object]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        path = f"metadata.taints[{index}]"
        key, value, effect = taint.get("key", ""), taint.get("value", ""), taint.get("effect", "")
        errors += each_invalid(f"{path}.key", key, names.qualified_name(key))
        if problems := names.label_value(value):
            errors.append(invalid_value(f"{path}.value", value, ";".join(problems)))
        if not effect:
            errors.append(required(f"{path}.effect"))
        elif effect not in _EFFECTS:
            errors.append(not_supported(f"{path}.effect", effect, _EFFECTS))
        if (key, effect) in seen:
            text = "taints must be unique by key and effect pair"
            errors.append(duplicate(path, Internal("core.Taint", taint), text))
        seen.add((key, effect))
    return errors
