"""Services: what was allocated to one, and what of it outlives a change."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.services import (
    validate_balancer_status,
    validate_service,
    validate_service_change,
)

_ADDRESS_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")


class ServiceStrategy(WithStatus):
    """What was allocated to a service stays with it while its type lasts, even through a PUT that omits it."""

    def __init__(self) -> None:
        super().__init__(
            initial={"loadBalancer": {}}, generation=False, returns_object=True, check_status=validate_balancer_status
        )

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
        if needs_health_port(spec) and needs_health_port(before) and not spec.get("healthCheckNodePort"):
            spec["healthCheckNodePort"] = before.get("healthCheckNodePort")
        _drop_what_the_type_lost(spec, before)

    def validate_create(self, obj: Object) -> list[FieldError]:
        return validate_service(obj)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return [*validate_service_change(new, old), *validate_service(new, old)]


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


def needs_health_port(spec: Object) -> bool:
    """Whether nodes are asked if they have pods of the service: a balancer's, whose traffic stays where it arrives."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def is_reachable(spec: Object) -> bool:
    """Whether traffic comes in from outside of the cluster."""
    kind = spec.get("type", "ClusterIP")
    return kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))


def _node_ports(spec: Object) -> set[int]:
    return {port["nodePort"] for port in spec.get("ports") or [] if port.get("nodePort")}


def _keep_node_ports(spec: Object, before: Object) -> None:
    """A port that has lost its number gets it back, by its name, unless another one has it now."""
    given = {port.get("name"): port.get("nodePort") for port in before.get("ports") or []}
    used = _node_ports(spec) & _node_ports(before)
    for port in spec.get("ports") or []:
        kept = given.get(port.get("name"))
        if not port.get("nodePort") and kept and kept not in used:
            port["nodePort"] = kept


def _drop_what_the_type_lost(spec: Object, before: Object) -> None:
    """What a change of type made pointless goes, unless the same change has touched it: that is refused later."""
    if needs_address(before) and not needs_address(spec):
        for field in _ADDRESS_FIELDS:
            if not spec.get(field) or spec[field] == before.get(field):
                spec.pop(field, None)
    typed = spec.get("type") in ("NodePort", "LoadBalancer")
    if before.get("type") in ("NodePort", "LoadBalancer") and not typed and _same_node_ports(spec, before):
        for port in spec.get("ports") or []:
            port.pop("nodePort", None)
    lost = []
    if needs_health_port(before) and not needs_health_port(spec):
        lost.append("healthCheckNodePort")
    if before.get("type") == "LoadBalancer" != spec.get("type"):
        lost += ["allocateLoadBalancerNodePorts", "loadBalancerClass"]
    if is_reachable(before) and not is_reachable(spec):
        lost.append("externalTrafficPolicy")
    for field in lost:
        if spec.get(field) == before.get(field):
            spec.pop(field, None)


def _same_node_ports(spec: Object, before: Object) -> bool:
    ports, old = spec.get("ports") or [], before.get("ports") or []
    return [port.get("nodePort") for port in ports] == [port.get("nodePort") for port in old]
