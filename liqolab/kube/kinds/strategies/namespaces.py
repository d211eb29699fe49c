"""Namespaces: they are active until deleted, and then stay until the last finalizer of their *spec* is gone."""

from __future__ import annotations

from liqolab.apimachinery import names
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
        path, text = "spec.finalizers", "name is neither a standard finalizer name nor is it fully qualified"
        errors: list[FieldError] = []
        for finalizer in (obj.get("spec") or {}).get("finalizers") or []:
            errors += each_invalid(path, finalizer, names.qualified_name(finalizer))
            if "/" not in finalizer and finalizer not in _STANDARD:
                errors.append(invalid_value(path, finalizer, text))
        return errors + name_label_errors(obj)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return name_label_errors(new)


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
