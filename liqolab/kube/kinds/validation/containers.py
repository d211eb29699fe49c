"""Containers of a pod: regular, init and ephemeral ones have most of their rules in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    missing,
    not_supported,
    required,
)
from liqolab.kube.kinds.validation.environment import validate_env, validate_env_from
from liqolab.kube.kinds.validation.handlers import PROBES, validate_lifecycle, validate_probes
from liqolab.kube.kinds.validation.mounts import validate_devices, validate_mounts
from liqolab.kube.kinds.validation.resources import validate_requirements
from liqolab.kube.kinds.validation.security import validate_container_security

PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")

_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_SIDECARS_ONLY = "may not be set for init containers without restartPolicy=Always"
_EPHEMERAL = "cannot be set for an Ephemeral Container"
_NOT_EPHEMERAL = ("ports", "resources", "resizePolicy", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle")
_RESIZED = ("cpu", "memory")
_RESIZES = ("NotRequired", "RestartContainer")


@dataclass(frozen=True, slots=True)
class PodFacts:
    """What the rules of a container need to know about its pod.

    Attributes:
        volumes: name → volume, of the sound ones.
        claims: the names of its resource claims.
        grace: ``terminationGracePeriodSeconds``.
        restart_policy: ``restartPolicy``.
        host_users: whether users in the pod are users of the host.
    """

    volumes: Mapping[str, Object] = field(default_factory=dict)
    claims: Sequence[str] = ()
    grace: int | None = None
    restart_policy: str = "Always"
    host_users: bool = True


def validate_containers(containers: Sequence[Object], path: str, pod: PodFacts) -> list[FieldError]:
    """``containers``."""
    if not containers:
        return [required(path)]
    errors: list[FieldError] = []
    taken: set[str] = set()
    for index, container in enumerate(containers):
        at, name = f"{path}[{index}]", container.get("name", "")
        errors += _validate_common(container, at, pod)
        if name in taken:
            errors.append(duplicate(f"{at}.name", name))
        taken.add(name)
        if (lifecycle := container.get("lifecycle")) is not None:
            errors += validate_lifecycle(lifecycle, pod.grace, f"{at}.lifecycle")
        errors += validate_probes(container, at)
    return errors + _host_port_conflicts(enumerate(containers), path)


def validate_init_containers(
    containers: Sequence[Object], regular: Sequence[Object], path: str, pod: PodFacts
) -> list[FieldError]:
    """``initContainers``, among them sidecars."""
    errors: list[FieldError] = []
    taken = {container.get("name", "") for container in regular}
    for index, container in enumerate(containers):
        at, name, restart = f"{path}[{index}]", container.get("name", ""), container.get("restartPolicy")
        errors += _validate_common(container, at, pod)
        if name in taken:
            errors.append(duplicate(f"{at}.name", name))
        taken.update((name,) if name else ())
        errors += _host_port_conflicts([(0, container)], path)
        if restart == "Always":
            if (lifecycle := container.get("lifecycle")) is not None:
                errors += validate_lifecycle(lifecycle, pod.grace, f"{at}.lifecycle")
            errors += validate_probes(container, at)
        else:
            given = [key for key in ("lifecycle", *PROBES) if container.get(key) is not None]
            errors += [forbidden_field(f"{at}.{key}", _SIDECARS_ONLY) for key in given]
    return errors


def validate_ephemeral_containers(
    containers: Sequence[Object], others: Iterable[Object], path: str, pod: PodFacts
) -> list[FieldError]:
    """``ephemeralContainers``: guests without a promise of resources or of a restart."""
    errors: list[FieldError] = []
    targets = {container.get("name", "") for container in others}
    taken = set(targets)
    for index, container in enumerate(containers):
        at, name = f"{path}[{index}]", container.get("name", "")
        errors += _validate_common(container, at, pod)
        errors += validate_image_spaces(container, at)
        if name in taken:
            errors.append(duplicate(f"{at}.name", name))
        taken.add(name)
        target = container.get("targetContainerName")
        if target and target not in targets:
            errors.append(missing(f"{at}.targetContainerName", target))
        errors += [forbidden_field(f"{at}.{key}", _EPHEMERAL) for key in _NOT_EPHEMERAL if container.get(key)]
        for place, mount in enumerate(container.get("volumeMounts") or []):
            for key in ("subPath", "subPathExpr"):
                if mount.get(key):
                    errors.append(forbidden_field(f"{at}.volumeMounts[{place}].{key}", _EPHEMERAL))
    return errors


def _validate_common(container: Object, path: str, pod: PodFacts) -> list[FieldError]:
    name = container.get("name", "")
    errors = each_invalid(f"{path}.name", name, names.dns1123_label(name)) if name else [required(f"{path}.name")]
    if not container.get("image"):
        errors.append(required(f"{path}.image"))
    policy = container.get("terminationMessagePolicy", "File")
    if policy not in _MESSAGE_POLICIES:
        errors.append(not_supported(f"{path}.terminationMessagePolicy", policy, _MESSAGE_POLICIES))
    errors += _validate_ports(container.get("ports") or [], f"{path}.ports")
    errors += validate_env(container.get("env") or [], f"{path}.env")
    errors += validate_env_from(container.get("envFrom") or [], f"{path}.envFrom")
    if container.get("volumeMounts"):
        errors += validate_mounts(container, pod.volumes, f"{path}.volumeMounts")
    if container.get("volumeDevices"):
        errors += validate_devices(container, pod.volumes, f"{path}.volumeDevices")
    pull = container.get("imagePullPolicy", "Always")
    if pull not in PULL_POLICIES:
        errors.append(not_supported(f"{path}.imagePullPolicy", pull, PULL_POLICIES))
    if resources := container.get("resources"):
        errors += validate_requirements(resources, f"{path}.resources", claims=pod.claims)
    errors += _validate_resizes(container.get("resizePolicy") or [], f"{path}.resizePolicy", pod)
    context = container.get("securityContext")
    return errors + validate_container_security(context, f"{path}.securityContext", host_users=pod.host_users)


def validate_image_spaces(container: Object, path: str) -> list[FieldError]:
    """An image without spaces around it; templates may have them."""
    image = container.get("image", "")
    if image == image.strip():
        return []
    return [invalid_value(f"{path}.image", image, "must not have leading or trailing whitespace")]


def _validate_ports(ports: Sequence[Object], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at, name, number = f"{path}[{index}]", port.get("name", ""), port.get("containerPort") or 0
        if name:
            problems = names.port_name(name)
            errors += each_invalid(f"{at}.name", name, problems)
            if not problems and name in seen:
                errors.append(duplicate(f"{at}.name", name))
            seen.add(name)
        if not number:
            errors.append(required(f"{at}.containerPort"))
        else:
            errors += each_invalid(f"{at}.containerPort", number, names.port_number(number))
        if host := port.get("hostPort"):
            errors += each_invalid(f"{at}.hostPort", host, names.port_number(host))
        protocol = port.get("protocol", "TCP")
        if protocol not in PROTOCOLS:
            errors.append(not_supported(f"{at}.protocol", protocol, PROTOCOLS))
    return errors


def _host_port_conflicts(containers: Iterable[tuple[int, Object]], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, container in containers:
        for place, port in enumerate(container.get("ports") or []):
            if not port.get("hostPort"):
                continue
            key = f"{port.get('protocol', 'TCP')}/{port.get('hostIP', '')}/{port['hostPort']}"
            if key in seen:
                errors.append(duplicate(f"{path}[{index}].ports[{place}].hostPort", key))
            seen.add(key)
    return errors


def _validate_resizes(rows: Sequence[Object], path: str, pod: PodFacts) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, row in enumerate(rows):
        name, policy = row.get("resourceName", ""), row.get("restartPolicy", "")
        if name in seen:
            errors.append(duplicate(f"{path}[{index}]", name))
        seen.add(name)
        for value, supported in ((name, _RESIZED), (policy, _RESIZES)):
            if not value:
                errors.append(required(path))
            elif value not in supported:
                errors.append(not_supported(path, value, supported))
        if pod.restart_policy == "Never" and policy != "NotRequired":
            text = "must be 'NotRequired' when `restartPolicy` is 'Never'"
            errors.append(invalid_value(path, policy, text))
    return errors
