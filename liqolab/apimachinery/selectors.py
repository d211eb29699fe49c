"""Selectors: which objects a list, a watch, a Service or a scheduling rule speaks of.

Label selectors come as text (query parameters) or as an object (``spec.selector``); field selectors as text only. Node
selectors and taints follow the scheduler's rules, which differ from label selectors in one point that matters: a term
without requirements matches nothing. Error texts are those of the API server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.resources import Object

_OPERATORS = ("in", "notin", "=", "==", "!=", "gt", "lt")
_TOKEN = re.compile(r"\s*(==|!=|[=!<>,()]|[^\s=!<>,()]+)")
_SYMBOLS = frozenset(("==", "!=", "=", "!", "<", ">", ",", "(", ")"))
_INTEGER = re.compile(r"[+-]?[0-9]+")


class SelectorError(ValueError):
    """A selector that cannot be understood; the text is the API server's."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on labels.

    Attributes:
        key: the label.
        operator: ``In``, ``NotIn``, ``Exists``, ``DoesNotExist``, ``Gt`` or ``Lt``.
        values: what is compared with; one integer for ``Gt`` and ``Lt``.
        text: the operator as it was written (``=``, ``==``, ``in`` …).
    """

    key: str
    operator: str
    values: frozenset[str] = frozenset()
    text: str = ""

    @property
    def exactly(self) -> str | None:
        """The one value that the label must have, if there is one: an index finds who has it."""
        return next(iter(self.values)) if self.operator == "In" and len(self.values) == 1 else None

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        operator = self.operator
        if operator == "In":
            return value is not None and value in self.values
        if operator == "NotIn":
            return value is None or value not in self.values
        if operator == "Exists":
            return value is not None
        if operator == "DoesNotExist":
            return value is None
        return _compares(value, operator, self.values)

    def __str__(self) -> str:
        if self.operator == "Exists":
            return self.key
        if self.operator == "DoesNotExist":
            return f"!{self.key}"
        if self.text in ("in", "notin"):
            return f"{self.key} {self.text} ({','.join(sorted(self.values))})"
        return f"{self.key}{self.text}{next(iter(self.values), '')}"


def _compares(value: str | None, operator: str, values: Iterable[str]) -> bool:
    """``Gt`` and ``Lt``: both sides must be integers, else nothing matches."""
    bound = next(iter(values), "")
    if value is None or not _INTEGER.fullmatch(value) or not _INTEGER.fullmatch(bound):
        return False
    return int(value) > int(bound) if operator == "Gt" else int(value) < int(bound)


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Requirements that must all hold. Without any it matches everything; `NOTHING` matches no object at all."""

    requirements: tuple[Requirement, ...] = ()
    never: bool = False

    @staticmethod
    def parse(text: str) -> LabelSelector:
        """The selector of a query parameter: ``a=b,c in (d,e),!f``.

        Raises:
            SelectorError: with the API server's text.
        """
        return _parse_labels(text)

    @staticmethod
    def from_object(selector: Mapping[str, Any] | None) -> LabelSelector:
        """The selector of a ``metav1.LabelSelector``. None (absent) matches nothing, ``{}`` everything.

        Raises:
            SelectorError: for an unknown operator.
        """
        if selector is None:
            return NOTHING
        rows = [
            Requirement(key, "In", frozenset((value,)), "=")
            for key, value in (selector.get("matchLabels") or {}).items()
        ]
        for expression in selector.get("matchExpressions") or ():
            rows.append(_from_expression(expression))
        return LabelSelector(tuple(sorted(rows, key=lambda row: row.key)))

    @staticmethod
    def from_labels(labels: Mapping[str, str] | None) -> LabelSelector:
        """The selector of a plain map, as Services and ReplicationControllers have it; empty matches nothing."""
        return LabelSelector.from_object({"matchLabels": labels}) if labels else NOTHING

    @property
    def empty(self) -> bool:
        """Whether it lets everything pass."""
        return not self.requirements and not self.never

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        if self.never:
            return False
        found = labels or {}
        return all(requirement.matches(found) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


NOTHING = LabelSelector(never=True)


def _from_expression(expression: Mapping[str, Any]) -> Requirement:
    operator = expression.get("operator", "")
    if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        raise SelectorError(f'"{operator}" is not a valid label selector operator')
    text = {"In": "in", "NotIn": "notin"}.get(operator, "")
    return Requirement(expression.get("key", ""), operator, frozenset(expression.get("values") or ()), text)


@lru_cache(maxsize=1024)
def _parse_labels(text: str) -> LabelSelector:
    rows = _LabelParser(text).parse()
    return LabelSelector(tuple(sorted(rows, key=lambda row: row.key)))


class _LabelParser:
    """Recursive descent over the tokens; the end of the text is the empty token."""

    def __init__(self, text: str) -> None:
        self._tokens = [match[1] for match in _TOKEN.finditer(text)]
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def parse(self) -> list[Requirement]:
        rows: list[Requirement] = []
        while first := self._peek():
            if first in _SYMBOLS and first != "!":
                raise SelectorError(f"found '{first}', expected: !, identifier, or 'end of string'")
            rows.append(self._requirement())
            separator = self._next()
            if not separator:
                break
            if separator != ",":
                raise SelectorError(f"found '{separator}', expected: ',' or 'end of string'")
            following = self._peek()
            if not following or (following in _SYMBOLS and following != "!"):
                raise SelectorError(f"found '{following}', expected: identifier after ','")
        return rows

    def _requirement(self) -> Requirement:
        try:
            return self._requirement_or_error()
        except SelectorError as error:
            raise SelectorError(f"unable to parse requirement: {error}") from None

    def _requirement_or_error(self) -> Requirement:
        key = self._next()
        negated = key == "!"
        if negated:
            key = self._next()
        if not key or key in _SYMBOLS:
            raise SelectorError(f"found '{key}', expected: identifier")
        _check("<nil>", key, names.qualified_name(key))
        if negated:
            return Requirement(key, "DoesNotExist")
        if self._peek() in ("", ","):
            return Requirement(key, "Exists")
        operator = self._next()
        if operator in ("in", "notin"):
            values = self._values()
        elif operator in ("=", "==", "!=", ">", "<"):
            values = [self._exact_value()]
        else:
            raise SelectorError(f"found '{operator}', expected: {', '.join(_OPERATORS)}")
        return _checked(key, operator, sorted(set(values)))

    def _exact_value(self) -> str:
        if self._peek() in ("", ","):
            return ""
        value = self._next()
        if value in _SYMBOLS:
            raise SelectorError(f"found '{value}', expected: identifier")
        return value

    def _values(self) -> list[str]:
        if (opening := self._next()) != "(":
            raise SelectorError(f"found '{opening}' expected: '('")
        values: list[str] = []
        while True:
            # A missing value between commas, or before the parenthesis, is the empty string.
            value = "" if self._peek() in (",", ")") else self._next()
            if value in _SYMBOLS or (not value and not self._peek()):
                wanted = "',', or identifier" if values else "',', ')' or identifier"
                raise SelectorError(f"found '{value}', expected: {wanted}")
            values.append(value)
            separator = self._next()
            if separator == ")":
                return values
            if separator != ",":
                raise SelectorError(f"found '{separator}', expected: ',' or ')'")


_NAMES = {"in": "In", "notin": "NotIn", "=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt"}


def _checked(key: str, operator: str, values: list[str]) -> Requirement:
    for index, value in enumerate(values):
        if operator in ("<", ">") and not _INTEGER.fullmatch(value):
            text = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise SelectorError(f'values[{index}]: Invalid value: "{value}": {text}')
        _check(f"values[{index}][{key}]", value, names.label_value(value))
    return Requirement(key, _NAMES[operator], frozenset(values), operator)


def _check(path: str, value: str, errors: list[str]) -> None:
    if errors:
        raise SelectorError(f'{path}: Invalid value: "{value}": {"; ".join(errors)}')


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One condition on a field: equal to a value, or not."""

    field: str
    equal: bool
    value: str

    def matches(self, get: Callable[[str], str]) -> bool:
        return (get(self.field) == self.value) is self.equal


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """Requirements on fields that must all hold; which fields exist is the kind's business."""

    requirements: tuple[FieldRequirement, ...] = ()

    @staticmethod
    def parse(text: str) -> FieldSelector:
        """The selector of a query parameter: ``metadata.name=a,status.phase!=Running``.

        Raises:
            SelectorError: with the API server's text.
        """
        return _parse_fields(text)

    def matches(self, get: Callable[[str], str]) -> bool:
        """Whether an object matches; `get` answers the value of a field, as text."""
        return all(requirement.matches(get) for requirement in self.requirements)

    def exact(self, field: str) -> str | None:
        """The one value that `field` must have, if the selector says so: a list by name need not scan."""
        for requirement in self.requirements:
            if requirement.equal and requirement.field == field:
                return requirement.value
        return None

    def __str__(self) -> str:
        rows = self.requirements
        return ",".join(f"{row.field}{'=' if row.equal else '!='}{_escape(row.value)}" for row in rows)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")


_FIELD_TERM = re.compile(r"((?:[^\\=!]|\\.|!(?!=))*)(!=|==|=)(.*)", re.DOTALL)
_UNESCAPED_COMMA = re.compile(r"((?:[^\\,]|\\.)*)(?:,|$)", re.DOTALL)


@lru_cache(maxsize=1024)
def _parse_fields(text: str) -> FieldSelector:
    rows = []
    at = 0
    while at < len(text):
        match = _UNESCAPED_COMMA.match(text, at)
        part = match[1] if match else text[at:]
        at = match.end() if match else len(text)
        if not part:
            continue
        term = _FIELD_TERM.fullmatch(part)
        if not term:
            raise SelectorError(f"invalid selector: '{text}'; can't understand '{part}'")
        rows.append(FieldRequirement(term[1], term[2] != "!=", _unescape(term[3])))
    return FieldSelector(tuple(rows))


def _unescape(value: str) -> str:
    if "\\" not in value and "=" not in value:
        return value
    result = []
    characters = iter(value)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if escaped not in ("\\", ",", "="):
                raise SelectorError(f"invalid field selector: invalid escape sequence: \\{escaped}")
            result.append(escaped)
        elif character == "=":
            raise SelectorError("invalid field selector: unescaped character in value: 61")
        else:
            result.append(character)
    return "".join(result)


def node_selector_matches(node_selector: Mapping[str, Any], node: Object) -> bool:
    """Whether a node fulfils a ``core/v1 NodeSelector``: one of its terms, wholly."""
    return any(node_term_matches(term, node) for term in node_selector.get("nodeSelectorTerms") or ())


def node_term_matches(term: Mapping[str, Any], node: Object) -> bool:
    """Whether a node fulfils all expressions and fields of a term; a term without any matches no node."""
    expressions = term.get("matchExpressions") or ()
    fields = term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    metadata = node.get("metadata") or {}
    labels = metadata.get("labels") or {}
    return all(_node_expression_matches(row, labels) for row in expressions) and all(
        _node_expression_matches(row, {"metadata.name": metadata.get("name", "")}) for row in fields
    )


def _node_expression_matches(row: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    operator = row.get("operator", "")
    value = labels.get(row.get("key", ""))
    values: Sequence[str] = row.get("values") or ()
    if operator == "In":
        return value is not None and value in values
    if operator == "NotIn":
        return value is None or value not in values
    if operator == "Exists":
        return value is not None
    if operator == "DoesNotExist":
        return value is None
    return operator in ("Gt", "Lt") and len(values) == 1 and _compares(value, operator, values)


def node_affinity_matches(pod: Object, node: Object) -> bool:
    """Whether a node fulfils what a pod demands of it: ``nodeSelector`` and required node affinity, both."""
    spec = pod.get("spec") or {}
    labels = (node.get("metadata") or {}).get("labels") or {}
    wanted = spec.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or node_selector_matches(required, node)


def toleration_covers(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    """Whether one toleration covers a taint; empty effect covers every effect, empty key with Exists every key."""
    effect = toleration.get("effect")
    if effect and effect != taint.get("effect"):
        return False
    key = toleration.get("key")
    if key and key != taint.get("key"):
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists":
        return True
    return operator == "Equal" and bool(key) and (toleration.get("value") or "") == (taint.get("value") or "")


def tolerates(tolerations: Iterable[Mapping[str, Any]] | None, taint: Mapping[str, Any]) -> bool:
    """Whether any of the tolerations covers the taint."""
    return any(toleration_covers(toleration, taint) for toleration in tolerations or ())


def untolerated_taint(pod: Object, node: Object, effects: Iterable[str]) -> Object | None:
    """The first taint of the node, among those with one of `effects`, that the pod does not tolerate."""
    tolerations = (pod.get("spec") or {}).get("tolerations")
    wanted = tuple(effects)
    for taint in (node.get("spec") or {}).get("taints") or ():
        if taint.get("effect") in wanted and not tolerates(tolerations, taint):
            found: Object = taint
            return found
    return None
