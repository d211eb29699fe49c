"""Ingresses and endpoint slices."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, invalid_value, not_supported, required

_PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
_ADDRESS_TYPES = ("IPv4", "IPv6", "FQDN")


def validate_ingress(ingress: Object) -> list[FieldError]:
    """Rules or a default backend, and paths of a known type."""
    spec = ingress.get("spec") or {}
    rules = spec.get("rules") or []
    errors: list[FieldError] = []
    if not rules and not spec.get("defaultBackend"):
        text = "Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified"
        errors.append(FieldError("spec", "FieldValueInvalid", text))
    for row, rule in enumerate(rules):
        for column, path in enumerate((rule.get("http") or {}).get("paths") or []):
            at = f"spec.rules[{row}].http.paths[{column}]"
            errors += _validate_path(path, at)
    return errors


def _validate_path(path: Object, at: str) -> list[FieldError]:
    kind, text = path.get("pathType"), path.get("path", "")
    errors = []
    if kind is None:
        errors.append(required(f"{at}.pathType", "pathType must be specified"))
    elif kind not in _PATH_TYPES:
        errors.append(not_supported(f"{at}.pathType", kind, _PATH_TYPES))
    elif kind != "ImplementationSpecific" and not text.startswith("/"):
        errors.append(invalid_value(f"{at}.path", text, "must be an absolute path"))
    service = (path.get("backend") or {}).get("service")
    if service is not None and not service.get("name"):
        errors.append(required(f"{at}.backend.service.name"))
    return errors


def validate_endpoint_slice(obj: Object) -> list[FieldError]:
    """A known address type, and addresses in every endpoint."""
    kind = obj.get("addressType", "")
    errors = []
    if not kind:
        errors.append(required("addressType"))
    elif kind not in _ADDRESS_TYPES:
        errors.append(not_supported("addressType", kind, _ADDRESS_TYPES))
    for index, endpoint in enumerate(obj.get("endpoints") or []):
        if not endpoint.get("addresses"):
            text = "must contain at least 1 address"
            errors.append(required(f"endpoints[{index}].addresses", text))
    return errors


def address_type_is_immutable(new: Object, old: Object) -> list[FieldError]:
    if new.get("addressType") == old.get("addressType"):
        return []
    return [invalid_value("addressType", new.get("addressType"), IMMUTABLE)]
