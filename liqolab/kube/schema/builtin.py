"""Built-in objects against their definitions: unknown fields, types, quantities, required fields.

A real API server decodes JSON into Go structs, and what that does to an object is part of its behaviour: unknown
fields, nulls and most empty values vanish, a wrong type is a 400 with Go's words, quantities come out canonical.
`conform` does the same to a dictionary. Nearly all objects conform already, and this runs on every write, so each
definition is compiled once into nodes that first only ask "is anything to be done?" (a few dozen microseconds for a
pod); paths are tracked in a second walk, when the answer was yes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, Final

from liqolab.apimachinery import quantity
from liqolab.apimachinery.errors import ApiError, FieldError, bad_request
from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.resources import Object
from liqolab.kube.schema import definitions, times

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

_OPEN_OBJECTS = frozenset(
    # Definitions without properties that hold any object, or any value.
    (
        "io.k8s.apimachinery.pkg.runtime.RawExtension",
        "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
        "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
    )
)

_REQUIRED_IN_NAME_ONLY = frozenset(
    # Marked as required in the definitions, but accepted when absent: Go has an empty list or struct for them.
    (
        ("io.k8s.api.discovery.v1.EndpointSlice", "endpoints"),
        ("io.k8s.api.core.v1.Event", "metadata"),
        ("io.k8s.api.core.v1.Event", "involvedObject"),
        ("io.k8s.api.events.v1.Event", "eventTime"),
        ("io.k8s.api.core.v1.TopologySelectorTerm", "matchLabelExpressions"),
        ("io.k8s.api.core.v1.NodeSelectorTerm", "matchExpressions"),
        ("io.k8s.api.scheduling.v1.PriorityClass", "value"),
        ("io.k8s.api.storage.v1.CSIDriver", "spec"),
        ("io.k8s.api.storage.v1.CSINode", "spec"),
        ("io.k8s.api.storage.v1.CSINodeSpec", "drivers"),
        ("io.k8s.api.core.v1.SessionAffinityConfig", "clientIP"),
        ("io.k8s.api.core.v1.PodTemplateSpec", "spec"),
        ("io.k8s.api.apps.v1.DeploymentSpec", "template"),
        ("io.k8s.api.apps.v1.StatefulSetSpec", "template"),
        ("io.k8s.api.apps.v1.DaemonSetSpec", "template"),
        ("io.k8s.api.batch.v1.JobSpec", "template"),
        ("io.k8s.api.resource.v1.DeviceClass", "spec"),
        ("io.k8s.api.resource.v1.ResourceClaim", "spec"),
        ("io.k8s.api.resource.v1.ResourceClaimTemplate", "spec"),
        ("io.k8s.api.resource.v1.ResourceClaimTemplateSpec", "spec"),
    )
)

Path = str


class TypeMismatchError(ValueError):
    """A value that Go could not decode; the text is what follows ``cannot be handled as a …: ``."""


class _Node:
    """What may stand at one place of an object."""

    __slots__ = ("go_type",)
    _zero: ClassVar[type[Any] | None] = None

    def __init__(self, go_type: str) -> None:
        self.go_type = go_type

    def fits(self, value: Any) -> bool:
        """Whether the value is exactly as it would be stored."""
        raise NotImplementedError

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        """The value as it is stored; unknown fields are noted. Raises `TypeMismatchError`."""
        raise NotImplementedError

    def zero(self) -> Any:
        """What Go makes of null where something has to stand: in a list or in a map."""
        return self._zero() if self._zero is not None else None

    def missing(self, value: Any, path: Path, errors: list[FieldError]) -> None:
        """Note required fields that are absent."""

    def _mismatch(self, value: Any, path: Path, owner: str) -> TypeMismatchError:
        place = re.sub(r"\[[^\]]*\]", "", path)
        text = f"json: cannot unmarshal {_json_type(value)} into Go struct field {owner}.{place} of type {self.go_type}"
        return TypeMismatchError(text)


def _json_type(value: Any) -> str:
    names = {str: "string", bool: "bool", int: "number", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "null")


class _Any(_Node):
    """Raw JSON: kept as it is."""

    __slots__ = ()

    def fits(self, value: Any) -> bool:
        return True

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        return value


class _Scalar(_Node):
    """A JSON scalar of one of some types."""

    __slots__ = ("_types",)

    def __init__(self, go_type: str, *types: type) -> None:
        super().__init__(go_type)
        self._types = types

    def zero(self) -> Any:
        return self._types[0]()

    def fits(self, value: Any) -> bool:
        return type(value) in self._types

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        if type(value) not in self._types:
            raise self._mismatch(value, path, owner)
        return value


class _Quantity(_Node):
    """A quantity; numbers are accepted, text is stored, in canonical form."""

    __slots__ = ()
    _canonical = staticmethod(quantity.canonical)

    def zero(self) -> Any:
        return "0"

    def fits(self, value: Any) -> bool:
        try:
            return type(value) is str and self._canonical(value) == value
        except ValueError:
            return False

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        if type(value) not in (str, int, float):
            raise TypeMismatchError(quantity.WRONG_SHAPE)
        try:
            return self._canonical(value.strip() if type(value) is str else value)
        except ValueError as error:
            raise TypeMismatchError(str(error)) from None


class _Amount(_Quantity):
    """A quantity in a list of resources, which counts in thousandths."""

    __slots__ = ()
    _canonical = staticmethod(quantity.canonical_amount)


class _Time(_Scalar):
    """A point in time, of whole seconds or of six digits more; the zero time of Go is stored as null."""

    __slots__ = ("_micro", "_plain")

    def __init__(self, *, micro: bool) -> None:
        super().__init__("string", str)
        self._micro = micro
        self._plain = (times.MICRO_PLAIN if micro else times.PLAIN).fullmatch

    def zero(self) -> Any:
        return None

    def fits(self, value: Any) -> bool:
        return type(value) is str and self._plain(value) is not None

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        text = super().clean(value, path, owner, unknown)
        if self._plain(text):
            return text
        try:
            return times.canonical(text, micro=self._micro)
        except ValueError as error:
            raise TypeMismatchError(str(error)) from None


class _Bytes(_Scalar):
    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("[]uint8", str)

    def fits(self, value: Any) -> bool:
        return type(value) is str and _BASE64.fullmatch(value) is not None

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        text: str = super().clean(value, path, owner, unknown)
        # Go's decoder skips line breaks, which `base64` without -w0 puts into manifests.
        joined = text.replace("\n", "").replace("\r", "")
        if match := _BASE64.match(joined):
            if match.end() == len(joined):
                return joined
            raise TypeMismatchError(f"illegal base64 data at input byte {match.end()}")
        raise TypeMismatchError("illegal base64 data at input byte 0")


class _List(_Node):
    __slots__ = ("_item",)
    _zero = list

    def __init__(self, item: _Node) -> None:
        super().__init__(f"[]{item.go_type}")
        self._item = item

    def fits(self, value: Any) -> bool:
        if type(value) is not list:
            return False
        fits = self._item.fits
        return all(map(fits, value))

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        if type(value) is not list:
            raise self._mismatch(value, path, owner)
        item = self._item
        for index, element in enumerate(value):
            given = item.zero() if element is None else element
            value[index] = item.clean(given, f"{path}[{index}]", owner, unknown) if given is not None else None
        return value

    def missing(self, value: Any, path: Path, errors: list[FieldError]) -> None:
        if type(value) is list:
            for index, element in enumerate(value):
                self._item.missing(element, f"{path}[{index}]", errors)


class _Map(_Node):
    __slots__ = ("_item",)
    _zero = dict

    def __init__(self, item: _Node) -> None:
        super().__init__(f"map[string]{item.go_type}")
        self._item = item

    def fits(self, value: Any) -> bool:
        if type(value) is not dict:
            return False
        fits = self._item.fits
        return all(map(fits, value.values()))

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        if type(value) is not dict:
            raise self._mismatch(value, path, owner)
        item = self._item
        for key, element in value.items():
            value[key] = item.zero() if element is None else item.clean(element, path, owner, unknown)
        return value

    def missing(self, value: Any, path: Path, errors: list[FieldError]) -> None:
        if type(value) is dict:
            for key, element in value.items():
                self._item.missing(element, f"{path}[{key}]", errors)


class _Struct(_Node):
    """A definition with properties; its nodes are made when first needed, since definitions may be recursive."""

    __slots__ = ("_fields", "_fitting", "_name", "_omitted", "_required", "_struct")
    _zero = dict

    def __init__(self, name: str) -> None:
        *_, version, self._struct = name.split(".")
        super().__init__(f"{version}.{self._struct}")
        self._name = name
        self._fields: dict[str, _Node] = {}
        self._fitting: dict[str, Callable[[Any], bool]] = {}
        self._required: tuple[str, ...] = ()
        self._omitted: frozenset[str] = frozenset()

    def _compile(self) -> None:
        schema = definitions.definition(self._name)
        self._fields = {field: _node(sub) for field, sub in schema.get("properties", {}).items()}
        self._required = tuple(
            field for field in schema.get("required", ()) if (self._name, field) not in _REQUIRED_IN_NAME_ONLY
        )
        self._omitted = definitions.omitted_when_empty(self._name)
        self._fitting = {field: node.fits for field, node in self._fields.items()}

    def fits(self, value: Any) -> bool:
        if type(value) is not dict:
            return False
        if not self._fitting:
            self._compile()
        fitting, omitted = self._fitting, self._omitted
        for field, element in value.items():
            fits = fitting.get(field)
            if fits is None or not fits(element) or (not element and field in omitted):
                return False
        return True

    def clean(self, value: Any, path: Path, owner: str, unknown: list[str]) -> Any:
        if type(value) is not dict:
            raise self._mismatch(value, path, owner)
        if not self._fitting:
            self._compile()
        prefix = f"{path}." if path else ""
        for field in list(value):
            node = self._fields.get(field)
            if node is None:
                unknown.append(prefix + field)
                del value[field]
            elif (element := value[field]) is None:
                del value[field]
            elif (element := node.clean(element, prefix + field, self._struct, unknown)) or field not in self._omitted:
                value[field] = element
            else:
                del value[field]
        return value

    def missing(self, value: Any, path: Path, errors: list[FieldError]) -> None:
        if type(value) is not dict:
            return
        if not self._fitting:
            self._compile()
        prefix = f"{path}." if path else ""
        for field in self._required:
            if value.get(field) is None:
                errors.append(FieldError(prefix + field, "FieldValueRequired", "Required value"))
        for field, element in value.items():
            if type(element) in (dict, list) and (path or field not in ("metadata", "status")):
                node = self._fields.get(field)
                if node is not None:
                    node.missing(element, prefix + field, errors)


_ANY: Final = _Any("interface {}")


def _node(schema: Mapping[str, Any]) -> _Node:
    if name := definitions.reference(schema):
        return _named(name)
    kind, form = schema.get("type"), schema.get("format")
    if kind == "array":
        return _List(_node(schema["items"]))
    if kind == "object":
        if "additionalProperties" not in schema:
            return _ANY
        amounts = definitions.reference(schema["additionalProperties"]) == definitions.QUANTITY
        return _Map(_Amount("resource.Quantity") if amounts else _node(schema["additionalProperties"]))
    if kind == "string":
        return _Bytes() if form == "byte" else _Scalar("string", str)
    if kind == "integer":
        return _Scalar(str(form or "int64"), int)
    if kind == "boolean":
        return _Scalar("bool", bool)
    if kind == "number":
        return _Scalar("float64", int, float)
    return _ANY


@cache
def _named(name: str) -> _Node:
    if name == definitions.QUANTITY:
        return _Quantity("resource.Quantity")
    if name == definitions.INT_OR_STRING:
        return _Scalar("intstr.IntOrString", int, str)
    if name.endswith((".meta.v1.Time", ".meta.v1.MicroTime")):
        return _Time(micro=name.endswith("MicroTime"))
    if name in _OPEN_OBJECTS:
        return _ANY
    schema = definitions.definition(name)
    if schema.get("type") == "object" and "additionalProperties" not in schema:
        return _Struct(name)
    return _node(schema)


def conform(definition_name: str, obj: Object) -> list[str]:
    """Bring `obj`, in place, into the form that a real server's decoder leaves: no unknown fields, no nulls, no empty
    values where Go omits them, canonical quantities.

    Returns:
        The paths of the unknown fields (``spec.containers[0].foo``).

    Raises:
        TypeMismatchError: a value has the wrong JSON type; `obj` is then half done and of no use.
    """
    node = _named(definition_name)
    if node.fits(obj):
        return []
    unknown: list[str] = []
    node.clean(obj, "", "", unknown)
    return unknown


def validate_builtin(definition_name: str, obj: Object) -> list[FieldError]:
    """Required fields that are absent, and the first value of a wrong type (after `conform` there is none).

    Metadata and status are left out: the one has rules of its own, and a real server does not check the other either.
    """
    errors: list[FieldError] = []
    node = _named(definition_name)
    if not node.fits(obj):
        try:
            node.clean(deep_copy(obj), "", "", [])
        except TypeMismatchError as error:
            errors.append(FieldError("<nil>", "FieldValueTypeInvalid", f"Invalid value: {error}"))
    node.missing(obj, "", errors)
    return errors


def cannot_be_handled(obj: Object, error: TypeMismatchError) -> ApiError:
    """The 400 for an object with a value that Go could not decode."""
    kind, version = obj.get("kind", ""), str(obj.get("apiVersion", "")).rpartition("/")[2]
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {error}')
