"""What the schema of a kind says about an object, asked in one way for built-in and custom kinds.

Built-in kinds have their OpenAPI definitions; a custom kind brings its structural schema, held by its strategy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import FieldError, bad_request
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.spec import KindSpec, Subresource
from liqolab.kube.kinds.validation.custom_objects import embedded_errors, scale_errors
from liqolab.kube.schema import builtin as builtin_schema
from liqolab.kube.schema import definitions, strategic
from liqolab.kube.schema.kind_defaults import TABLES
from liqolab.kube.schema.structural import Structural

_DELETE_OPTIONS: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"


def drop_unknown(spec: KindSpec, obj: Object) -> list[str]:
    """Bring an object into its kind's form: unknown fields and, for built-in kinds, nulls are removed.

    Returns:
        The paths of the unknown fields.

    Raises:
        ApiError: 400, a field of a built-in kind has the wrong type.
    """
    if not spec.custom:
        return _conform(spec.definition, obj, spec.resource.version, spec.resource.kind) if spec.definition else []
    schema = spec.strategy.schema
    return schema.prune(obj) if schema is not None else []


def check_posted(spec: KindSpec, row: Subresource | None, document: Object) -> list[str]:
    """As `drop_unknown`, for a document that is posted and not stored: a review, or the body of a subresource.

    Args:
        spec: the kind that it is posted to.
        row: the subresource, if it is one.
        document: what was posted; brought into form.

    Returns:
        The paths of the unknown fields.

    Raises:
        ApiError: 400, a field has the wrong type.
    """
    if row is None or not row.kind or row.kind == spec.resource.kind:
        return drop_unknown(spec, document)
    version = row.version or "v1"
    definition = definitions.name_of_kind(row.group, version, row.kind)
    return _conform(definition, document, version, row.kind) if definition else []


def conform_options(document: Object) -> None:
    """Bring DeleteOptions into form.

    Raises:
        ValueError: a field has the wrong type.
    """
    builtin_schema.conform(_DELETE_OPTIONS, document)


def _conform(definition: str, obj: Object, version: str, kind: str) -> list[str]:
    try:
        return builtin_schema.conform(definition, obj)
    except builtin_schema.TypeMismatchError as error:
        raise bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {error}') from None


def warm_up(specs: Iterable[KindSpec]) -> None:
    """Compile the definitions of built-in kinds now instead of at their first object."""
    for spec in specs:
        if spec.definition:
            builtin_schema.validate_builtin(spec.definition, {})


def apply_defaults(spec: KindSpec, obj: Object, *, keep_nulls: bool = False) -> None:
    """Fill in what the kind's schema and conversion fill in, in place; `obj` has been through `drop_unknown`.

    Nulls of custom objects count as absent where none is allowed, unless `keep_nulls` has them refused.
    """
    if not spec.custom:
        for table in TABLES.get((spec.resource.group, spec.resource.kind), ()):
            table.apply(obj)
        return
    schema = spec.strategy.schema
    if schema is not None:
        schema.default(obj, keep_nulls=keep_nulls)


def validate(
    spec: KindSpec, obj: Object, old: Object | None, warnings: list[str], subresource: str = ""
) -> list[FieldError]:
    """What the schema has against an object.

    Args:
        spec: its kind.
        obj: the object.
        old: the state before an update.
        warnings: gets what a custom kind's rules forgive, because it was so before.
        subresource: what alone of it is written.
    """
    if not spec.custom:
        return builtin_schema.validate_builtin(spec.definition, obj) if spec.definition else []
    schema, only_status = spec.strategy.schema, subresource == "status"
    besides = list(scale_errors(obj, paths, only_status=only_status)) if (paths := scale_paths(spec)) else []
    if schema is not None:
        besides += _heads(schema, obj)
    return schema.validate(obj, old, warnings, besides, only_status=only_status) if schema is not None else [*besides]


def _heads(schema: Structural, obj: Object) -> list[FieldError]:
    return [error for path, inner in schema.embedded(obj) for error in embedded_errors(inner, path)]


def of_another_kind(spec: KindSpec, obj: Object, error: FieldError) -> list[FieldError]:
    """What a custom kind has against an object that calls itself another one: `error`, and what its fields do not
    decide.
    """
    schema = spec.strategy.schema
    return schema.complete([error, *_heads(schema, obj)], obj) if schema is not None else [error]


def scale_paths(spec: KindSpec) -> Object:
    """Where a custom kind says that its replicas are; empty when it has no Scale."""
    return meta.get_path(spec.crd_version or {}, "subresources", "scale") or {}


def strategic_patch(spec: KindSpec, document: Object, patch: Any) -> Object:
    """A strategic merge patch applied: a new document.

    Raises:
        PatchError: the patch does not fit.
    """
    return strategic.apply_strategic_patch(document, patch, spec.definition)
