"""What is wrong with a CustomResourceDefinition: names, versions, columns, selectable fields, conversion.

What all versions share is told where it would stand if it were written once (``spec.validation``,
``spec.subresources``, ``spec.additionalPrinterColumns``), as in the server's own form of a definition.
"""

from __future__ import annotations

import base64
import binascii
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from liqolab.apimachinery import meta, names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    duplicate,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
    too_many,
)
from liqolab.kube.kinds.validation.clients import validate_client
from liqolab.kube.kinds.validation.open_api_schemas import schema_errors
from liqolab.kube.schema.field_path import declared_at

SCOPES: Final = ("Cluster", "Namespaced")
STRATEGIES: Final = ("None", "Webhook")

_COLUMN_TYPES: Final = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS: Final = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"]
_APPROVAL: Final = "api-approved.kubernetes.io"
_APPROVAL_PAGE: Final = "https://github.com/kubernetes/enhancements/pull/1111"
_MOST_SELECTABLE: Final = 8
_SELECTABLE_TYPE: Final = (
    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
)
_REVIEW_VERSIONS: Final = ("v1", "v1beta1")
_MIXED_CASE: Final = "may have mixed case, but should otherwise match: "
_LONGEST_WARNING: Final = 256
_PRESERVES: Final = (
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
)


def validate_definition(definition: Object, old: Object | None = None) -> list[FieldError]:
    """All that is wrong with a definition, in the server's order.

    Args:
        definition: the definition.
        old: the state before an update; an approval that was missing then may stay so.
    """
    spec = definition.get("spec") or {}
    errors = [*_identity(definition, spec), *_versions(spec)]
    for version in (spec.get("versions") or [])[:1]:
        # The first version stands once more in the server's own form.
        errors += _joined("spec.version", version.get("name", ""), names.dns1035_label(version.get("name", "")))
    errors += _names(spec.get("names") or {})
    errors += _shared(spec)
    errors += _conversion(
        spec.get("conversion") or {}, "spec.conversion", strict=old is not None and _checks_bundle(old)
    )
    if old is not None:
        errors += _immutable(spec, old.get("spec") or {}, established=_is_established(old))
    errors += _stored(definition)
    if old is None or _approved(definition) != _approved(old):
        errors += _approval(definition, spec.get("group", ""))
    if spec.get("preserveUnknownFields"):
        errors.append(invalid_value("spec.preserveUnknownFields", True, _PRESERVES))
    return errors


def _is_established(definition: Object) -> bool:
    return (meta.find_condition(definition, "Established") or {}).get("status") == "True"


def _immutable(spec: Object, before: Object, *, established: bool) -> Iterator[FieldError]:
    """What objects are stored by; of one that never was established, some of it may still change."""
    after, had = spec.get("names") or {}, before.get("names") or {}
    rows = [
        ("spec.group", spec.get("group"), before.get("group")),
        ("spec.names.plural", after.get("plural"), had.get("plural")),
    ]
    if established:
        rows = [
            ("spec.scope", spec.get("scope"), before.get("scope")),
            ("spec.names.kind", after.get("kind"), had.get("kind")),
            *rows,
        ]
    for path, value, old in rows:
        if value != old:
            yield invalid_value(path, value, IMMUTABLE)


def _checks_bundle(old: Object) -> bool:
    """Whether certificates of a conversion webhook have to be some: not before anybody converts, nor where they never
    were.
    """
    config = meta.get_path(old, "spec", "conversion", "webhook", "clientConfig") or {}
    return _is_established(old) and not _bundle_errors(config, "")


def _has_certificates(bundle: str) -> bool:
    try:
        ssl.create_default_context(cadata=base64.b64decode(bundle).decode())
    except (binascii.Error, UnicodeDecodeError, ssl.SSLError):
        return False
    return True


