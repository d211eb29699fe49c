"""Storage classes, attachments, runtime classes: what nodes and drivers agree upon."""

from __future__ import annotations

from collections.abc import Mapping

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
    too_long,
)
from liqolab.kube.kinds.metadata import validate_labels
from liqolab.kube.kinds.strategies.common import Plain, WithStatus
from liqolab.kube.kinds.validation.placement import validate_tolerations
from liqolab.kube.kinds.validation.resources import validate_requirements
from liqolab.kube.kinds.validation.volumes import validate_driver_name

_RECLAIM = ("Delete", "Retain")
_BINDING = ("Immediate", "WaitForFirstConsumer")
_MAX_PARAMETERS = 512
_MAX_PARAMETER_BYTES = 256 * 1024


def _validate_class(obj: Object) -> list[FieldError]:
    provisioner = obj.get("provisioner", "")
    errors = [required("provisioner")]
    if provisioner:
        errors = each_invalid("provisioner", provisioner.lower(), names.qualified_name(provisioner.lower()))
    errors += _validate_parameters(obj.get("parameters") or {})
    policy, mode = obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate")
    if policy not in _RECLAIM:
        errors.append(not_supported("reclaimPolicy", policy, _RECLAIM))
    if mode not in _BINDING:
        errors.append(not_supported("volumeBindingMode", mode, _BINDING))
    return errors + _validate_topologies(obj.get("allowedTopologies") or [])


def _validate_parameters(parameters: Mapping[str, str]) -> list[FieldError]:
    errors = [too_long("parameters", _MAX_PARAMETERS)] if len(parameters) > _MAX_PARAMETERS else []
    errors += [invalid_value("parameters", "", "field can not be empty.")] if "" in parameters else []
    if sum(len(key) + len(value) for key, value in parameters.items()) > _MAX_PARAMETER_BYTES:
        errors.append(too_long("parameters", _MAX_PARAMETER_BYTES))
    return errors


def _validate_topologies(terms: list[Object]) -> list[FieldError]:
    errors: list[FieldError] = []
    known: list[dict[str, set[str]]] = []
    for index, term in enumerate(terms):
        path, found = f"allowedTopologies[{index}].matchLabelExpressions", {}
        for place, row in enumerate(term.get("matchLabelExpressions") or []):
            at, key, values = f"{path}[{place}]", row.get("key", ""), row.get("values") or []
            errors += [] if values else [required(f"{at}.values")]
            repeated = [number for number, value in enumerate(values) if value in values[:number]]
            errors += [duplicate(f"{at}.values[{number}]", values[number]) for number in repeated]
            errors += each_invalid(f"{at}.key", key, names.qualified_name(key))
            errors += [duplicate(f"{at}.key", key)] if key in found else []
            found[key] = set(values)
        # A real server compares with one empty term for each that there is, besides those before.
        alike = known.count(found) + (0 if found else len(terms))
        errors += [duplicate(path, "")] * alike
        known.append(found)
    return errors


def _class_is_immutable(new: Object, old: Object) -> list[FieldError]:
    """Only what concerns volumes to come may change."""
    errors = [
        forbidden_field(field, f"updates to {field} are forbidden.")
        for field in ("parameters", "provisioner", "reclaimPolicy")
        if (new.get(field) or {}) != (old.get(field) or {})
    ]
    if new.get("volumeBindingMode") != old.get("volumeBindingMode"):
        errors.append(invalid_value("volumeBindingMode", new.get("volumeBindingMode"), IMMUTABLE))
    return errors


class _ClassStrategy(Plain):
    """An update is only held against what was before."""

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return _class_is_immutable(new, old)


STORAGE_CLASS = _ClassStrategy(returns_object=True, validate=_validate_class)


def _validate_attachment(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    source, node = spec.get("source") or {}, spec.get("nodeName", "")
    errors = [] if spec.get("attacher") else [required("spec.attacher")]
    named, inline = source.get("persistentVolumeName"), source.get("inlineVolumeSpec")
    text = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if named is None and inline is None:
        errors.append(required("spec.source", text))
    elif named is not None and inline is not None:
        errors.append(forbidden_field("spec.source", text))
    elif named == "":
        text = "must specify non empty persistentVolumeName"
        errors.append(required("spec.source.persistentVolumeName", text))
    errors += each_invalid("spec.nodeName", node, names.dns1123_subdomain(node))
    errors += validate_driver_name(spec.get("attacher", ""), "spec.attacher")
    if named is not None:
        errors += each_invalid("spec.source.persistentVolumeName", named, names.dns1123_subdomain(named))
    return errors


def _attachment_is_immutable(new: Object, old: Object) -> list[FieldError]:
    if new.get("spec") == old.get("spec"):
        return []
    return [invalid_value("spec", Internal("storage.VolumeAttachmentSpec", new.get("spec")), IMMUTABLE)]


VOLUME_ATTACHMENT = WithStatus(
    initial={"attached": False},
    generation=False,
    returns_object=True,
    unconditional=False,
    validate=_validate_attachment,
    compare=_attachment_is_immutable,
)


def _validate_runtime(obj: Object) -> list[FieldError]:
    handler, overhead, scheduling = obj.get("handler", ""), obj.get("overhead"), obj.get("scheduling")
    errors = each_invalid("handler", handler, names.dns1123_label(handler))
    if overhead is not None:
        errors += validate_requirements({"limits": overhead.get("podFixed")}, "overhead")
    if scheduling is None:
        return errors
    errors += validate_labels(scheduling.get("nodeSelector") or {}, "scheduling.nodeSelector")
    rows, path = scheduling.get("tolerations") or [], "scheduling.tolerations"
    # The doubled name is Kubernetes' own.
    errors += validate_tolerations(rows, f"{path}.tolerations")
    keys = [tuple(row.get(field, "") for field in ("key", "operator", "value", "effect")) for row in rows]
    errors += [
        duplicate(f"{path}[{index}]", Internal("core.Toleration", rows[index]))
        for index, key in enumerate(keys)
        if key in keys[:index]
    ]
    return errors


def _handler_is_immutable(new: Object, old: Object) -> list[FieldError]:
    handlers = (new.get("handler", ""), old.get("handler", ""))
    return [] if handlers[0] == handlers[1] else [invalid_value("handler", handlers[0], IMMUTABLE)]


class _RuntimeStrategy(Plain):
    """An update is only held against what was before."""

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return _handler_is_immutable(new, old)


RUNTIME_CLASS = _RuntimeStrategy(unconditional=False, validate=_validate_runtime)
