"""What is odd about a pod, or about a template of pods.

Source: ``kubernetes/pkg/api/pod/warnings.go`` of 1.34.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import quoted
from liqolab.kube.kinds.warnings.addresses import address_warnings
from liqolab.kube.kinds.warnings.node_labels import DEPRECATED, node_affinity_warnings
from liqolab.kube.kinds.warnings.virtual_paths import overlap_warnings

_ANNOTATIONS: Final[Mapping[str, str]] = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_VOLUMES: Final[Mapping[str, str]] = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "ephemeral": "",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP: Final = "container.seccomp.security.alpha.kubernetes.io/"
_USE_SECCOMP: Final = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_APP_ARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"
_USE_APP_ARMOR: Final = 'deprecated since v1.30; use the "appArmorProfile" field instead'
_NO_SELECTOR: Final = "a null labelSelector results in matching no pod"
_WHEN: Final = "DuringSchedulingIgnoredDuringExecution"


def pod_warnings(pod: Object, path: str = "") -> Iterator[str]:
    """All that is odd, in the order of a real server.

    Args:
        pod: the pod or template.
        path: where the template stands; empty for a pod.
    """
    at = f"{path}." if path else ""
    spec, annotations = pod.get("spec") or {}, meta.get_path(pod, "metadata", "annotations") or {}
    if not path:
        yield from _app_armor(pod, spec, annotations, at)
    yield from _placement(spec, f"{at}spec")
    for key, text in _ANNOTATIONS.items():
        if key in annotations:
            yield f"{at}metadata.annotations[{key}]: {text}"
    yield from _volumes(spec, f"{at}spec")
    yield from _lists(spec, f"{at}spec")
    yield from fractions(spec.get("overhead"), f"{at}spec.overhead")
    if _SECCOMP_POD in annotations and not meta.get_path(spec, "securityContext", "seccompProfile"):
        yield f"{at}metadata.annotations[{_SECCOMP_POD}]: {_USE_SECCOMP}"
    for place, container in _containers(spec, f"{at}spec"):
        yield from _container(container, place, spec, annotations, at, is_template=bool(path))
    yield from _ports(spec, f"{at}spec")
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        text = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{at}spec.terminationGracePeriodSeconds: {text}"
    yield from _affinity(spec.get("affinity") or {}, f"{at}spec.affinity")
    for index, server in enumerate(meta.get_path(spec, "dnsConfig", "nameservers") or ()):
        yield from address_warnings(f"{at}spec.dnsConfig.nameservers[{index}]", server)
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        yield from address_warnings(f"{at}spec.hostAliases[{index}].ip", alias.get("ip") or "")


def fractions(
    amounts: Object | None, path: str, resources: tuple[str, ...] = ("memory", "ephemeral-storage")
) -> Iterator[str]:
    """Amounts of bytes that are not whole."""
    for resource in resources:
        amount = (amounts or {}).get(resource)
        if amount is not None and Quantity.parse(amount).millis() % 1000:
            text = f"fractional byte value {quoted(str(amount))} is invalid, must be an integer"
            yield f"{path}[{resource}]: {text}"


def claim_warnings(spec: Object, path: str) -> Iterator[str]:
    """What is odd about the claim for a volume."""
    for field in ("requests", "limits"):
        yield from fractions(meta.get_path(spec, "resources", field), f"{path}.resources.{field}", ("storage",))


def _containers(spec: Object, path: str) -> Iterator[tuple[str, Object]]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            yield f"{path}.{field}[{index}]", container


def _placement(spec: Object, path: str) -> Iterator[str]:
    for key in sorted(spec.get("nodeSelector") or {}):
        if key in DEPRECATED:
            yield f"{path}.nodeSelector[{key}]: {DEPRECATED[key]}"
    affinity = meta.get_path(spec, "affinity", "nodeAffinity")
    yield from node_affinity_warnings(f"{path}.affinity.nodeAffinity", affinity or {})
    for index, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        at, key = f"{path}.topologySpreadConstraints[{index}]", constraint.get("topologyKey") or ""
        if key in DEPRECATED:
            yield f"{at}.topologyKey: {key} is {DEPRECATED[key]}"
        if constraint.get("labelSelector") is None:
            yield f"{at}.labelSelector: {_NO_SELECTOR}"


def _volumes(spec: Object, path: str) -> Iterator[str]:
    volumes = spec.get("volumes") or []
    for index, volume in enumerate(volumes):
        for kind, text in _VOLUMES.items():
            source = volume.get(kind)
            if source is None:
                continue
            if text:
                yield f"{path}.volumes[{index}].{'storageOS' if kind == 'storageos' else kind}: {text}"
            elif claim := source.get("volumeClaimTemplate"):
                at = f"{path}.volumes[{index}].ephemeral.volumeClaimTemplate.spec"
                yield from claim_warnings(claim.get("spec") or {}, at)
    yield from overlap_warnings(volumes)


def _lists(spec: Object, path: str) -> Iterator[str]:
    """Lists whose entries should differ."""
    addresses: set[str] = set()
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        address = alias.get("ip") or ""
        if address in addresses:
            yield f"{path}.hostAliases[{index}].ip: duplicate ip {quoted(address)}"
        addresses.add(address)
    names = [secret.get("name") or "" for secret in spec.get("imagePullSecrets") or ()]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"{path}.imagePullSecrets[{index}].name: duplicate name {quoted(name)}"
    for index, name in enumerate(names):
        if not name:
            yield f'{path}.imagePullSecrets[{index}].name: invalid empty name ""'


def _container(
    container: Object, path: str, spec: Object, annotations: Object, at: str, *, is_template: bool
) -> Iterator[str]:
    context = container.get("securityContext") or {}
    key = f"{_SECCOMP}{container.get('name', '')}"
    if key in annotations and not context.get("seccompProfile"):
        yield f"{at}metadata.annotations[{key}]: {_USE_SECCOMP}"
    if is_template:
        yield from _app_armor_of(container, spec, annotations, at)
    resources = container.get("resources") or {}
    for resource in ("memory", "ephemeral-storage"):
        for field in ("limits", "requests"):
            yield from fractions(resources.get(field), f"{path}.resources.{field}", (resource,))
    known: set[str] = set()
    for index, variable in enumerate(container.get("env") or ()):
        name, value = variable.get("name", ""), variable.get("value") or ""
        reference = f"$({name})"
        if name in known and (variable.get("valueFrom") or value == reference or reference not in value):
            text = f"hides previous definition of {quoted(name)}, which may be dropped when using apply"
            yield f"{path}.env[{index}]: {text}"
        known.add(name)


def _app_armor(pod: Object, spec: Object, annotations: Object, at: str) -> Iterator[str]:
    if meta.get_path(pod, "spec", "os", "name") != "windows":
        for _, container in _containers(spec, ""):
            yield from _app_armor_of(container, spec, annotations, at)


def _app_armor_of(container: Object, spec: Object, annotations: Object, at: str) -> Iterator[str]:
    """An annotation that says something else than the fields do."""
    key = f"{_APP_ARMOR}{container.get('name', '')}"
    if key not in annotations or meta.get_path(container, "securityContext", "appArmorProfile"):
        return
    own = meta.get_path(spec, "securityContext", "appArmorProfile")
    if own is None or own != _profile(annotations[key]):
        yield f"{at}metadata.annotations[{key}]: {_USE_APP_ARMOR}"


def _profile(annotation: str) -> Object | None:
    if annotation.startswith("localhost/"):
        return {"type": "Localhost", "localhostProfile": annotation.removeprefix("localhost/")}
    kind = {"runtime/default": "RuntimeDefault", "unconfined": "Unconfined"}.get(annotation)
    return {"type": kind} if kind else None


def _ports(spec: Object, path: str) -> Iterator[str]:
    ports = [
        (f"{place}.ports[{index}]", port)
        for place, container in _containers(spec, path)
        for index, port in enumerate(container.get("ports") or ())
    ]
    for number, (place, port) in enumerate(ports):
        if port.get("hostIP") and not port.get("hostPort"):
            yield f"{place}: hostIP set without hostPort: {_in_go(port)}"
        for other_place, other in ports[:number]:
            if _key(other) == _key(port) and (how := _clash(port, other)):
                yield f"{place}: {how} port definition with {other_place}"
    names: dict[str, str] = {}
    for place, port in ports:
        name = port.get("name") or ""
        first = names.setdefault(name, place)
        if name and first != place:
            text = f"duplicate port name {quoted(name)} with {first}, services and probes that select ports by name"
            yield f"{place}: {text} will use {first}"


def _in_go(port: Object) -> str:
    shown = {
        "Name": port.get("name") or "",
        "HostPort": port.get("hostPort") or 0,
        "ContainerPort": port.get("containerPort") or 0,
        "Protocol": port.get("protocol") or "",
        "HostIP": port.get("hostIP") or "",
    }
    return f"{{{' '.join(f'{name}:{value}' for name, value in shown.items())}}}"


def _key(port: Object) -> tuple[int, str]:
    return port.get("containerPort") or 0, port.get("protocol") or ""


def _clash(port: Object, other: Object) -> str:
    """How two definitions of a port get into each other's way; empty if they do not."""
    address, its = port.get("hostIP") or "", other.get("hostIP") or ""
    number, its_number = port.get("hostPort") or 0, other.get("hostPort") or 0
    if (address, number) == (its, its_number):
        return "duplicate"
    if not number or not its_number:
        return "overlapping"
    return "dangerously ambiguous" if number == its_number and bool(address) != bool(its) else ""


def _affinity(affinity: Object, path: str) -> Iterator[str]:
    for kind in ("podAffinity", "podAntiAffinity"):
        own = affinity.get(kind) or {}
        for index, term in enumerate(own.get(f"required{_WHEN}") or ()):
            if term.get("labelSelector") is None:
                yield f"{path}.{kind}.required{_WHEN}[{index}].labelSelector: {_NO_SELECTOR}"
        for index, weighted in enumerate(own.get(f"preferred{_WHEN}") or ()):
            if meta.get_path(weighted, "podAffinityTerm", "labelSelector") is None:
                yield f"{path}.{kind}.preferred{_WHEN}[{index}].podAffinityTerm.labelSelector: {_NO_SELECTOR}"
