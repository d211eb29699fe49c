"""Ingresses and their classes, network policies."""

from __future__ import annotations

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.networks import parse_network
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
    too_long,
)
from liqolab.kube.kinds.strategies.common import Plain, WithStatus
from liqolab.kube.kinds.validation.addresses import validate_address, validate_network
from liqolab.kube.kinds.validation.jobs import validate_prefixed_path
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.services import validate_balancer_name

CLASS_ANNOTATION = "kubernetes.io/ingress.class"

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_ODD_PARTS = ("//", "/./", "/../", "%2f", "%2F")
_ODD_ENDS = ("/..", "/.")
_CONTROLLER_MAX = 250
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_POLICY_TYPES = ("Ingress", "Egress")


def _validate_ingress(ingress: Object) -> list[FieldError]:
    spec = ingress.get("spec") or {}
    rules, default = spec.get("rules") or [], spec.get("defaultBackend")
    errors: list[FieldError] = []
    if not rules and default is None:
        errors.append(invalid_value("spec", None, "either `defaultBackend` or `rules` must be specified"))
    if default is not None:
        errors += _validate_backend(default, "spec.defaultBackend")
    for index, rule in enumerate(rules):
        errors += _validate_rule(rule, f"spec.rules[{index}]")
    for index, row in enumerate(spec.get("tls") or []):
        for place, host in enumerate(row.get("hosts") or []):
            errors += _validate_host(host, f"spec.tls[{index}].hosts[{place}]")
        if secret := row.get("secretName"):
            errors += each_invalid(f"spec.tls[{index}].secretName", secret, names.dns1123_subdomain(secret))
    if (name := spec.get("ingressClassName")) is not None:
        errors += each_invalid("spec.ingressClassName", name, names.dns1123_subdomain(name))
    return errors


def _validate_host(host: str, path: str) -> list[FieldError]:
    rule = names.wildcard_subdomain if "*" in host else names.dns1123_subdomain
    return each_invalid(path, host, rule(host))


def _validate_rule(rule: Object, path: str) -> list[FieldError]:
    host, http = rule.get("host", ""), rule.get("http")
    errors: list[FieldError] = []
    if host:
        if not validate_address(host, path):
            errors.append(invalid_value(f"{path}.host", host, "must be a DNS name, not an IP address"))
        errors += _validate_host(host, f"{path}.host")
    if http is None:
        return errors
    paths = http.get("paths") or []
    if not paths:
        errors.append(required(f"{path}.http.paths"))
    for index, row in enumerate(paths):
        errors += _validate_path(row, f"{path}.http.paths[{index}]")
    return errors


def _validate_path(row: Object, path: str) -> list[FieldError]:
    kind, text, at = row.get("pathType"), row.get("path", ""), f"{path}.path"
    if kind is None:
        return [required(f"{path}.pathType", "pathType must be specified")]
    errors: list[FieldError] = []
    if kind not in _PATH_TYPES:
        errors.append(not_supported(f"{path}.pathType", kind, _PATH_TYPES))
    elif (text or kind != "ImplementationSpecific") and not text.startswith("/"):
        errors.append(invalid_value(at, text, "must be an absolute path"))
    if kind in ("Exact", "Prefix"):
        errors += [invalid_value(at, text, f"must not contain '{part}'") for part in _ODD_PARTS if part in text]
        errors += [invalid_value(at, text, f"cannot end with '{end}'") for end in _ODD_ENDS if text.endswith(end)]
    return errors + _validate_backend(row.get("backend") or {}, f"{path}.backend")


def _validate_backend(backend: Object, path: str) -> list[FieldError]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        return [invalid_value(path, "", "cannot set both resource and service backends")]
    if resource is not None:
        return _validate_reference(resource, f"{path}.resource")
    if service is None:
        return [invalid_value(path, "", "resource or service backend is required")]
    name, port = service.get("name", ""), service.get("port") or {}
    at = f"{path}.service"
    errors = each_invalid(f"{at}.name", name, names.dns1035_label(name)) if name else [required(f"{at}.name")]
    if port.get("name") and port.get("number"):
        errors.append(invalid_value(path, "", "cannot set both port name & port number"))
    elif port.get("name"):
        errors += each_invalid(f"{at}.port.name", port["name"], names.port_name(port["name"]))
    elif port.get("number"):
        errors += each_invalid(f"{at}.port.number", port["number"], names.port_number(port["number"]))
    else:
        errors.append(required(path, "port name or number is required"))
    return errors


