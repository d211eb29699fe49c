"""What is wrong with a service. Addresses and node ports are allocated by admission before it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
)
from liqolab.kube.kinds.metadata import validate_labels
from liqolab.kube.kinds.validation.addresses import (
    one_per_family,
    validate_address,
    validate_endpoint_address,
    validate_network,
)
from liqolab.kube.kinds.validation.containers import PROTOCOLS
from liqolab.kube.kinds.validation.shares import validate_port

HEADLESS = "None"

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_AFFINITIES = ("ClientIP", "None")
_POLICIES = ("Cluster", "Local")
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
_MAX_AFFINITY_SECONDS = 24 * 60 * 60
_BALANCERS_ONLY = "may only be used when `type` is 'LoadBalancer'"
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_HINTS = "service.kubernetes.io/topology-aware-hints"
_MODE = "service.kubernetes.io/topology-mode"


def validate_service(service: Object, old: Object | None = None) -> list[FieldError]:
    """Everything that is wrong with a service; what already stood in `old` is borne where Kubernetes bears it."""
    spec, before = service.get("spec") or {}, (old or {}).get("spec") or {}
    annotations = service["metadata"].get("annotations") or {}
    kind, ports = spec.get("type", "ClusterIP"), spec.get("ports") or []
    headless = spec.get("clusterIPs") == [HEADLESS]
    errors = _validate_hints(annotations)
    if not ports and not headless and kind != "ExternalName":
        errors.append(required("spec.ports"))
    errors += _validate_type_needs(spec, kind, headless=headless)
    taken: set[str] = set()
    for index, port in enumerate(ports):
        errors += _validate_port(port, f"spec.ports[{index}]", taken, named=len(ports) > 1)
    errors += validate_labels(spec.get("selector") or {}, "spec.selector")
    errors += _validate_affinity(spec)
    errors += _validate_cluster_addresses(spec, before) if kind != "ExternalName" else []
    for index, address in enumerate(spec.get("externalIPs") or []):
        at = f"spec.externalIPs[{index}]"
        errors += validate_address(address, at, before.get("externalIPs") or ()) or validate_endpoint_address(
            address, at
        )
    if kind not in _TYPES:
        errors.append(not_supported("spec.type", kind, _TYPES))
    errors += _validate_ports_together(ports, kind)
    errors += _validate_ranges(spec, before, annotations, kind)
    if spec.get("allocateLoadBalancerNodePorts") is not None and kind != "LoadBalancer":
        errors.append(forbidden_field("spec.allocateLoadBalancerNodePorts", _BALANCERS_ONLY))
    errors += _validate_class(spec, kind)
    return errors + _validate_traffic(spec, kind)


def _validate_hints(annotations: Mapping[str, str]) -> list[FieldError]:
    if _HINTS not in annotations or annotations.get(_MODE, annotations[_HINTS]) == annotations[_HINTS]:
        return []
    text = f"must match annotations[{_HINTS}] when both are specified"
    return [invalid_value(f"metadata.annotations[{_MODE}]", annotations[_MODE], text)]


def _validate_type_needs(spec: Object, kind: str, *, headless: bool) -> list[FieldError]:
    if kind in ("LoadBalancer", "NodePort"):
        text = f"may not be set to 'None' for {kind} services"
        return [invalid_value("spec.clusterIPs[0]", HEADLESS, text)] if headless else []
    if kind != "ExternalName":
        return []
    given = [field for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy") if spec.get(field)]
    errors = [forbidden_field(f"spec.{field}", "may not be set for ExternalName services") for field in given]
    name = (spec.get("externalName") or "").removesuffix(".")
    if not name:
        return [*errors, required("spec.externalName")]
    return errors + each_invalid("spec.externalName", name, names.dns1123_subdomain(name))


def _validate_port(port: Object, path: str, taken: set[str], *, named: bool) -> list[FieldError]:
    name, number, protocol = port.get("name", ""), port.get("port") or 0, port.get("protocol", "TCP")
    errors: list[FieldError] = []
    if named and not name:
        errors.append(required(f"{path}.name"))
    elif name:
        errors += each_invalid(f"{path}.name", name, names.dns1123_label(name))
        if name in taken:
            errors.append(duplicate(f"{path}.name", name))
        taken.add(name)
    errors += each_invalid(f"{path}.port", number, names.port_number(number))
    if protocol not in PROTOCOLS:
        errors.append(not_supported(f"{path}.protocol", protocol, PROTOCOLS))
    errors += validate_port(port.get("targetPort", number), f"{path}.targetPort")
    if (application := port.get("appProtocol")) is not None:
        errors += each_invalid(f"{path}.appProtocol", application, names.qualified_name(application))
    return errors


def _validate_affinity(spec: Object) -> list[FieldError]:
    affinity, config = spec.get("sessionAffinity", "None"), spec.get("sessionAffinityConfig")
    if affinity not in _AFFINITIES:
        return [not_supported("spec.sessionAffinity", affinity, _AFFINITIES)]
    path = "spec.sessionAffinityConfig"
    if affinity == "None":
        text = "must not be set when session affinity is None"
        return [forbidden_field(path, text)] if config is not None else []
    seconds = ((config or {}).get("clientIP") or {}).get("timeoutSeconds")
    if seconds is None or 0 < seconds <= _MAX_AFFINITY_SECONDS:
        return []
    text = f"must be greater than 0 and less than {_MAX_AFFINITY_SECONDS}"
    return [invalid_value(f"{path}.clientIP.timeoutSeconds", seconds, text)]


def _validate_cluster_addresses(spec: Object, before: Object) -> list[FieldError]:
    single, many, path = spec.get("clusterIP"), spec.get("clusterIPs") or [], "spec.clusterIPs"
    errors: list[FieldError] = []
    if single and not many:
        errors.append(required(path))
    elif single and many[0] != single:
        errors.append(invalid_value(path, many, "first value must match `clusterIP`"))
    elif many and not single:
        errors.append(invalid_value(path, many, "must be empty when `clusterIP` is not specified"))
    errors += _validate_families(spec)
    wrong: list[FieldError] = []
    for index, address in enumerate(many):
        if index == 0 and address == HEADLESS:
            if len(many) > 1:
                wrong.append(invalid_value(path, many, "'None' must be the first and only value"))
            continue
        wrong += validate_address(address, f"{path}[{index}]", before.get("clusterIPs") or ())
    errors += wrong
    if len(many) > 2:
        errors.append(invalid_value(path, many, "may only hold up to 2 values"))
    if wrong or many == [HEADLESS]:
        return errors
    if not one_per_family(many):
        errors.append(invalid_value(path, many, "may specify no more than one IP for each IP family"))
    for index, (address, family) in enumerate(zip(many, spec.get("ipFamilies") or [], strict=False)):
        if family in _FAMILIES and (family == "IPv6") != (":" in address):
            text = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
            errors.append(invalid_value(f"{path}[{index}]", address, text))
    return errors


def _validate_families(spec: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, family in enumerate(spec.get("ipFamilies") or []):
        at = f"spec.ipFamilies[{index}]"
        if family not in _FAMILIES:
            errors.append(not_supported(at, family, _FAMILIES))
        if family in seen:
            errors.append(duplicate(at, family))
        seen.add(family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in _FAMILY_POLICIES:
        errors.append(not_supported("spec.ipFamilyPolicy", policy, _FAMILY_POLICIES))
    return errors


def _validate_ports_together(ports: Sequence[Object], kind: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, port in enumerate(ports):
        if kind == "ClusterIP" and port.get("nodePort"):
            text = "may not be used when `type` is 'ClusterIP'"
            errors.append(forbidden_field(f"spec.ports[{index}].nodePort", text))
    seen: set[tuple[str, Any]] = set()
    for index, port in enumerate(ports):
        key = (port.get("protocol", "TCP"), port.get("nodePort"))
        if key[1] and key in seen:
            errors.append(duplicate(f"spec.ports[{index}].nodePort", key[1]))
        seen.add(key)
    seen = set()
    for index, port in enumerate(ports):
        key = (port.get("protocol", "TCP"), port.get("port"))
        if key in seen:
            shown = Internal("core.ServicePort", {"protocol": key[0], "port": key[1]})
            errors.append(duplicate(f"spec.ports[{index}]", shown))
        seen.add(key)
    return errors


def _validate_ranges(spec: Object, before: Object, annotations: Mapping[str, str], kind: str) -> list[FieldError]:
    ranges = [text.strip() for text in spec.get("loadBalancerSourceRanges") or []]
    known = [text.strip() for text in before.get("loadBalancerSourceRanges") or []]
    # The capital letter is Kubernetes' own.
    path = "spec.LoadBalancerSourceRanges"
    paths = [f"{path}[{index}]" for index in range(len(ranges))]
    if not ranges:
        if _RANGES not in annotations:
            return []
        path = f"metadata.annotations[{_RANGES}]"
        ranges = [text.strip() for text in annotations[_RANGES].split(",") if annotations[_RANGES].strip()]
        paths = [path] * len(ranges)
    errors = [] if kind == "LoadBalancer" else [forbidden_field(path, _BALANCERS_ONLY)]
    for text, at in zip(ranges, paths, strict=True):
        errors += validate_network(text, at, known)
    return errors


def _validate_class(spec: Object, kind: str) -> list[FieldError]:
    name = spec.get("loadBalancerClass")
    if name is None:
        return []
    if kind != "LoadBalancer":
        return [forbidden_field("spec.loadBalancerClass", _BALANCERS_ONLY)]
    return each_invalid("spec.loadBalancerClass", name, names.qualified_name(name))


def _validate_traffic(spec: Object, kind: str) -> list[FieldError]:
    errors: list[FieldError] = []
    outer, inner = spec.get("externalTrafficPolicy"), spec.get("internalTrafficPolicy")
    path = "spec.externalTrafficPolicy"
    reachable = kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))
    if outer and not reachable:
        errors.append(invalid_value(path, outer, "may only be set for externally-accessible services"))
    elif outer and outer not in _POLICIES:
        errors.append(not_supported(path, outer, _POLICIES))
    if spec.get("healthCheckNodePort") and not (kind == "LoadBalancer" and outer == "Local"):
        text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        errors.append(invalid_value("spec.healthCheckNodePort", spec["healthCheckNodePort"], text))
    if inner is not None and inner not in _POLICIES:
        errors.append(not_supported("spec.internalTrafficPolicy", inner, _POLICIES))
    distribution = spec.get("trafficDistribution")
    if distribution is not None and distribution not in _DISTRIBUTIONS:
        errors.append(not_supported("spec.trafficDistribution", distribution, _DISTRIBUTIONS))
    return errors


def validate_service_change(new: Object, old: Object) -> list[FieldError]:
    """What may not change in a service."""
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    errors: list[FieldError] = []
    if "ExternalName" not in (spec.get("type"), before.get("type")):
        errors += _addresses_stay(spec.get("clusterIPs") or [], before.get("clusterIPs") or [])
    classes = (spec.get("loadBalancerClass"), before.get("loadBalancerClass"))
    if spec.get("type") == before.get("type") == "LoadBalancer" and classes[0] != classes[1]:
        errors.append(invalid_value("spec.loadBalancerClass", classes[0], "may not change once set"))
    ports = (spec.get("healthCheckNodePort") or 0, before.get("healthCheckNodePort") or 0)
    local = [
        part.get("type") == "LoadBalancer" and part.get("externalTrafficPolicy") == "Local" for part in (before, spec)
    ]
    if all(local) and ports[0] != ports[1]:
        errors.append(forbidden_field("spec.healthCheckNodePort", "field is immutable"))
    return errors


def _addresses_stay(new: list[str], old: list[str]) -> list[FieldError]:
    text, path = "may not change once set", "spec.clusterIPs"
    if len(new) == len(old):
        pairs = enumerate(zip(new, old, strict=True))
        return [invalid_value(f"{path}[{index}]", new, text) for index, (has, had) in pairs if has != had]
    if not new:
        return [invalid_value(f"{path}[0]", new, "primary clusterIP can not be unset")]
    return [invalid_value(f"{path}[0]", new, text)] if old and new[0] != old[0] else []


def validate_balancer_status(new: Object, old: Object) -> list[FieldError]:
    """Where a load balancer of a service answers."""
    spec, path = new.get("spec") or {}, "status.loadBalancer.ingress"
    rows, before = (((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [] for obj in (new, old))
    if rows and spec.get("type") != "LoadBalancer":
        return [forbidden_field(path, "may only be used when `spec.type` is 'LoadBalancer'")]
    known = [row["ip"] for row in before if row.get("ip")]
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        at, mode = f"{path}[{index}]", row.get("ipMode")
        if row.get("ip"):
            errors += validate_address(row["ip"], f"{at}.ip", known)
        elif mode is not None:
            errors.append(forbidden_field(f"{at}.ipMode", "may not be specified when `ip` is not set"))
        if row.get("ip") and mode not in (None, "Proxy", "VIP"):
            errors.append(not_supported(f"{at}.ipMode", mode, ("Proxy", "VIP")))
        errors += validate_balancer_name(row.get("hostname", ""), f"{at}.hostname")
    return errors


def validate_balancer_name(name: str, path: str) -> list[FieldError]:
    """A host name at which a load balancer answers; may be absent."""
    if not name:
        return []
    errors = each_invalid(path, name, names.dns1123_subdomain(name))
    if not validate_address(name, path):
        errors.append(invalid_value(path, name, "must be a DNS name, not an IP address"))
    return errors


def validate_endpoints(endpoints: Object) -> list[FieldError]:
    """Addresses that are addresses, ports that are ports."""
    errors: list[FieldError] = []
    for row, subset in enumerate(endpoints.get("subsets") or []):
        path, ports = f"subsets[{row}]", subset.get("ports") or []
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            errors.append(required(path, "must specify `addresses` or `notReadyAddresses`"))
        for field in ("addresses", "notReadyAddresses"):
            for index, address in enumerate(subset.get(field) or []):
                errors += _validate_endpoint(address, f"{path}.{field}[{index}]")
        for index, port in enumerate(ports):
            errors += _validate_endpoint_port(port, f"{path}.ports[{index}]", named=len(ports) > 1)
    return errors


def _validate_endpoint(address: Object, path: str) -> list[FieldError]:
    text, host, node = address.get("ip", ""), address.get("hostname", ""), address.get("nodeName")
    errors = validate_address(text, f"{path}.ip")
    if host:
        errors += each_invalid(f"{path}.hostname", host, names.dns1123_label(host))
    if node is not None:
        errors += each_invalid(f"{path}.nodeName", node, names.dns1123_subdomain(node))
    return errors + validate_endpoint_address(text, f"{path}.ip", of_nodes=True)


def _validate_endpoint_port(port: Object, path: str, *, named: bool) -> list[FieldError]:
    name, number, protocol = port.get("name", ""), port.get("port") or 0, port.get("protocol", "TCP")
    errors = [required(f"{path}.name")] if named and not name else []
    if name:
        errors += each_invalid(f"{path}.name", name, names.dns1123_label(name))
    errors += each_invalid(f"{path}.port", number, names.port_number(number))
    if protocol not in PROTOCOLS:
        errors.append(not_supported(f"{path}.protocol", protocol, PROTOCOLS))
    if (application := port.get("appProtocol")) is not None:
        errors += each_invalid(f"{path}.appProtocol", application, names.qualified_name(application))
    return errors
