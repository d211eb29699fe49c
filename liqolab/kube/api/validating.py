"""Everything that is wrong with an object: its metadata, then what its kind and its schema have against it."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError, invalid
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.metadata import validate_metadata_create, validate_metadata_update
from liqolab.kube.kinds.spec import KindSpec

_WHOLE = ("", "status")
"""Subresources whose updates obey the kind's rules of update; what the others may touch they decide themselves."""


def check_create(spec: KindSpec, obj: Object) -> None:
    """Let a new object pass.

    Raises:
        ApiError: 422.
    """
    _refuse(spec, obj, validate_metadata_create(spec, obj), spec.strategy.validate_create(obj))


def check_update(spec: KindSpec, subresource: str, new: Object, old: Object) -> None:
    """Let the new state of an object pass.

    Raises:
        ApiError: 422.
    """
    own = spec.strategy.validate_update(new, old) if subresource in _WHOLE else []
    _refuse(spec, new, validate_metadata_update(spec, new, old), own)


def _refuse(spec: KindSpec, obj: Object, metadata: list[FieldError], own: list[FieldError]) -> None:
    """The schema of a built-in kind is asked only when the kind itself has nothing to say: its own validation tells the
    same in the words, and in the order, that people know.
    """
    schema = schemas.validate(spec, obj) if spec.custom or not own else []
    if errors := dict.fromkeys([*metadata, *schema, *own]):
        raise invalid(spec.resource, obj["metadata"].get("name", ""), errors)
