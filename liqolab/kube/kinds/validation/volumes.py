"""Volumes of a pod: one source each, and what each source needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
    too_long,
)
from liqolab.kube.kinds.metadata import validate_annotations, validate_labels
from liqolab.kube.kinds.validation.claims import validate_claim_spec
from liqolab.kube.kinds.validation.environment import VOLUME_FIELDS, validate_field_ref, validate_resource_ref
from liqolab.kube.kinds.validation.paths import descending, file_mode, no_backsteps, not_reserved, required_fields

_HOST_PATH_TYPES = (
    *("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"),
)
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_CONFLICT = "conflicting duplicate paths"
_DRIVER_MAX = 63
_MINIMUM_TOKEN_SECONDS = 10 * 60
_MAXIMUM_TOKEN_SECONDS = 2**32


def validate_host_path(source: Object, path: str) -> list[FieldError]:
    """A path of a node."""
    where, kind = source.get("path", ""), source.get("type") or ""
    if not where:
        return [required(f"{path}.path")]
    errors = no_backsteps(where, f"{path}.path")
    if kind not in _HOST_PATH_TYPES:
        errors.append(not_supported(f"{path}.type", kind, _HOST_PATH_TYPES))
    return errors


def _empty_dir(source: Object, path: str) -> list[FieldError]:
    limit = source.get("sizeLimit")
    if limit is None or Quantity.parse(limit).nanos >= 0:
        return []
    return [forbidden_field(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")]


def _git_repo(source: Object, path: str) -> list[FieldError]:
    return [
        *required_fields(path, source, "repository"),
        *descending(source.get("directory", ""), f"{path}.directory"),
    ]


def validate_nfs(source: Object, path: str) -> list[FieldError]:
    """An export of an NFS server."""
    errors = required_fields(path, source, "server", "path")
    if not source.get("path", "").startswith("/"):
        errors.append(invalid_value(f"{path}.path", source.get("path", ""), "must be an absolute path"))
    return errors


def _keys(source: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, item in enumerate(source.get("items") or []):
        at = f"{path}.items[{index}]"
        errors += required_fields(at, item, "key", "path")
        errors += not_reserved(item.get("path", ""), f"{at}.path")
        errors += file_mode(item.get("mode"), f"{at}.mode")
    return errors


def _secret(source: Object, path: str) -> list[FieldError]:
    errors = required_fields(path, source, "secretName")
    return [*errors, *file_mode(source.get("defaultMode"), f"{path}.defaultMode"), *_keys(source, path)]


def _config_map(source: Object, path: str) -> list[FieldError]:
    errors = required_fields(path, source, "name")
    return [*errors, *file_mode(source.get("defaultMode"), f"{path}.defaultMode"), *_keys(source, path)]


def _claim(source: Object, path: str) -> list[FieldError]:
    return required_fields(path, source, "claimName")


def _downward_file(item: Object, path: str) -> list[FieldError]:
    errors = required_fields(path, item, "path")
    errors += not_reserved(item.get("path", ""), f"{path}.path")
    field, amount = item.get("fieldRef"), item.get("resourceFieldRef")
    if field is not None:
        errors += validate_field_ref(field, VOLUME_FIELDS, f"{path}.fieldRef")
        if amount is not None:
            text = "fieldRef and resourceFieldRef can not be specified simultaneously"
            errors.append(invalid_value(path, "resource", text))
    elif amount is not None:
        errors += validate_resource_ref(amount, f"{path}.resourceFieldRef", in_volume=True)
    else:
        errors.append(required(path, "one of fieldRef and resourceFieldRef is required"))
    return errors + file_mode(item.get("mode"), f"{path}.mode")


def _downward(source: Object, path: str) -> list[FieldError]:
    errors = file_mode(source.get("defaultMode"), f"{path}.defaultMode")
    return errors + [error for item in source.get("items") or [] for error in _downward_file(item, path)]


def validate_driver_name(name: str, path: str) -> list[FieldError]:
    """The name of a CSI driver."""
    errors = [] if name else [required(path)]
    if len(name) > _DRIVER_MAX:
        errors.append(too_long(path, _DRIVER_MAX))
    return errors + each_invalid(path, name, names.dns1123_subdomain(name.lower()))


def _csi(source: Object, path: str) -> list[FieldError]:
    errors = validate_driver_name(source.get("driver", ""), f"{path}.driver")
    secret = source.get("nodePublishSecretRef")
    if secret is not None:
        name = secret.get("name", "")
        if not name:
            errors.append(required(f"{path}.nodePublishSecretRef.name"))
        else:
            errors += each_invalid(f"{path}.name", name, names.dns1123_subdomain(name))
    return errors


def _ephemeral(source: Object, path: str) -> list[FieldError]:
    template = source.get("volumeClaimTemplate")
    at = f"{path}.volumeClaimTemplate"
    if template is None:
        return [required(at)]
    metadata = template.get("metadata") or {}
    errors = validate_annotations(metadata.get("annotations") or {}, f"{at}.metadata.annotations")
    errors += validate_labels(metadata.get("labels") or {}, f"{at}.metadata.labels")
    others = [key for key in metadata if key not in ("annotations", "labels") and metadata[key]]
    errors += [forbidden_field(f"{at}.metadata.{key}", "cannot be set") for key in others]
    return errors + validate_claim_spec(template.get("spec") or {}, f"{at}.spec")


def _image(source: Object, path: str) -> list[FieldError]:
    policy = source.get("pullPolicy", "Always")
    return [] if policy in _PULL_POLICIES else [not_supported(f"{path}.pullPolicy", policy, _PULL_POLICIES)]


def _projected(source: Object, path: str) -> list[FieldError]:
    errors = file_mode(source.get("defaultMode"), f"{path}.defaultMode")
    taken: set[str] = set()
    for index, row in enumerate(source.get("sources") or []):
        at = f"{path}.sources[{index}]"
        for kind in ("secret", "configMap"):
            if (held := row.get(kind)) is not None:
                errors += required_fields(f"{at}.{kind}", held, "name") + _keys(held, f"{at}.{kind}")
                errors += _conflicts(held, held.get("name", ""), taken, path)
        if (held := row.get("downwardAPI")) is not None:
            for item in held.get("items") or []:
                errors += _downward_file(item, f"{at}.downwardAPI")
                errors += _conflicts({"items": [item]}, item.get("path", ""), taken, path)
        if (held := row.get("serviceAccountToken")) is not None:
            errors += _token(held, f"{at}.serviceAccountToken", path)
        if len([kind for kind, held in row.items() if held is not None]) > 1:
            errors.append(forbidden_field(at, "may not specify more than 1 volume type per source"))
    return errors


def _conflicts(source: Object, shown: str, taken: set[str], path: str) -> list[FieldError]:
    errors = []
    for item in source.get("items") or []:
        if item.get("path") in taken:
            errors.append(invalid_value(path, shown, _CONFLICT))
        taken.update((item["path"],) if item.get("path") else ())
    return errors


def _token(source: Object, path: str, volume_path: str) -> list[FieldError]:
    seconds = source.get("expirationSeconds", 3600)
    errors = []
    if seconds < _MINIMUM_TOKEN_SECONDS:
        text = "may not specify a duration less than 10 minutes"
        errors.append(invalid_value(f"{path}.expirationSeconds", seconds, text))
    if seconds > _MAXIMUM_TOKEN_SECONDS:
        text = "may not specify a duration larger than 2^32 seconds"
        errors.append(invalid_value(f"{path}.expirationSeconds", seconds, text))
    if not source.get("path"):
        return [*errors, required(f"{volume_path}.path")]
    return errors + not_reserved(source["path"], f"{volume_path}.path")


def _unchecked(source: Object, path: str) -> list[FieldError]:
    return []


_SOURCES: dict[str, Callable[[Object, str], list[FieldError]]] = {
    "emptyDir": _empty_dir,
    "hostPath": validate_host_path,
    "gitRepo": _git_repo,
    "gcePersistentDisk": _unchecked,
    "awsElasticBlockStore": _unchecked,
    "secret": _secret,
    "nfs": validate_nfs,
    "iscsi": _unchecked,
    "glusterfs": _unchecked,
    "flocker": _unchecked,
    "persistentVolumeClaim": _claim,
    "rbd": _unchecked,
    "cinder": _unchecked,
    "cephfs": _unchecked,
    "quobyte": _unchecked,
    "downwardAPI": _downward,
    "fc": _unchecked,
    "flexVolume": _unchecked,
    "configMap": _config_map,
    "azureFile": _unchecked,
    "vsphereVolume": _unchecked,
    "photonPersistentDisk": _unchecked,
    "portworxVolume": _unchecked,
    "azureDisk": _unchecked,
    "storageos": _unchecked,
    "projected": _projected,
    "scaleIO": _unchecked,
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _image,
}
"""Source → its check, in the order in which they are looked at: of two, the second one is too many. Sources that no
node here can mount are not looked into.
"""


def validate_volumes(
    volumes: Sequence[Object], path: str, pod_name: str = ""
) -> tuple[list[FieldError], dict[str, Object]]:
    """``volumes``.

    Args:
        volumes: the list.
        path: where it stands.
        pod_name: empty for templates; the claims of ephemeral volumes are named after their pod.

    Returns:
        What is wrong, and name → volume of the sound ones.
    """
    errors: list[FieldError] = []
    sound: dict[str, Object] = {}
    created = {f"{pod_name}-{volume.get('name', '')}" for volume in volumes if pod_name and volume.get("ephemeral")}
    for index, volume in enumerate(volumes):
        at, name = f"{path}[{index}]", volume.get("name", "")
        own = _validate_source(volume, at)
        own += each_invalid(f"{at}.name", name, names.dns1123_label(name)) if name else [required(f"{at}.name")]
        if name in sound:
            own.append(duplicate(f"{at}.name", name))
        if own:
            errors += own
        else:
            sound[name] = volume
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
        if claim and claim in created:
            text = "must not reference a PVC that gets created for an ephemeral volume"
            errors.append(invalid_value(f"{at}.persistentVolumeClaim.claimName", claim, text))
    return errors, sound


def _validate_source(volume: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    found = False
    for source, check in _SOURCES.items():
        held: Any = volume.get(source)
        if held is None:
            continue
        at = f"{path}.{source}"
        errors += [forbidden_field(at, "may not specify more than 1 volume type")] if found else check(held, at)
        found = True
    return errors if found else [required(path, "must specify a volume type")]