def _bundle_errors(config: Object, path: str) -> list[FieldError]:
    bundle = config.get("caBundle")
    if not bundle or _has_certificates(bundle):
        return []
    text = "unable to load root certificates: unable to parse bytes as PEM block"
    return [invalid_value(f"{path}.caBundle", bundle, text)]


def _joined(path: str, value: str, problems: list[str], head: str = "") -> list[FieldError]:
    return [invalid_value(path, value, head + ",".join(problems))] if problems else []


def _identity(definition: Object, spec: Object) -> Iterator[FieldError]:
    given, group, scope = spec.get("names") or {}, spec.get("group", ""), spec.get("scope", "")
    name = definition["metadata"].get("name", "")
    if name != f"{given.get('plural', '')}.{group}":
        yield invalid_value("metadata.name", name, 'must be spec.names.plural+"."+spec.group')
    if not group:
        yield required("spec.group")
    elif problems := names.dns1123_subdomain(group):
        yield from _joined("spec.group", group, problems)
    elif "." not in group:
        yield invalid_value("spec.group", group, "should be a domain with at least one dot")
    if not scope:
        yield required("spec.scope")
    elif scope not in SCOPES:
        yield not_supported("spec.scope", scope, SCOPES)


# --- versions -------------------------------------------------------------------------------------------------------


def _common(versions: list[Object], field: str) -> Any:
    """What all versions have alike in a field; None when they differ."""
    values = [version.get(field) for version in versions]
    return values[0] if values and values[0] and all(value == values[0] for value in values) else None


def _versions(spec: Object) -> Iterator[FieldError]:
    versions = spec.get("versions") or []
    for index, version in enumerate(versions):
        if not _schema(version):
            yield required(f"spec.versions[{index}].schema.openAPIV3Schema")
    for index, version in enumerate(versions):
        path, name = f"spec.versions[{index}]", version.get("name", "")
        yield from _joined(f"{path}.name", name, names.dns1035_label(name))
        yield from _deprecation(version, path)
        yield from _parts(version, [field for field in _PARTS if not _common(versions, field)], path)
    if len({version.get("name") for version in versions}) < len(versions):
        yield invalid_value("spec.versions", _shown(versions), "must contain unique version names")
    if len([version for version in versions if version.get("storage")]) != 1:
        text = "must have exactly one version marked as storage version"
        yield invalid_value("spec.versions", _shown(versions), text)


def _names_of(versions: list[Object]) -> list[str]:
    return [str(version.get("name")) for version in versions]


def _shown(versions: list[Object]) -> Internal:
    """Versions as errors print them: with the names of Go's fields. What all have in common stands elsewhere."""
    rows = [
        {
            "Name": version.get("name", ""),
            "Served": bool(version.get("served")),
            "Storage": bool(version.get("storage")),
            "Deprecated": bool(version.get("deprecated")),
            "DeprecationWarning": version.get("deprecationWarning"),
            "Schema": None,
            "Subresources": None,
            "AdditionalPrinterColumns": None,
            "SelectableFields": None,
        }
        for version in versions
    ]
    return Internal("apiextensions.CustomResourceDefinitionVersions", rows)


def _shared(spec: Object) -> Iterator[FieldError]:
    versions = spec.get("versions") or []
    if versions:
        yield from _parts(versions[0], [field for field in _PARTS if _common(versions, field)], "spec", shared=True)


_PARTS: Final = ("schema", "subresources", "additionalPrinterColumns", "selectableFields")


def _parts(version: Object, fields: list[str], path: str, *, shared: bool = False) -> Iterator[FieldError]:
    """What a version says in these fields."""
    schema = _schema(version)
    if "schema" in fields and schema:
        where = "validation" if shared else "schema"
        has_status = "status" in (version.get("subresources") or {})
        yield from schema_errors(schema, f"{path}.{where}.openAPIV3Schema", has_status=has_status)
    if "subresources" in fields:
        yield from _scale((version.get("subresources") or {}).get("scale"), f"{path}.subresources.scale")
    if "additionalPrinterColumns" in fields:
        for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
            yield from _column(column, f"{path}.additionalPrinterColumns[{index}]")
    if "selectableFields" in fields:
        yield from _selectable(version.get("selectableFields") or [], schema, f"{path}.selectableFields")


