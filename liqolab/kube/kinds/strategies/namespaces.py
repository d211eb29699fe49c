"""Namespaces: they are active until deleted, and then stay until the last finalizer of their *spec* is gone."""

from __future__ import annotations

from liqolab.apimachinery import meta, names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import each_invalid, invalid_value
from liqolab.kube.kinds.strategies.common import WithStatus, carry

NAME_LABEL = "kubernetes.io/metadata.name"
FINALIZER = "kubernetes"

_STANDARD = (FINALIZER, "orphan", "foregroundDeletion")


class NamespaceStrategy(WithStatus):
    """The finalizer in ``spec`` belongs to the namespace controller and to the ``finalize`` subresource alone."""

    def __init__(self) -> None:
        super().__init__(initial={"phase": "Active"}, generation=False)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        spec = obj["spec"] = dict(obj.get("spec") or {})
        finalizers = list(spec.get("finalizers") or [])
        spec["finalizers"] = finalizers if FINALIZER in finalizers else [*finalizers, FINALIZER]
        name_label(obj)

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        carry(new, old, "spec")
        name_label(new)

    def validate_create(self, obj: Object) -> list[FieldError]:
        errors: list[FieldError] = []
        for finalizer in (obj.get("spec") or {}).get("finalizers") or []:
            errors += validate_finalizer("spec.finalizers", finalizer)
        return errors + name_label_errors(obj)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return name_label_errors(new)

    def validate_subresource_update(self, subresource: str, new: Object, old: Object) -> list[FieldError]:
        """The phase says whether the namespace is being deleted, and nothing else."""
        phase, deleting = (new.get("status") or {}).get("phase", ""), meta.is_deleting(new)
        allowed = "Terminating" if deleting else "Active"
        errors = name_label_errors(new)
        if phase == allowed:
            return errors
        what = "is not empty" if deleting else "is empty"
        return [*errors, invalid_value("status.Phase", phase, f"may only be '{allowed}' if `deletionTimestamp` {what}")]


def validate_finalizer(path: str, finalizer: str) -> list[FieldError]:
    """What is wrong with the name of a finalizer of a namespace's spec."""
    errors = each_invalid(path, finalizer, names.qualified_name(finalizer))
    if "/" not in finalizer and finalizer not in _STANDARD:
        why = "name is neither a standard finalizer name nor is it fully qualified"
        errors.append(invalid_value(path, finalizer, why))
    return errors


def name_label(obj: Object) -> None:
    """Label a namespace with its own name, so that namespace selectors can choose it by name."""
    metadata = obj["metadata"]
    if metadata.get("name"):
        metadata["labels"] = {NAME_LABEL: metadata["name"], **(metadata.get("labels") or {})}


def name_label_errors(obj: Object) -> list[FieldError]:
    """The label may not lie about the name."""
    metadata = obj["metadata"]
    value = (metadata.get("labels") or {}).get(NAME_LABEL, metadata.get("name"))
    if value == metadata.get("name"):
        return []
    text = f"must match namespace name: {metadata.get('name')}"
    return [invalid_value(f"metadata.labels[{NAME_LABEL}]", value, text)]
