"""What a name, a label, an annotation, an owner or a finalizer may look like, for every kind.

Most kinds are named like DNS subdomains; the exceptions are in one table. Texts are the API server's.
"""

from __future__ import annotations

from collections.abc import Callable

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.networks import address_problems
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_negative,
    quoted,
    required,
    too_long,
)
from liqolab.kube.kinds.spec import KindSpec

NameRule = Callable[[str], list[str]]

MAX_ANNOTATIONS = 256 * 1024
"""Bytes of all annotations together."""

_STANDARD_FINALIZERS = frozenset(
    ("kubernetes", "orphan", "foregroundDeletion", "customresourcecleanup.apiextensions.k8s.io")
)
_CRON_JOB_NAME_MAX = 52
"""A cron job's name leaves room for the eleven characters that its jobs get."""


def cron_job_name(name: str) -> list[str]:
    errors = names.dns1123_subdomain(name)
    if len(name) > _CRON_JOB_NAME_MAX:
        errors.append(f"must be no more than {_CRON_JOB_NAME_MAX} characters")
    return errors


_NAME_RULES: dict[str, NameRule] = {
    "namespaces": names.dns1123_label,
    "services": names.dns1035_label,
    "cronjobs.batch": cron_job_name,
    "statefulsets.apps": names.dns1123_label,
    "certificatesigningrequests.certificates.k8s.io": names.path_segment,
    "apiservices.apiregistration.k8s.io": names.path_segment,
    "ipaddresses.networking.k8s.io": address_problems,
    "roles.rbac.authorization.k8s.io": names.path_segment,
    "rolebindings.rbac.authorization.k8s.io": names.path_segment,
    "clusterroles.rbac.authorization.k8s.io": names.path_segment,
    "clusterrolebindings.rbac.authorization.k8s.io": names.path_segment,
}


def name_rule(resource: Resource) -> NameRule:
    """How objects of a kind may be named."""
    return _NAME_RULES.get(resource.group_resource, names.dns1123_subdomain)


def validate_metadata_create(spec: KindSpec, obj: Object) -> list[FieldError]:
    """Everything that is wrong with the metadata of a new object."""
    metadata, rule = obj.get("metadata") or {}, name_rule(spec.resource)
    name = metadata.get("name") or ""
    errors = _validate_generate_name(spec, metadata)
    if not name:
        errors.append(required("metadata.name", "name or generateName is required"))
    else:
        errors += each_invalid("metadata.name", name, rule(name))
    errors += not_negative("metadata.generation", metadata.get("generation"))
    errors += _validate_common(metadata)
    finalizers = metadata.get("finalizers") or []
    for finalizer in finalizers:
        errors += each_invalid("metadata.finalizers", finalizer, names.qualified_name(finalizer))
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        text = "finalizer orphan and foregroundDeletion cannot be both set"
        errors.append(invalid_value("metadata.finalizers", finalizers, text))
    return errors + _validate_own_finalizers(finalizers, custom=spec.custom)


def embedded_metadata_errors(metadata: Object, path: str) -> list[FieldError]:
    """What is wrong with the metadata of an object inside of another one, which may lack a name."""
    errors = [FieldError(path + error.field[8:], error.reason, error.message) for error in _validate_common(metadata)]
    if name := metadata.get("name") or "":
        errors = [*each_invalid(f"{path}.name", name, names.path_segment(name)), *errors]
    if namespace := metadata.get("namespace") or "":
        errors = [*each_invalid(f"{path}.namespace", namespace, names.dns1123_label(namespace)), *errors]
    return errors


def _validate_generate_name(spec: KindSpec, metadata: Object) -> list[FieldError]:
    """What is in front of the suffix may end in a dash, which no name may, and is measured as a name all the same."""
    prefix = metadata.get("generateName") or ""
    if not prefix:
        return []
    return each_invalid("metadata.generateName", prefix, name_rule(spec.resource)(names.in_making(prefix)))


