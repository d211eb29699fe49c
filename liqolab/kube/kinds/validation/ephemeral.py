"""Ephemeral containers: added to a pod that runs, and from then on as they are."""

from __future__ import annotations

import difflib
import json
from typing import Final

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.kinds.field_errors import forbidden_field, missing
from liqolab.kube.kinds.internal_types import internal
from liqolab.kube.kinds.validation.containers import validate_containers

_PATH: Final = "spec.ephemeralContainers"
_NOT_ALLOWED: Final = (
    *("ports", "resources", "resizePolicy", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"),
)
_REFUSED: Final = "cannot be set for an Ephemeral Container"


def validate_ephemeral_containers(spec: Object, listed: Objects, before: Objects) -> list[FieldError]:
    """What is wrong with the list of ephemeral containers of a pod's spec.

    Args:
        spec: the pod's.
        listed: the list as it is wanted.
        before: the list as it is.
    """
    taken = {row.get("name", "") for field in ("containers", "initContainers") for row in spec.get(field) or []}
    others = frozenset(taken)
    volumes = {volume.get("name", "") for volume in spec.get("volumes") or []}
    errors = validate_containers(listed, _PATH, volumes, taken)
    for index, container in enumerate(listed):
        at = f"{_PATH}[{index}]"
        target = container.get("targetContainerName")
        if target and target not in others:
            errors.append(missing(f"{at}.targetContainerName", target))
        errors += [forbidden_field(f"{at}.{field}", _REFUSED) for field in _NOT_ALLOWED if container.get(field)]
        for number, mount in enumerate(container.get("volumeMounts") or ()):
            errors += [
                forbidden_field(f"{at}.volumeMounts[{number}].{field}", _REFUSED)
                for field in ("subPath", "subPathExpr")
                if mount.get(field)
            ]
    return errors + _validate_kept(listed, before)


def _validate_kept(listed: Objects, before: Objects) -> list[FieldError]:
    by_name = {container.get("name"): container for container in listed}
    errors = []
    for old in before:
        name, new = old["name"], by_name.get(old["name"])
        if new is None:
            text = f'existing ephemeral containers "{name}" may not be removed\n'
            errors.append(forbidden_field(_PATH, text))
        elif new != old:
            text = f'existing ephemeral containers "{name}" may not be changed\n{_difference(old, new)}'
            errors.append(forbidden_field(_PATH, text))
    return errors


def _difference(old: Object, new: Object) -> str:
    """A unified difference of both in the form of the server's own types, as Kubernetes prints it."""
    before, after = (json.dumps(internal("core.EphemeralContainer", row), indent=1).splitlines() for row in (old, new))
    rows = list(difflib.unified_diff(before, after, lineterm=""))[2:]
    return "".join(f"{row}\n" for row in rows)
