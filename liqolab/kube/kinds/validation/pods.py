"""Pod specs and pod templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
from liqolab.kube.kinds.metadata import validate_annotations, validate_labels
from liqolab.kube.kinds.validation.containers import (
    PodFacts,
    validate_containers,
    validate_ephemeral_containers,
    validate_image_spaces,
    validate_init_containers,
)
from liqolab.kube.kinds.validation.network import validate_dns, validate_host_aliases, validate_host_ports
from liqolab.kube.kinds.validation.placement import validate_affinity, validate_tolerations
from liqolab.kube.kinds.validation.pod_annotations import annotations_match, validate_pod_annotations
from liqolab.kube.kinds.validation.pod_resources import validate_pod_resources
from liqolab.kube.kinds.validation.resources import validate_requirements
from liqolab.kube.kinds.validation.security import validate_host_users, validate_pod_security
from liqolab.kube.kinds.validation.spread import validate_spread
from liqolab.kube.kinds.validation.volumes import validate_volumes

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PREEMPTION = ("PreemptLowerPriority", "Never")
_SYSTEMS = ("linux", "windows")
_NAMES: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
    ("serviceAccountName", names.dns1123_subdomain),
    ("nodeName", names.dns1123_subdomain),
)


def validate_pod(pod: Object) -> list[FieldError]:
    """A pod, but for its metadata that every kind has; new and changed ones alike."""
    metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
    annotations = metadata.get("annotations") or {}
    errors = validate_pod_annotations(annotations, spec, "metadata.annotations") if annotations else []
    errors += validate_pod_spec(spec, "spec", pod_name=metadata.get("name", ""))
    if not spec.get("serviceAccountName"):
        errors += _tokens_of_nobody(spec)
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field) or []):
            errors += validate_image_spaces(container, f"spec.{field}[{index}]")
    return errors


def validate_new_pod(pod: Object) -> list[FieldError]:
    """A pod that is about to be created."""
    spec = pod.get("spec") or {}
    errors = validate_pod(pod)
    if spec.get("ephemeralContainers"):
        errors.append(forbidden_field("spec.ephemeralContainers", "cannot be set on create"))
    if spec.get("nodeName") and spec.get("schedulingGates"):
        text = "cannot be set until all schedulingGates have been cleared"
        errors.append(forbidden_field("spec.nodeName", text))
    annotations = (pod.get("metadata") or {}).get("annotations")
    return errors + (annotations_match(annotations, spec, "spec") if annotations else [])


def _tokens_of_nobody(spec: Object) -> list[FieldError]:
    text = "must not be specified when serviceAccountName is not set"
    return [
        forbidden_field(f"spec.volumes[{index}].projected.sources[{place}].serviceAccountToken", text)
        for index, volume in enumerate(spec.get("volumes") or [])
        for place, source in enumerate((volume.get("projected") or {}).get("sources") or [])
        if source.get("serviceAccountToken") is not None
    ]


def validate_template(template: Object, path: str) -> list[FieldError]:
    """A pod template: its labels, annotations and spec."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    annotations = metadata.get("annotations") or {}
    errors = validate_labels(metadata.get("labels") or {}, f"{path}.labels")
    if annotations:
        errors += validate_annotations(annotations, f"{path}.annotations")
        errors += validate_pod_annotations(annotations, spec, f"{path}.annotations")
    errors += validate_pod_spec(spec, f"{path}.spec")
    if annotations:
        errors += annotations_match(annotations, spec, f"{path}.spec")
    if spec.get("ephemeralContainers"):
        text = "ephemeral containers not allowed in pod template"
        errors.append(forbidden_field(f"{path}.spec.ephemeralContainers", text))
    return errors


