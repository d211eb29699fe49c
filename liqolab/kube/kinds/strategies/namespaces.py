"""Namespaces: they are active until deleted, and then stay until the last finalizer of their *spec* is gone."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import invalid_value
from liqolab.kube.kinds.strategies.common import WithStatus, carry

NAME_LABEL = "kubernetes.io/metadata.name"
FINALIZER = "kubernetes"


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
        return name_label_errors(obj)

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
