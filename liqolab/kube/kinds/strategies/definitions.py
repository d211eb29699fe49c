"""CustomResourceDefinitions as objects: names, versions, the stored versions that may not be forgotten.

What a definition brings about (endpoints, schemas) is not decided here; whether its schema is structural is.
"""

from __future__ import annotations

from liqolab.apimachinery import meta, names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    each_invalid,
    invalid_value,
    not_supported,
    required,
)
from liqolab.kube.kinds.strategies.common import WithStatus

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"

_SCOPES = ("Cluster", "Namespaced")


class DefinitionStrategy(WithStatus):
    """A definition is protected from deletion until its objects are gone."""

    def __init__(self) -> None:
        super().__init__(unconditional=False)

    def prepare_create(self, obj: Object) -> None:
        fill_names(obj)
        obj["status"] = {
            "conditions": None,
            "acceptedNames": {"plural": "", "kind": ""},
            "storedVersions": _storage_versions(obj),
        }
        obj["metadata"]["finalizers"] = meta.finalizers(meta.with_finalizer(obj, FINALIZER))

    def prepare_update(self, new: Object, old: Object) -> None:
        fill_names(new)
        super().prepare_update(new, old)
        status = new.get("status") or {}
        stored = status.get("storedVersions") or []
        added = [version for version in _storage_versions(new) if version not in stored]
        if added:
            new["status"] = {**status, "storedVersions": [*stored, *added]}

    def validate_create(self, obj: Object) -> list[FieldError]:
        return _validate(obj)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        errors = _validate(new)
        for field in ("group", "scope"):
            after, before = new["spec"].get(field), old["spec"].get(field)
            if after != before:
                errors.append(invalid_value(f"spec.{field}", after, IMMUTABLE))
        after, before = (meta.get_path(obj, "spec", "names", "plural") for obj in (new, old))
        if after != before:
            errors.append(invalid_value("spec.names.plural", after, IMMUTABLE))
        return errors


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


def _validate(definition: Object) -> list[FieldError]:
    spec = definition.get("spec") or {}
    given, group, scope = spec.get("names") or {}, spec.get("group", ""), spec.get("scope", "")
    errors: list[FieldError] = []
    expected = f"{given.get('plural', '')}.{group}"
    if definition["metadata"].get("name") != expected:
        text = 'must be spec.names.plural+"."+spec.group'
        errors.append(invalid_value("metadata.name", definition["metadata"].get("name", ""), text))
    if not group:
        errors.append(required("spec.group"))
    else:
        errors += each_invalid("spec.group", group, names.dns1123_subdomain(group))
        if "." not in group:
            errors.append(invalid_value("spec.group", group, "should be a domain with at least one dot"))
    if not scope:
        errors.append(required("spec.scope"))
    elif scope not in _SCOPES:
        errors.append(not_supported("spec.scope", scope, _SCOPES))
    return [*errors, *_validate_versions(spec), *_validate_names(given)]


def _validate_versions(spec: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    versions = spec.get("versions") or []
    for index, version in enumerate(versions):
        path, name = f"spec.versions[{index}]", version.get("name", "")
        errors += each_invalid(f"{path}.name", name, names.dns1035_label(name))
        if not meta.get_path(version, "schema", "openAPIV3Schema"):
            errors.append(required(f"{path}.schema.openAPIV3Schema", "schemas are required"))
        elif not version["schema"]["openAPIV3Schema"].get("type"):
            text = "must not be empty at the root"
            one = "spec.validation.openAPIV3Schema.type"
            errors.append(required(one if len(versions) == 1 else f"{path}.schema.openAPIV3Schema.type", text))
    if len([version for version in versions if version.get("storage")]) != 1:
        shown = [str(version.get("name")) for version in versions]
        text = "must have exactly one version marked as storage version"
        errors.append(invalid_value("spec.versions", shown, text))
    return errors


def _validate_names(given: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in ("plural", "singular", "kind", "listKind"):
        value = given.get(field, "")
        if not value:
            errors.append(required(f"spec.names.{field}"))
        else:
            errors += each_invalid(f"spec.names.{field}", value, names.dns1035_label(value.lower()))
    for index, value in enumerate(given.get("shortNames") or []):
        errors += each_invalid(f"spec.names.shortNames[{index}]", value, names.dns1035_label(value))
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        text = "kind and listKind may not be the same"
        errors.append(invalid_value("spec.names.listKind", given["listKind"], text))
    return errors
