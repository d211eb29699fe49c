"""Probes and lifecycle hooks: what a kubelet asks or does, and how long it waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    each_invalid,
    forbidden_field,
    invalid_value,
    not_negative,
    not_supported,
    required,
)
from liqolab.kube.kinds.validation.shares import validate_port

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")

_SCHEMES = ("HTTP", "HTTPS")
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def _validate_exec(action: Object, path: str) -> list[FieldError]:
    return [] if action.get("command") else [required(f"{path}.command")]


def _validate_http(action: Object, path: str) -> list[FieldError]:
    errors = validate_port(action.get("port"), f"{path}.port")
    scheme = action.get("scheme", "HTTP")
    if scheme not in _SCHEMES:
        errors.append(not_supported(f"{path}.scheme", scheme, _SCHEMES))
    for header in action.get("httpHeaders") or []:
        name = header.get("name", "")
        errors += each_invalid(f"{path}.httpHeaders", name, names.http_header(name))
    return errors


def _validate_port_action(action: Object, path: str) -> list[FieldError]:
    return validate_port(action.get("port"), f"{path}.port")


_ACTIONS: dict[str, Callable[[Object, str], list[FieldError]]] = {
    "exec": _validate_exec,
    "httpGet": _validate_http,
    "tcpSocket": _validate_port_action,
    "grpc": _validate_port_action,
}
"""Action → its check, in the order in which they are looked at: of two, the second one is too many."""


def _validate_handler(handler: Object, grace: int | None, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    found = False
    for action, check in _ACTIONS.items():
        if handler.get(action) is None:
            continue
        at = f"{path}.{action}"
        errors += (
            [forbidden_field(at, "may not specify more than 1 handler type")] if found else check(handler[action], at)
        )
        found = True
    if (sleep := handler.get("sleep")) is not None:
        at = f"{path}.sleep"
        if found:
            errors.append(forbidden_field(at, "may not specify more than 1 handler type"))
        elif grace is not None and not 0 <= sleep.get("seconds", 0) <= grace:
            text = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            errors.append(invalid_value(at, sleep.get("seconds", 0), text))
        found = True
    return errors if found else [*errors, required(path, "must specify a handler type")]


def validate_probes(container: Object, path: str) -> list[FieldError]:
    """The three probes of a container."""
    return [
        error
        for field in PROBES
        if container.get(field) is not None
        for error in _validate_probe(container[field], field, f"{path}.{field}")
    ]


def _validate_probe(probe: Object, field: str, path: str) -> list[FieldError]:
    errors = _validate_handler(probe, None, path)
    for count in _COUNTS:
        errors += not_negative(f"{path}.{count}", probe.get(count))
    seconds: Any = probe.get("terminationGracePeriodSeconds")
    if seconds is not None and seconds <= 0:
        errors.append(invalid_value(f"{path}.terminationGracePeriodSeconds", seconds, "must be greater than 0"))
    if field == "readinessProbe":
        if seconds is not None:
            text = "must not be set for readinessProbes"
            errors.append(invalid_value(f"{path}.terminationGracePeriodSeconds", seconds, text))
    elif (threshold := probe.get("successThreshold", 1)) != 1:
        errors.append(invalid_value(f"{path}.successThreshold", threshold, "must be 1"))
    return errors


def validate_lifecycle(lifecycle: Object, grace: int | None, path: str) -> list[FieldError]:
    """``postStart`` and ``preStop``."""
    errors: list[FieldError] = []
    for field in ("postStart", "preStop"):
        if lifecycle.get(field) is not None:
            errors += _validate_handler(lifecycle[field], grace, f"{path}.{field}")
    return errors