def _schema(version: Object) -> Object:
    found: Object = meta.get_path(version, "schema", "openAPIV3Schema") or {}
    return found


def _deprecation(version: Object, path: str) -> Iterator[FieldError]:
    warning, where = version.get("deprecationWarning"), f"{path}.deprecationWarning"
    if warning is None:
        return
    if not version.get("deprecated"):
        yield invalid_value(where, warning, "can only be set for deprecated versions")
    elif not warning:
        yield invalid_value(where, warning, "must not be an empty string")
    elif len(warning.encode()) > _LONGEST_WARNING:
        yield invalid_value(where, warning, f"must be <= {_LONGEST_WARNING} characters long")


def _column(column: Object, path: str) -> Iterator[FieldError]:
    kind, form = column.get("type") or "", column.get("format") or ""
    kinds = f"must be one of {','.join(_COLUMN_TYPES)}"
    if not column.get("name"):
        yield required(f"{path}.name")
    if not kind:
        yield required(f"{path}.type", kinds)
    elif kind not in _COLUMN_TYPES:
        yield invalid_value(f"{path}.type", kind, kinds)
    if form and form not in _COLUMN_FORMATS:
        yield invalid_value(f"{path}.format", form, f"must be one of {','.join(_COLUMN_FORMATS)}")
    if not column.get("jsonPath"):
        yield required(f"{path}.JSONPath")
    else:
        yield from _simple_path(column["jsonPath"], f"{path}.JSONPath")


def _simple_path(text: str, path: str) -> Iterator[FieldError]:
    if not text.startswith("."):
        yield invalid_value(path, text, "must be a simple json path starting with .")


def _scale(scale: Object | None, path: str) -> Iterator[FieldError]:
    if scale is None:
        return
    for field, roots in (("specReplicasPath", (".spec.",)), ("statusReplicasPath", (".status.",))):
        if not scale.get(field):
            yield required(f"{path}.{field}")
        else:
            yield from _below(scale[field], f"{path}.{field}", roots)
    if scale.get("labelSelectorPath"):
        yield from _below(scale["labelSelectorPath"], f"{path}.labelSelectorPath", (".spec.", ".status."))


def _below(text: str, path: str, roots: tuple[str, ...]) -> Iterator[FieldError]:
    problems = list(_simple_path(text, path))
    if not problems and not text.startswith(roots):
        where = "either .spec or .status" if len(roots) > 1 else roots[0].rstrip(".")
        problems.append(invalid_value(path, text, f"should be a json path under {where}"))
    yield from problems


