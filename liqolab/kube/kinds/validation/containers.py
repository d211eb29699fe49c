"""Containers of a pod: names, images, ports, environment, mounts, resources, probes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    missing,
    not_negative,
    not_supported,
    required,
)

PROTOCOLS = ("SCTP", "TCP", "UDP")
PORT_RANGE = "must be between 1 and 65535, inclusive"

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_OVERCOMMITABLE = frozenset(("cpu", "memory", "ephemeral-storage"))
_PORT_NAME = re.compile(r"[-a-z0-9]+")
_ENV_NAME = re.compile(r"[ -<>-~]+")
_ENV_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def validate_containers(
    containers: Sequence[Object], path: str, volumes: set[str], taken: set[str]
) -> list[FieldError]:
    """All containers of one list; `taken` are the names of the pod's other containers and grows."""
    errors: list[FieldError] = []
    for index, container in enumerate(containers):
        at = f"{path}[{index}]"
        name = container.get("name", "")
        if not name:
            errors.append(required(f"{at}.name"))
        else:
            errors += each_invalid(f"{at}.name", name, names.dns1123_label(name))
        if name in taken:
            errors.append(duplicate(f"{at}.name", name))
        taken.add(name)
        errors += _validate_image(container, at)
        errors += _validate_ports(container.get("ports") or [], f"{at}.ports")
        errors += _validate_env(container.get("env") or [], f"{at}.env")
        errors += _validate_mounts(container.get("volumeMounts") or [], volumes, f"{at}.volumeMounts")
        policy = container.get("imagePullPolicy")
        if policy is not None and policy not in _PULL_POLICIES:
            errors.append(not_supported(f"{at}.imagePullPolicy", policy, _PULL_POLICIES))
        errors += validate_resources(container.get("resources") or {}, f"{at}.resources")
        errors += _validate_probes(container, at)
    return errors


def _validate_image(container: Object, path: str) -> list[FieldError]:
    image = container.get("image", "")
    if not image:
        return [required(f"{path}.image")]
    if image != image.strip():
        return [invalid_value(f"{path}.image", image, "must not have leading or trailing whitespace")]
    return []


def valid_port(number: Any) -> bool:
    return isinstance(number, int) and 1 <= number <= 65535


def port_name_errors(name: str) -> list[str]:
    """IANA service names, as container and target ports are named."""
    errors = []
    if len(name) > 15:
        errors.append("must be no more than 15 characters")
    if not _PORT_NAME.fullmatch(name):
        errors.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", name):
        errors.append("must contain at least one letter (a-z)")
    if "--" in name:
        errors.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        errors.append("must not begin or end with a hyphen")
    return errors


def _validate_ports(ports: Sequence[Object], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at = f"{path}[{index}]"
        name, number, host = port.get("name", ""), port.get("containerPort") or 0, port.get("hostPort") or 0
        if name:
            errors += each_invalid(f"{at}.name", name, port_name_errors(name))
            if name in seen:
                errors.append(duplicate(f"{at}.name", name))
            seen.add(name)
        if not number:
            errors.append(required(f"{at}.containerPort"))
        elif not valid_port(number):
            errors.append(invalid_value(f"{at}.containerPort", number, PORT_RANGE))
        if host and not valid_port(host):
            errors.append(invalid_value(f"{at}.hostPort", host, PORT_RANGE))
        protocol = port.get("protocol", "TCP")
        if protocol not in PROTOCOLS:
            errors.append(not_supported(f"{at}.protocol", protocol, PROTOCOLS))
    return errors


def _validate_env(variables: Sequence[Object], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, variable in enumerate(variables):
        at = f"{path}[{index}]"
        name, source = variable.get("name", ""), variable.get("valueFrom")
        if not name:
            errors.append(required(f"{at}.name"))
        elif not _ENV_NAME.fullmatch(name):
            text = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            errors.append(invalid_value(f"{at}.name", name, text))
        if source is None:
            continue
        chosen = [key for key in _ENV_SOURCES if source.get(key)]
        if len(chosen) != 1:
            text = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
            detail = text if not chosen else "may not have more than one field specified at a time"
            errors.append(invalid_value(f"{at}.valueFrom", "", detail))
        elif variable.get("value"):
            text = "may not be specified when `value` is not empty"
            errors.append(invalid_value(f"{at}.valueFrom", "", text))
    return errors


def _validate_mounts(mounts: Sequence[Object], volumes: set[str], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, mount in enumerate(mounts):
        at = f"{path}[{index}]"
        name, where = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            errors.append(required(f"{at}.name"))
        elif name not in volumes:
            errors.append(missing(f"{at}.name", name))
        if not where:
            errors.append(required(f"{at}.mountPath"))
        elif where in seen:
            errors.append(invalid_value(f"{at}.mountPath", where, "must be unique"))
        seen.add(where)
        below = mount.get("subPath") or ""
        if below.startswith("/"):
            errors.append(invalid_value(f"{at}.subPath", below, "must be a relative path"))
        if ".." in below.split("/"):
            errors.append(invalid_value(f"{at}.subPath", below, "must not contain '..'"))
    return errors


def _validate_probes(container: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(field)
        if probe is None:
            continue
        at = f"{path}.{field}"
        chosen = [key for key in _HANDLERS if probe.get(key) is not None]
        if not chosen:
            errors.append(required(at, "must specify a handler type"))
        errors += [forbidden_field(f"{at}.{key}", "may not specify more than 1 handler type") for key in chosen[1:]]
        for key in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
            errors += not_negative(f"{at}.{key}", probe.get(key))
        if field != "readinessProbe" and (probe.get("successThreshold") or 1) != 1:
            errors.append(invalid_value(f"{at}.successThreshold", probe["successThreshold"], "must be 1"))
    return errors


def validate_resources(resources: Object, path: str) -> list[FieldError]:
    """Requests within limits; what cannot be overcommitted needs a limit."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    errors: list[FieldError] = []
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            at = f"{path}.{field}[{name}]"
            errors += each_invalid(at, name, names.qualified_name(name))
            if Quantity.parse(amount).nanos < 0:
                errors.append(invalid_value(at, str(amount), "must be greater than or equal to 0"))
    for name, amount in requests.items():
        limit = limits.get(name)
        if limit is None:
            if name not in _OVERCOMMITABLE and not name.startswith("hugepages-"):
                text = "Limit must be set for non overcommitable resources"
                errors.append(required(f"{path}.limits", text))
            continue
        wanted, most = Quantity.parse(amount), Quantity.parse(limit)
        if name not in _OVERCOMMITABLE and wanted != most:
            text = f"must be equal to {name} limit of {most}"
            errors.append(invalid_value(f"{path}.requests", str(wanted), text))
        elif wanted > most:
            text = f"must be less than or equal to {name} limit of {most}"
            errors.append(invalid_value(f"{path}.requests", str(wanted), text))
    return errors
