"""CustomResourceDefinitions as objects: names, versions, the stored versions that may not be forgotten.

What a definition brings about (endpoints, schemas) is not decided here; whether its schema is structural is.
"""

from __future__ import annotations

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.definitions import validate_definition

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"

_PENDING = {
    "type": "Terminating",
    "status": "True",
    "reason": "InstanceDeletionPending",
    "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
}


class DefinitionStrategy(WithStatus):
    """A definition is protected from deletion until its objects are gone."""

    def __init__(self) -> None:
        super().__init__(unconditional=False)

    def prepare_create(self, obj: Object) -> None:
        fill_names(obj)
        obj["status"] = {
            "conditions": None,
            "acceptedNames": {"plural": "", "kind": ""},
            "storedVersions": _storage_versions(obj)[:1] or None,
        }

    def prepare_delete(self, obj: Object) -> None:
        """Its objects go first."""
        obj["metadata"]["finalizers"] = meta.finalizers(meta.with_finalizer(obj, FINALIZER))
        status = obj.setdefault("status", {})
        condition = {**_PENDING, "lastTransitionTime": timestamps.now()}
        status["conditions"] = meta.set_condition(status.get("conditions") or [], condition)

    def prepare_update(self, new: Object, old: Object) -> None:
        fill_names(new)
        super().prepare_update(new, old)
        status = new.get("status") or {}
        stored = status.get("storedVersions") or []
        added = [version for version in _storage_versions(new) if version not in stored]
        if added:
            new["status"] = {**status, "storedVersions": [*stored, *added]}

    def validate_create(self, obj: Object) -> list[FieldError]:
        return validate_definition(obj)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return validate_definition(new, old)


def fill_names(definition: Object) -> None:
    """Singular and list kind follow from the kind; nothing is converted unless said."""
    spec = definition.setdefault("spec", {})
    given = spec.setdefault("names", {})
    kind = given.get("kind", "")
    if not given.get("singular"):
        given["singular"] = kind.lower()
    if not given.get("listKind") and kind:
        given["listKind"] = f"{kind}List"
    spec.setdefault("conversion", {"strategy": "None"})


def _storage_versions(definition: Object) -> list[str]:
    versions = definition["spec"].get("versions") or []
    return [str(version.get("name")) for version in versions if version.get("storage")]
