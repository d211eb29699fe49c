"""Services and endpoints. Addresses and node ports are allocated by admission; what they may be is decided here."""

from __future__ import annotations

import ipaddress
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.networks import NOT_AN_ADDRESS
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    Internal,
    duplicate,
    each_invalid,
    invalid_value,
    not_supported,
    required,
)
from liqolab.kube.kinds.metadata import validate_labels
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.containers import PORT_RANGE, PROTOCOLS, port_name_errors, valid_port

HEADLESS = "None"

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_ADDRESS_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")
_AFFINITIES = ("ClientIP", "None")


class ServiceStrategy(WithStatus):
    """What was allocated to a service stays with it while its type lasts, even through a PUT that omits it."""

    def __init__(self) -> None:
        super().__init__(initial={"loadBalancer": {}}, generation=False, returns_object=True)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        normalize_addresses(obj.setdefault("spec", {}), {})

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        spec, before = new.setdefault("spec", {}), old.get("spec") or {}
        normalize_addresses(spec, before)
        if needs_address(spec) and needs_address(before) and not spec.get("clusterIP"):
            for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                if field in before:
                    spec[field] = before[field]
        if needs_node_ports(spec) and needs_node_ports(before):
            _keep_node_ports(spec, before)
        _drop_what_the_type_lost(spec, before)

    def validate_create(self, obj: Object) -> list[FieldError]:
        return validate_service(obj)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return [*_addresses_are_immutable(new["spec"], old.get("spec") or {}), *validate_service(new)]


def needs_address(spec: Object) -> bool:
    return bool(spec.get("type", "ClusterIP") != "ExternalName")


def needs_node_ports(spec: Object) -> bool:
    if spec.get("type") == "LoadBalancer":
        return spec.get("allocateLoadBalancerNodePorts") is not False
    return spec.get("type") == "NodePort"


def normalize_addresses(spec: Object, before: Object) -> None:
    """Keep ``clusterIP`` and ``clusterIPs`` in step: whichever of the two a client changed counts."""
    single, many = spec.get("clusterIP"), spec.get("clusterIPs")
    if single and (not many or many == before.get("clusterIPs")):
        spec["clusterIPs"] = [single]
    elif many and not single and "clusterIP" not in before:
        spec["clusterIP"] = many[0]


def _keep_node_ports(spec: Object, before: Object) -> None:
    given = {(port.get("protocol"), port.get("port")): port.get("nodePort") for port in before.get("ports") or []}
    used = {port.get("nodePort") for port in spec.get("ports") or []}
    for port in spec.get("ports") or []:
        kept = given.get((port.get("protocol"), port.get("port")))
        if not port.get("nodePort") and kept and kept not in used:
            port["nodePort"] = kept


def _drop_what_the_type_lost(spec: Object, before: Object) -> None:
    if needs_address(before) and not needs_address(spec):
        for field in _ADDRESS_FIELDS:
            if not spec.get(field) or spec[field] == before.get(field):
                spec.pop(field, None)
    if needs_node_ports(before) and not needs_node_ports(spec):
        old_ports = {port.get("nodePort") for port in before.get("ports") or []}
        for port in spec.get("ports") or []:
            if port.get("nodePort") in old_ports:
                port.pop("nodePort", None)
        if spec.get("type") in ("ClusterIP", "ExternalName"):
            spec.pop("externalTrafficPolicy", None)
            spec.pop("allocateLoadBalancerNodePorts", None)


def _addresses_are_immutable(spec: Object, before: Object) -> list[FieldError]:
    if not (needs_address(spec) and needs_address(before)):
        return []
    had, has = before.get("clusterIPs") or [], spec.get("clusterIPs") or []
    if had and has[:1] != had[:1]:
        return [invalid_value("spec.clusterIPs[0]", has, "may not change once set")]
    return []


def validate_service(service: Object) -> list[FieldError]:
    """Everything that is wrong with a service."""
    spec = service.get("spec") or {}
    kind, affinity, ports = spec.get("type", "ClusterIP"), spec.get("sessionAffinity", "None"), spec.get("ports") or []
    errors: list[FieldError] = []
    headless = spec.get("clusterIP") == HEADLESS
    if not ports and not headless and kind != "ExternalName":
        errors.append(required("spec.ports"))
    if headless and kind in ("NodePort", "LoadBalancer"):
        errors.append(invalid_value("spec.clusterIPs[0]", HEADLESS, f"may not be set to 'None' for {kind} services"))
    if kind == "ExternalName":
        errors += _validate_external_name(spec)
    errors += _validate_ports(ports)
    errors += validate_labels(spec.get("selector") or {}, "spec.selector")
    if affinity not in _AFFINITIES:
        errors.append(not_supported("spec.sessionAffinity", affinity, _AFFINITIES))
    if kind not in _TYPES:
        errors.append(not_supported("spec.type", kind, _TYPES))
    return errors + _validate_addresses(spec)