def validate_metadata_update(spec: KindSpec, new: Object, old: Object) -> list[FieldError]:
    """Everything that is wrong with the metadata of a changed object. The name itself was checked when it was made."""
    after, before = new.get("metadata") or {}, old.get("metadata") or {}
    errors = _validate_generate_name(spec, after)
    finalizers = after.get("finalizers") or []
    if before.get("deletionTimestamp"):
        errors += _new_finalizers(finalizers, before.get("finalizers") or [])
    errors += [
        invalid_value(f"metadata.{field}", after.get(field) or "", IMMUTABLE)
        for field in ("name", "namespace", "uid")
        if (after.get(field) or "") != (before.get(field) or "")
    ]
    errors += _validate_common(after)
    for finalizer in finalizers:
        errors += each_invalid("metadata.finalizers", finalizer, names.qualified_name(finalizer))
    return errors + _validate_own_finalizers(finalizers, custom=spec.custom)


def _new_finalizers(after: list[str], before: list[str]) -> list[FieldError]:
    added = sorted(set(after) - set(before))
    if not added:
        return []
    text = "no new finalizers can be added if the object is being deleted, found new finalizers "
    shown = ", ".join(map(quoted, added))
    return [forbidden_field("metadata.finalizers", f"{text}[]string{{{shown}}}")]


def _validate_common(metadata: Object) -> list[FieldError]:
    errors = validate_labels(metadata.get("labels") or {}, "metadata.labels")
    if annotations := metadata.get("annotations"):
        errors += validate_annotations(annotations, "metadata.annotations")
    return errors + (_validate_owners(owners) if (owners := metadata.get("ownerReferences")) else [])


def validate_labels(labels: dict[str, str], path: str) -> list[FieldError]:
    """Keys and values of a map of labels."""
    errors: list[FieldError] = []
    for key, value in labels.items():
        errors += each_invalid(path, key, names.qualified_name(key))
        errors += each_invalid(path, value, names.label_value(value))
    return errors


def validate_annotations(annotations: dict[str, str], path: str) -> list[FieldError]:
    """Keys of annotations, and how much room they take."""
    errors: list[FieldError] = []
    for key in annotations:
        errors += each_invalid(path, key, names.qualified_name(key.lower()))
    if sum(len(key) + len(value) for key, value in annotations.items()) > MAX_ANNOTATIONS:
        errors.append(too_long(path, MAX_ANNOTATIONS))
    return errors


def _validate_owners(owners: list[Object]) -> list[FieldError]:
    path = "metadata.ownerReferences"
    errors: list[FieldError] = []
    controller = ""
    for owner in owners:
        if not owner.get("apiVersion"):
            errors.append(invalid_value(f"{path}.apiVersion", "", "version must not be empty"))
        errors += [
            invalid_value(f"{path}.{field}", "", "must not be empty")
            for field in ("kind", "name", "uid")
            if not owner.get(field)
        ]
        if owner.get("apiVersion") == "v1" and owner.get("kind") == "Event":
            text = "/v1, Kind=Event is disallowed from being an owner"
            errors.append(invalid_value(path, Internal("meta.OwnerReference", owner), text))
        if owner.get("controller"):
            current = f"{owner.get('kind')}/{owner.get('name')}"
            if controller:
                text = (
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {controller} and {current}'
                )
                errors.append(invalid_value(path, Internal("[]meta.OwnerReference", owners), text))
            else:
                controller = current
    return errors


def _validate_own_finalizers(finalizers: list[str], *, custom: bool) -> list[FieldError]:
    """Finalizers without a domain are Kubernetes' own; custom kinds only warn of others."""
    text = "name is neither a standard finalizer name nor is it fully qualified"
    return [
        invalid_value(f"metadata.finalizers[{index}]", finalizer, text)
        for index, finalizer in enumerate(finalizers)
        if not custom and "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS
    ]