def _selectable(rows: list[Object], schema: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, row in enumerate(rows):
        where, text = f"{path}[{index}].jsonPath", row.get("jsonPath") or ""
        if not text:
            yield required(where)
            continue
        found, problem = declared_at(text, schema, brackets=False)
        if found is None:
            yield invalid_value(where, text, f"is an invalid path: {problem}")
            continue
        if text.startswith(".metadata"):
            yield invalid_value(where, text, "must not point to fields in metadata")
        if found.get("type") not in ("string", "boolean", "integer"):
            yield invalid_value(where, text, _SELECTABLE_TYPE)
        if text in seen:
            yield duplicate(where, text)
        seen.add(text)
    if len(seen) > _MOST_SELECTABLE:
        yield too_many(path, len(seen), _MOST_SELECTABLE)


# --- names, conversion, stored versions -----------------------------------------------------------------------------


def _names(given: Object) -> Iterator[FieldError]:
    path = "spec.names"
    fields = ("plural", "singular", "kind", "listKind")
    for field in fields:
        if not given.get(field):
            yield required(f"{path}.{field}")
    for field in fields:
        if value := given.get(field):
            head = _MIXED_CASE if field in ("kind", "listKind") else ""
            problems = names.dns1035_label(value.lower() if head else value)
            yield from _joined(f"{path}.{field}", value, problems, head)
    for index, value in enumerate(given.get("shortNames") or []):
        yield from _joined(f"{path}.shortNames[{index}]", value, names.dns1035_label(value))
    if given.get("kind") and given.get("kind") == given.get("listKind"):
        yield invalid_value(f"{path}.listKind", given["listKind"], "kind and listKind may not be the same")
    for index, value in enumerate(given.get("categories") or []):
        yield from _joined(f"{path}.categories[{index}]", value, names.dns1035_label(value))


def _approved(definition: Object) -> str:
    return str((definition["metadata"].get("annotations") or {}).get(_APPROVAL) or "")


def _approval(definition: Object, group: str) -> Iterator[FieldError]:
    """Groups of Kubernetes' own are for what its community has seen."""
    if not any(group == own or group.endswith(f".{own}") for own in ("k8s.io", "kubernetes.io")):
        return
    path, given = f"metadata.annotations[{_APPROVAL}]", _approved(definition)
    head, see = f'protected groups must have approval annotation "{_APPROVAL}"', f", see {_APPROVAL_PAGE}"
    if not given:
        yield required(path, head + see)
    elif not given.startswith("unapproved") and not (urlsplit(given).scheme and urlsplit(given).netloc):
        yield invalid_value(path, given, f'{head} with either a URL or a reason starting with "unapproved"{see}')


def _conversion(conversion: Object, path: str, *, strict: bool) -> Iterator[FieldError]:
    strategy, webhook = conversion.get("strategy") or "", conversion.get("webhook") or {}
    client, where = webhook.get("clientConfig"), f"{path}.webhookClientConfig"
    versions = webhook.get("conversionReviewVersions") or []
    if not strategy:
        yield required(f"{path}.strategy")
    elif strategy not in STRATEGIES:
        yield not_supported(f"{path}.strategy", strategy, STRATEGIES)
    if strategy != "Webhook":
        text = "should not be set when strategy is not set to Webhook"
        if client is not None:
            yield forbidden_field(where, text)
        if versions:
            yield forbidden_field(f"{path}.conversionReviewVersions", text)
        return
    if client is None:
        yield required(where, "required when strategy is set to Webhook")
    else:
        yield from validate_client(client, where)
        if strict:
            yield from _bundle_errors(client, where)
    yield from _review_versions(versions, f"{path}.conversionReviewVersions")


def _review_versions(versions: list[str], path: str) -> Iterator[FieldError]:
    if not versions:
        yield required(path)
        return
    for index, version in enumerate(versions):
        if version in versions[:index]:
            yield invalid_value(f"{path}[{index}]", version, "duplicate version")
            continue
        for problem in names.dns1035_label(version):
            yield invalid_value(f"{path}[{index}]", version, problem)
    if not set(versions) & set(_REVIEW_VERSIONS):
        yield invalid_value(path, versions, f"must include at least one of {', '.join(_REVIEW_VERSIONS)}")


def _stored(definition: Object) -> Iterator[FieldError]:
    path, stored = "status.storedVersions", (definition.get("status") or {}).get("storedVersions")
    if not stored:
        yield invalid_value(path, stored, "must have at least one stored version")
        return
    versions = (definition.get("spec") or {}).get("versions") or []
    for version in versions:
        if version.get("storage") and version.get("name") not in stored:
            yield invalid_value(path, stored, f"must have the storage version {version.get('name')}")
    for index, name in enumerate(stored):
        if name not in _names_of(versions):
            text = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in "
                f"spec.versions until a storage migration ensures no data remains persisted in {name} and removes "
                f"{name} from status.storedVersions"
            )
            yield invalid_value(f"{path}[{index}]", name, text)
