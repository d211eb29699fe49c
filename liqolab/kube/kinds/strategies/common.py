"""Behaviour that most kinds share: the server owns status, the client owns the rest, and neither writes the other's.

Values carried over from the stored object are shared with it, as everything read from the store is: whoever changes
them later copies them first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Final

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.spec import Strategy

CreateCheck = Callable[[Object], list[FieldError]]
UpdateCheck = Callable[[Object, Object], list[FieldError]]

METADATA: Final = ("labels", "annotations", "finalizers", "ownerReferences")
"""What clients may write of an object's metadata."""


def carry(new: Object, old: Object, key: str) -> None:
    """Give `new` the value that `old` has at the top level, or none."""
    if key in old:
        new[key] = old[key]
    else:
        new.pop(key, None)


class Plain(Strategy):
    """A kind without status and without generation: config maps, roles, leases.

    Args:
        validate: checks of an object, on create and update alike.
        compare: further checks of an update.
        returns_object: see `Strategy.returns_object_on_delete`.
        generation: see `Strategy.tracks_generation`.
        counts: see `Strategy.counts_updates`.
        counted_metadata: see `Strategy.counted_metadata`.
        unconditional: see `Strategy.allow_unconditional_update`.
    """

    def __init__(
        self,
        *,
        validate: CreateCheck | None = None,
        compare: UpdateCheck | None = None,
        returns_object: bool = False,
        generation: bool = False,
        counts: bool = True,
        counted_metadata: Sequence[str] = (),
        unconditional: bool = True,
    ) -> None:
        self.returns_object_on_delete = returns_object
        self.tracks_generation = generation
        self.counts_updates = counts
        self.counted_metadata = counted_metadata
        self.allow_unconditional_update = unconditional
        self._validate = validate
        self._compare = compare

    def prepare_status_update(self, new: Object, old: Object) -> None:
        keep_all_but_status(new, old)

    def validate_create(self, obj: Object) -> list[FieldError]:
        return self._validate(obj) if self._validate else []

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        errors = self._validate(new) if self._validate else []
        return errors + (self._compare(new, old) if self._compare else [])


class WithStatus(Plain):
    """A kind whose status is a subresource: clients cannot set it with the object, nor the object with it.

    Args:
        initial: the status of a new object; None leaves it out.
        kept_metadata: what of the metadata a status update leaves as it is. Upstream has three customs: most kinds let
            it change labels, annotations, finalizers and owners along with the status, newer ones nothing of them
            (`METADATA`), and a few have rules of their own.
        check_status: checks of an update of the status; everything else in it is as it was.
        options: those of `Plain`; generation is tracked unless told otherwise.
    """

    def __init__(
        self,
        *,
        initial: Object | None = None,
        kept_metadata: Sequence[str] = (),
        check_status: UpdateCheck | None = None,
        **options: Any,
    ) -> None:
        options.setdefault("generation", True)
        super().__init__(**options)
        self._initial = initial
        self._kept_metadata = kept_metadata
        self._check_status = check_status

    def prepare_create(self, obj: Object) -> None:
        obj.pop("status", None)
        if self._initial is not None:
            obj["status"] = copy.deepcopy(self._initial)

    def prepare_update(self, new: Object, old: Object) -> None:
        carry(new, old, "status")

    def prepare_status_update(self, new: Object, old: Object) -> None:
        keep_all_but_status(new, old, self._kept_metadata)

    def validate_subresource_update(self, subresource: str, new: Object, old: Object) -> list[FieldError]:
        return self._check_status(new, old) if self._check_status and subresource == "status" else []


def keep_all_but_status(new: Object, old: Object, kept_metadata: Sequence[str] = ()) -> None:
    """Undo every change but those of status and metadata, and of the metadata those of the named fields as well."""
    for key in {*new, *old} - {"metadata", "status", "apiVersion", "kind"}:
        carry(new, old, key)
    for key in kept_metadata:
        carry(new["metadata"], old["metadata"], key)
