"""Annotations that were fields once: seccomp and AppArmor profiles, and what a pod's deletion costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import forbidden_field, invalid_value, quoted
from liqolab.kube.kinds.validation.paths import descending

MIRROR: Final = "kubernetes.io/config.mirror"
DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"
SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER: Final = "container.seccomp.security.alpha.kubernetes.io/"
APPARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"

_SECCOMP_PLAIN = ("runtime/default", "docker/default", "unconfined")
_COST = re.compile(r"0|-?[1-9][0-9]{0,9}")


def every_container(spec: Object, path: str) -> Iterator[tuple[Object, str]]:
    """All containers of a pod with their paths, in the order in which an API server visits them."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(kind) or []):
            yield container, f"{path}.{kind}[{index}]"


def validate_pod_annotations(annotations: Mapping[str, str], spec: Object, path: str) -> list[FieldError]:
    """The annotations of a pod or template that mean something."""
    errors: list[FieldError] = []
    if MIRROR in annotations and not spec.get("nodeName"):
        text = "must set spec.nodeName if mirror pod annotation is set"
        errors.append(invalid_value(f"{path}[{MIRROR}]", annotations[MIRROR], text))
    cost = annotations.get(DELETION_COST, "0")
    if not _COST.fullmatch(cost) or not -(2**31) <= int(cost) < 2**31:
        errors.append(invalid_value(f"{path}[{DELETION_COST}]", cost, "must be a 32bit integer"))
    for key, value in annotations.items():
        if key == SECCOMP_POD or key.startswith(SECCOMP_CONTAINER):
            errors += _validate_seccomp(value, f"{path}.{key}")
    for key, value in annotations.items():
        if key.startswith(APPARMOR):
            errors += _validate_apparmor(key, value, spec, path)
    return errors


def _validate_seccomp(profile: str, path: str) -> list[FieldError]:
    if profile in _SECCOMP_PLAIN:
        return []
    if profile.startswith("localhost/"):
        return descending(profile.removeprefix("localhost/"), path)
    return [invalid_value(path, profile, "must be a valid seccomp profile")]


def _validate_apparmor(key: str, profile: str, spec: Object, path: str) -> list[FieldError]:
    name = key.removeprefix(APPARMOR)
    errors = []
    if all(container.get("name") != name for container, _ in every_container(spec, "")):
        errors.append(invalid_value(f"{path}[{key}]", name, "container not found"))
    if profile not in ("", "runtime/default", "unconfined") and not profile.startswith("localhost/"):
        text = f"invalid AppArmor profile name: {quoted(profile)}"
        errors.append(invalid_value(f"{path}[{key}]", profile, text))
    return errors


def annotations_match(annotations: Mapping[str, str], spec: Object, path: str) -> list[FieldError]:
    """What stands in an annotation and in its field must be the same."""
    errors: list[FieldError] = []
    own = spec.get("securityContext") or {}
    if own.get("seccompProfile") is not None and SECCOMP_POD in annotations:
        at = f"{path}.securityContext.seccompProfile"
        errors += _same(annotations[SECCOMP_POD], own["seccompProfile"], at, "seccomp")
    for container, at in every_container(spec, path):
        profile = (container.get("securityContext") or {}).get("seccompProfile")
        if profile is not None and (value := annotations.get(SECCOMP_CONTAINER + container.get("name", ""))):
            errors += _same(value, profile, f"{at}.securityContext.seccompProfile", "seccomp")
    for container, at in every_container(spec, path):
        profile = (container.get("securityContext") or {}).get("appArmorProfile")
        value = annotations.get(APPARMOR + container.get("name", ""))
        if profile is None and not (path == "spec" and _is_profile(value)):
            # What the annotation of a container says goes before what a pod says, if it makes sense.
            profile = own.get("appArmorProfile")
        if profile is not None and value is not None:
            errors += _same(value, profile, f"{at}.securityContext.appArmorProfile", "apparmor")
    return errors


def _is_profile(annotation: str | None) -> bool:
    return annotation in ("runtime/default", "unconfined") or (annotation or "").startswith("localhost/")


def _same(annotation: str, profile: Object, path: str, what: str) -> list[FieldError]:
    kind = profile.get("type")
    plain = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default", "docker/default")}
    fits = (
        annotation.startswith("localhost/")
        if kind == "Localhost"
        else annotation in plain.get(kind or "", (annotation,))
    )
    if not fits:
        return [forbidden_field(f"{path}.type", f"{what} type in annotation and field must match")]
    if kind == "Localhost" and annotation.removeprefix("localhost/") != profile.get("localhostProfile"):
        return [forbidden_field(f"{path}.localhostProfile", f"{what} profile in annotation and field must match")]
    return []
