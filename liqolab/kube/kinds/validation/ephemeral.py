"""Ephemeral containers: added to a pod that runs, and from then on as they are."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.kinds.field_errors import forbidden_field
from liqolab.kube.kinds.internal_types import difference
from liqolab.kube.kinds.validation.containers import PodFacts, validate_ephemeral_containers

_PATH: Final = "spec.ephemeralContainers"


def validate_ephemeral_update(spec: Object, listed: Objects, before: Objects) -> list[FieldError]:
    """What is wrong with the list of ephemeral containers of a pod's spec.

    Args:
        spec: the pod's.
        listed: the list as it is wanted.
        before: the list as it is.
    """
    others = [container for kind in ("containers", "initContainers") for container in spec.get(kind) or []]
    volumes = {volume.get("name", ""): volume for volume in spec.get("volumes") or []}
    return [
        *validate_ephemeral_containers(listed, others, _PATH, PodFacts(volumes=volumes)),
        *_validate_kept(listed, before),
    ]


def _validate_kept(listed: Objects, before: Objects) -> list[FieldError]:
    by_name = {container.get("name"): container for container in listed}
    errors = []
    for old in before:
        name, new = old["name"], by_name.get(old["name"])
        if new is None:
            text = f'existing ephemeral containers "{name}" may not be removed\n'
            errors.append(forbidden_field(_PATH, text))
        elif new != old:
            changes = difference("core.EphemeralContainer", old, new)
            text = f'existing ephemeral containers "{name}" may not be changed\n{changes}'
            errors.append(forbidden_field(_PATH, text))
    return errors
