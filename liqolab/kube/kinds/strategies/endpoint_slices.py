"""Endpoint slices: addresses of one type, ports by name."""

from __future__ import annotations

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    duplicate,
    each_invalid,
    invalid_value,
    not_supported,
    required,
    too_many,
)
from liqolab.kube.kinds.metadata import validate_labels
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.validation.addresses import parse_address, validate_address, validate_endpoint_address
from liqolab.kube.kinds.validation.containers import PROTOCOLS

_ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
_MAX_ENDPOINTS = 1000
_MAX_ADDRESSES = 100
_MAX_PORTS = 20000
_MAX_HINTS = 8


def _limit(rows: list[Object], most: int, path: str) -> list[FieldError]:
    return [too_many(path, len(rows), most)] if len(rows) > most else []


def _validate(obj: Object) -> list[FieldError]:
    return [*_validate_type(obj.get("addressType", "")), *_validate_ports(obj.get("ports") or [])]


def _validate_type(kind: str) -> list[FieldError]:
    if not kind:
        return [required("addressType")]
    return [] if kind in _ADDRESS_TYPES else [not_supported("addressType", kind, _ADDRESS_TYPES)]


def _validate_ports(ports: list[Object]) -> list[FieldError]:
    errors = _limit(ports, _MAX_PORTS, "ports")
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at, name, protocol = f"ports[{index}]", port.get("name") or "", port.get("protocol", "TCP")
        if name:
            errors += each_invalid(f"{at}.name", name, names.dns1123_label(name))
        if name in seen:
            errors.append(duplicate(f"{at}.name", name))
        seen.add(name)
        if protocol not in PROTOCOLS:
            errors.append(not_supported(f"{at}.protocol", protocol, PROTOCOLS))
        if (application := port.get("appProtocol")) is not None:
            errors += each_invalid(f"{at}.appProtocol", application, names.qualified_name(application))
    return errors


def _validate_endpoints(obj: Object) -> list[FieldError]:
    endpoints, kind = obj.get("endpoints") or [], obj.get("addressType", "")
    errors = _limit(endpoints, _MAX_ENDPOINTS, "endpoints")
    for index, endpoint in enumerate(endpoints):
        path, addresses = f"endpoints[{index}]", endpoint.get("addresses") or []
        at = f"{path}.addresses"
        if not addresses:
            errors.append(required(at, "must contain at least 1 address"))
        errors += _limit(addresses, _MAX_ADDRESSES, at)
        for place, address in enumerate(addresses):
            errors += _validate_address(address, kind, at, f"{at}[{place}]")
        errors += _validate_place(endpoint, path)
    return errors


def _validate_address(text: str, kind: str, path: str, at: str) -> list[FieldError]:
    if kind == "FQDN":
        return _validate_domain(text, at)
    if kind not in ("IPv4", "IPv6"):
        return []
    if errors := validate_address(text, at):
        return errors
    if (":" in text) != (kind == "IPv6"):
        errors.append(invalid_value(path, text, f"must be an {kind} address"))
    elif kind == "IPv6" and text != str(parse_address(text)):
        return [invalid_value(at, text, f'must be in canonical form ("{parse_address(text)}")')]
    return errors + validate_endpoint_address(text, at, of_nodes=True)


def _validate_domain(text: str, path: str) -> list[FieldError]:
    name = text.removesuffix(".")
    if not name:
        return [required(path)]
    if problems := names.dns1123_subdomain(name):
        return [invalid_value(path, name, ",".join(problems))]
    if "." not in name:
        return [invalid_value(path, name, "should be a domain with at least two segments separated by dots")]
    return []


def _validate_place(endpoint: Object, path: str) -> list[FieldError]:
    node, host, hints = endpoint.get("nodeName"), endpoint.get("hostname"), endpoint.get("hints") or {}
    errors: list[FieldError] = []
    if node is not None:
        errors += each_invalid(f"{path}.nodeName", node, names.dns1123_subdomain(node))
    errors += validate_labels(endpoint.get("deprecatedTopology") or {}, f"{path}.deprecatedTopology")
    if host is not None:
        errors += each_invalid(f"{path}.hostname", host, names.dns1123_label(host))
    for field, rule in (("forZones", names.label_value), ("forNodes", names.dns1123_subdomain)):
        rows, seen, at = hints.get(field) or [], set(), f"{path}.hints.{field}"
        errors += _limit(rows, _MAX_HINTS, at)
        for index, row in enumerate(rows):
            name = row.get("name", "")
            errors += [duplicate(f"{at}[{index}].name", name)] if name in seen else []
            seen.add(name)
            errors += each_invalid(f"{at}[{index}].name", name, rule(name))
    return errors


class _SliceStrategy(Plain):
    """Endpoints that were wrong before may stay as they are."""

    def validate_create(self, obj: Object) -> list[FieldError]:
        return [*_validate(obj), *_validate_endpoints(obj)]

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        errors = _validate(new)
        if new.get("endpoints") != old.get("endpoints"):
            errors += _validate_endpoints(new)
        kinds = (new.get("addressType"), old.get("addressType"))
        return errors if kinds[0] == kinds[1] else [*errors, invalid_value("addressType", kinds[0], IMMUTABLE)]


ENDPOINT_SLICE = _SliceStrategy(generation=True, counted_metadata=("labels",))