def validate_pod_spec(spec: Object, path: str, *, pod_name: str = "") -> list[FieldError]:
    """Everything that is wrong with a pod's spec, in the API server's order.

    Args:
        spec: the spec.
        path: where it stands.
        pod_name: the pod's; empty for templates.
    """
    errors, volumes = validate_volumes(spec.get("volumes") or [], f"{path}.volumes", pod_name)
    claims = spec.get("resourceClaims") or []
    errors += _validate_resource_claims(claims, f"{path}.resourceClaims")
    pod = _facts(spec, volumes)
    regular, init = spec.get("containers") or [], spec.get("initContainers") or []
    errors += validate_containers(regular, f"{path}.containers", pod)
    if init:
        errors += validate_init_containers(init, regular, f"{path}.initContainers", pod)
    if guests := spec.get("ephemeralContainers"):
        errors += validate_ephemeral_containers(guests, [*regular, *init], f"{path}.ephemeralContainers", pod)
    if spec.get("resources") is not None:
        errors += validate_pod_resources(spec, f"{path}.resources")
    errors += validate_host_ports(spec, f"{path}.containers", always=bool(pod_name))
    errors += _validate_policies(spec, path)
    errors += validate_labels(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    context = spec.get("securityContext") or {}
    if context or spec.get("shareProcessNamespace"):
        errors += validate_pod_security(context, f"{path}.securityContext", spec)
    errors += validate_affinity(spec.get("affinity") or {}, f"{path}.affinity")
    errors += validate_dns(spec.get("dnsConfig"), spec.get("dnsPolicy", "ClusterFirst"), f"{path}.dnsConfig")
    errors += _validate_gates(spec, path)
    errors += validate_spread(spec.get("topologySpreadConstraints") or [], f"{path}.topologySpreadConstraints")
    errors += validate_host_users(spec, path)
    errors += _validate_names(spec, path)
    errors += validate_tolerations(spec.get("tolerations") or [], f"{path}.tolerations")
    errors += validate_host_aliases(spec.get("hostAliases") or [], f"{path}.hostAliases")
    return errors + _validate_classes(spec, path)


def _facts(spec: Object, volumes: Mapping[str, Object]) -> PodFacts:
    return PodFacts(
        volumes=volumes,
        claims=[claim["name"] for claim in spec.get("resourceClaims") or [] if claim.get("name")],
        grace=spec.get("terminationGracePeriodSeconds"),
        restart_policy=spec.get("restartPolicy", "Always"),
        host_users=spec.get("hostUsers") is not False,
    )


def _validate_resource_claims(claims: list[Object], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    sources = ("resourceClaimName", "resourceClaimTemplateName")
    for index, claim in enumerate(claims):
        at, name = f"{path}[{index}]", claim.get("name", "")
        if not name:
            errors.append(required(f"{at}.name"))
        elif name in seen:
            errors.append(duplicate(f"{at}.name", name))
        else:
            errors += each_invalid(f"{at}.name", name, names.dns1123_label(name))
        seen.add(name)
        given = [field for field in sources if claim.get(field) is not None]
        if len(given) == len(sources):
            text = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            errors.append(invalid_value(at, Internal("core.PodResourceClaim", claim), text))
        elif not given:
            text = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            errors.append(invalid_value(at, Internal("core.PodResourceClaim", claim), text))
        for field in given:
            errors += each_invalid(f"{at}.{field}", claim[field], names.dns1123_subdomain(claim[field]))
    return errors


def _validate_policies(spec: Object, path: str) -> list[FieldError]:
    errors = []
    restart, dns = spec.get("restartPolicy", "Always"), spec.get("dnsPolicy", "ClusterFirst")
    if restart not in _RESTART_POLICIES:
        errors.append(not_supported(f"{path}.restartPolicy", restart, _RESTART_POLICIES))
    if dns not in _DNS_POLICIES:
        errors.append(not_supported(f"{path}.dnsPolicy", dns, _DNS_POLICIES))
    return errors


def _validate_gates(spec: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, gate in enumerate(spec.get("readinessGates") or []):
        kind = gate.get("conditionType", "")
        errors += each_invalid(f"{path}.readinessGates[{index}].conditionType", kind, names.qualified_name(kind))
    seen: set[str] = set()
    for index, gate in enumerate(spec.get("schedulingGates") or []):
        at, name = f"{path}.schedulingGates[{index}]", gate.get("name", "")
        errors += each_invalid(at, name, names.qualified_name(name))
        if name in seen:
            errors.append(duplicate(at, name))
        seen.add(name)
    return errors


def _validate_names(spec: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for field, rule in _NAMES:
        if value := spec.get(field):
            errors += each_invalid(f"{path}.{field}", value, rule(value))
    if (deadline := spec.get("activeDeadlineSeconds")) is not None:
        errors += each_invalid(f"{path}.activeDeadlineSeconds", deadline, names.in_range(deadline, 1, 2**31 - 1))
    for field in ("hostname", "subdomain"):
        if value := spec.get(field):
            errors += each_invalid(f"{path}.{field}", value, names.dns1123_label(value))
    return errors


def _validate_classes(spec: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if value := spec.get("priorityClassName"):
        errors += each_invalid(f"{path}.priorityClassName", value, names.dns1123_subdomain(value))
    if (value := spec.get("runtimeClassName")) is not None:
        errors += each_invalid(f"{path}.runtimeClassName", value, names.dns1123_subdomain(value))
    if (policy := spec.get("preemptionPolicy")) is not None and policy not in _PREEMPTION:
        errors.append(not_supported(f"{path}.preemptionPolicy", policy, _PREEMPTION))
    if spec.get("overhead"):
        errors += validate_requirements({"limits": spec["overhead"]}, f"{path}.overhead")
    if (system := spec.get("os")) is not None:
        name = system.get("name", "")
        if not name:
            errors.append(required(f"{path}.os.name"))
        elif name not in _SYSTEMS:
            errors.append(not_supported(f"{path}.os", name, _SYSTEMS))
    return errors