def _validate_reference(reference: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if (group := reference.get("apiGroup")) is not None:
        errors += each_invalid(f"{path}.apiGroup", group, names.dns1123_subdomain(group))
    for field in ("kind", "name"):
        value, at = reference.get(field, ""), f"{path}.{field}"
        errors += each_invalid(at, value, names.path_segment(value)) if value else [required(at)]
    return errors


def _validate_ingress_status(new: Object, old: Object) -> list[FieldError]:
    rows, before = (((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [] for obj in (new, old))
    known = [row["ip"] for row in before if row.get("ip")]
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        at = f"status.loadBalancer.ingress[{index}]"
        errors += validate_address(row["ip"], f"{at}.ip", known) if row.get("ip") else []
        errors += validate_balancer_name(row.get("hostname", ""), f"{at}.hostname")
    return errors


class _IngressStrategy(WithStatus):
    """The class may be named by an annotation as well, as long as both agree when the ingress is made."""

    def validate_create(self, obj: Object) -> list[FieldError]:
        errors = super().validate_create(obj)
        mark = (obj["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION)
        name = (obj.get("spec") or {}).get("ingressClassName")
        if mark is None or name is None or mark == name:
            return errors
        text = "must match `ingressClassName` when both are specified"
        return [*errors, invalid_value(f"annotations.{CLASS_ANNOTATION}", mark, text)]


INGRESS = _IngressStrategy(
    initial={"loadBalancer": {}}, validate=_validate_ingress, check_status=_validate_ingress_status
)


def _validate_class(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    controller, parameters, path = spec.get("controller", ""), spec.get("parameters"), "spec.parameters"
    errors = [too_long("spec.controller", _CONTROLLER_MAX)] if len(controller) > _CONTROLLER_MAX else []
    errors += validate_prefixed_path(controller, "spec.controller")
    if parameters is None:
        return errors
    errors += _validate_reference(parameters, path)
    scope, namespace = parameters.get("scope", "Cluster"), parameters.get("namespace")
    if scope not in ("Cluster", "Namespace"):
        errors.append(not_supported(f"{path}.scope", scope, ("Cluster", "Namespace")))
    elif scope == "Namespace":
        if not namespace:
            errors.append(required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'"))
        else:
            errors += each_invalid(f"{path}.namespace", namespace, names.dns1123_label(namespace))
    elif namespace is not None:
        text = "`parameters.scope` is set to 'Cluster'"
        errors.append(forbidden_field(f"{path}.namespace", text))
    return errors


def _controller_is_immutable(new: Object, old: Object) -> list[FieldError]:
    after, before = ((obj.get("spec") or {}).get("controller", "") for obj in (new, old))
    return [] if after == before else [invalid_value("spec.controller", after, IMMUTABLE)]


INGRESS_CLASS = Plain(generation=True, validate=_validate_class, compare=_controller_is_immutable)


def _validate_policy(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors = validate_label_selector(spec.get("podSelector") or {}, "spec.podSelector")
    for field, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(field) or []):
            path = f"spec.{field}[{index}]"
            for place, port in enumerate(rule.get("ports") or []):
                errors += _validate_policy_port(port, f"{path}.ports[{place}]")
            for place, peer in enumerate(rule.get(peers) or []):
                errors += _validate_peer(peer, f"{path}.{peers}[{place}]")
    types = spec.get("policyTypes") or []
    if len(types) > len(_POLICY_TYPES):
        text = "may not specify more than two policyTypes"
        return [*errors, invalid_value("spec.policyTypes", types, text)]
    for index, kind in enumerate(types):
        if kind not in _POLICY_TYPES:
            errors.append(not_supported(f"spec.policyTypes[{index}]", kind, _POLICY_TYPES))
    return errors


def _validate_policy_port(port: Object, path: str) -> list[FieldError]:
    protocol, value, end = port.get("protocol", "TCP"), port.get("port"), port.get("endPort")
    errors = [] if protocol in _PROTOCOLS else [not_supported(f"{path}.protocol", protocol, _PROTOCOLS)]
    if value is None:
        text = "may not be specified when `port` is not specified"
        return [*errors, invalid_value(f"{path}.endPort", end, text)] if end is not None else errors
    if isinstance(value, str):
        if end is not None:
            text = "may not be specified when `port` is non-numeric"
            errors.append(invalid_value(f"{path}.endPort", end, text))
        return errors + each_invalid(f"{path}.port", value, names.port_name(value))
    errors += each_invalid(f"{path}.port", value, names.port_number(value))
    if end is not None:
        if end < value:
            errors.append(invalid_value(f"{path}.endPort", value, "must be greater than or equal to `port`"))
        errors += each_invalid(f"{path}.endPort", end, names.port_number(end))
    return errors


def _validate_peer(peer: Object, path: str) -> list[FieldError]:
    selectors = [field for field in ("podSelector", "namespaceSelector") if peer.get(field) is not None]
    errors: list[FieldError] = []
    for field in selectors:
        errors += validate_label_selector(peer[field], f"{path}.{field}")
    block = peer.get("ipBlock")
    if block is not None:
        errors += _validate_block(block, f"{path}.ipBlock")
        if selectors:
            errors.append(forbidden_field(path, "may not specify both ipBlock and another peer"))
    return errors if selectors or block is not None else [*errors, required(path, "must specify a peer")]


def _validate_block(block: Object, path: str) -> list[FieldError]:
    cidr = block.get("cidr", "")
    if not cidr:
        return [required(f"{path}.cidr")]
    errors = validate_network(cidr, f"{path}.cidr")
    whole = parse_network(cidr)
    if whole is None:
        return errors
    for index, text in enumerate(block.get("except") or []):
        at = f"{path}.except[{index}]"
        errors += validate_network(text, at)
        part = parse_network(text)
        if part is None:
            continue
        inside = part.version == whole.version and part.network_address in whole
        if not inside or part.prefixlen <= whole.prefixlen:
            errors.append(invalid_value(at, text, "must be a strict subset of `cidr`"))
    return errors


NETWORK_POLICY = Plain(generation=True, validate=_validate_policy)