def _validate_external_name(spec: Object) -> list[FieldError]:
    name = str(spec.get("externalName", "")).removesuffix(".")
    if not name:
        return [required("spec.externalName")]
    return each_invalid("spec.externalName", name, names.dns1123_subdomain(name))


def _validate_ports(ports: list[Object]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen_names: set[str] = set()
    seen_ports: set[tuple[Any, Any]] = set()
    for index, port in enumerate(ports):
        at = f"spec.ports[{index}]"
        name, number, protocol = port.get("name", ""), port.get("port") or 0, port.get("protocol", "TCP")
        if not name and len(ports) > 1:
            errors.append(required(f"{at}.name"))
        elif name:
            errors += each_invalid(f"{at}.name", name, names.dns1123_label(name))
            if name in seen_names:
                errors.append(duplicate(f"{at}.name", name))
            seen_names.add(name)
        if not valid_port(number):
            errors.append(invalid_value(f"{at}.port", number, PORT_RANGE))
        if protocol not in PROTOCOLS:
            errors.append(not_supported(f"{at}.protocol", protocol, PROTOCOLS))
        errors += _validate_target(port.get("targetPort"), f"{at}.targetPort")
        if (protocol, number) in seen_ports:
            shown = Internal("core.ServicePort", {"protocol": protocol, "port": number})
            errors.append(duplicate(at, shown))
        seen_ports.add((protocol, number))
    return errors


def _validate_target(target: Any, path: str) -> list[FieldError]:
    if isinstance(target, str):
        return each_invalid(path, target, port_name_errors(target))
    if target is None or valid_port(target):
        return []
    return [invalid_value(path, target, PORT_RANGE)]


def _validate_addresses(spec: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    addresses = spec.get("clusterIPs") or []
    if addresses and spec.get("type") == "ExternalName":
        return [invalid_value("spec.clusterIPs", addresses, "may not be set when type is 'ExternalName'")]
    for index, address in enumerate(addresses):
        if address != HEADLESS and not _is_address(address):
            errors.append(invalid_value(f"spec.clusterIPs[{index}]", address, NOT_AN_ADDRESS))
    for index, address in enumerate(spec.get("externalIPs") or []):
        errors += [invalid_value(f"spec.externalIPs[{index}]", address, text) for text in _external_errors(address)]
    if addresses and spec.get("clusterIP") and spec["clusterIP"] != addresses[0]:
        text = "first value must match `clusterIP`"
        errors.append(invalid_value("spec.clusterIPs[0]", addresses, text))
    return errors


def _external_errors(text: str) -> list[str]:
    """Why an address may not lead to a service: a service that took one of these would catch other people's traffic."""
    if not _is_address(text):
        return [NOT_AN_ADDRESS]
    address = ipaddress.ip_address(text)
    special = {
        "may not be unspecified (0.0.0.0 or ::)": address.is_unspecified,
        "may not be in the loopback range (127.0.0.0/8, ::1/128)": address.is_loopback,
        "may not be in the link-local range (169.254.0.0/16, fe80::/10)": address.is_link_local,
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)": address.is_multicast,
    }
    return [why for why, applies in special.items() if applies]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def validate_endpoints(endpoints: Object) -> list[FieldError]:
    """Addresses that are addresses, ports that are ports."""
    errors: list[FieldError] = []
    for row, subset in enumerate(endpoints.get("subsets") or []):
        path = f"subsets[{row}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            errors.append(required(path, "must specify `addresses` or `notReadyAddresses`"))
        for field in ("addresses", "notReadyAddresses"):
            for index, address in enumerate(subset.get(field) or []):
                if not _is_address(address.get("ip", "")):
                    errors.append(invalid_value(f"{path}.{field}[{index}].ip", address.get("ip", ""), NOT_AN_ADDRESS))
        for index, port in enumerate(subset.get("ports") or []):
            if not valid_port(port.get("port")):
                errors.append(invalid_value(f"{path}.ports[{index}].port", port.get("port") or 0, PORT_RANGE))
    return errors
