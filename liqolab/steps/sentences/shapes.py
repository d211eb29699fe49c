"""Sentences about the shape of objects: parts of them as YAML, fields by path, labels and annotations.

A text block of YAML says a part of the object: a map holds if its keys do, a list if it has exactly these elements in
this order, and a text between slashes is a regular expression for the whole value. A table has the columns
``path | operator | value``, with the paths of ``kubectl -o jsonpath`` and the operators ``=``, ``!=``, ``matches``,
``contains``, ``>=``, ``<=``, ``>`` and ``<``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from liqolab.apimachinery.resources import Object
from liqolab.steps.failing.diff import spoken_of
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference
from liqolab.steps.fields import OPERATORS, described, judge, values_at
from liqolab.steps.observe import Miss, Subject, observe
from liqolab.steps.partial import NOTHING, differences, shown
from liqolab.steps.registry import then
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import Verdict, every, one

_COLUMNS = ["path", "operator", "value"]

Rows = Sequence[tuple[str, str, str]]


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] matches:")
def matches(subject: Subject, docstring: str, timing: Timing) -> None:
    """Holds when the object exists and the text block's YAML is a part of it."""
    observe(subject, one(shaped(read_shape(docstring))), timing)


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] does not match:", negative=True)
def does_not_match(subject: Subject, docstring: str, timing: Timing) -> None:
    """Holds when the object exists and something of the text block's YAML is otherwise."""
    expected = read_shape(docstring)

    def verdict(item: Object) -> Miss | None:
        return None if differences(expected, item) else Miss("it is just so", actual=spoken_of(item, expected))

    observe(subject, one(verdict), timing)


@then("every {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}] matches:")
def every_matches(subject: Subject, docstring: str, timing: Timing) -> None:
    """Holds when there is at least one such object, and the text block's YAML is a part of each of them."""
    observe(subject, every(shaped(read_shape(docstring))), timing)


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] has fields:")
def has_fields(subject: Subject, datatable: list[list[str]], timing: Timing) -> None:
    """Holds when the object exists and each row of the table `path | operator | value` holds of it."""
    observe(subject, one(fields_are(read_rows(datatable))), timing)


@then(
    "{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] has field {path} {operator:operator} {value}"
)
def has_field(subject: Subject, path: str, operator: str, value: str, timing: Timing) -> None:
    """Holds when the object exists and what is at the path is as the operator asks; of several values one is enough.

    `contains` is for parts of a text, elements of a list and keys of a map; `>=` and its like for numbers and
    quantities. A field that is not there fails all but `!=`.
    """
    observe(subject, one(fields_are([(path, operator, value)])), timing)


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] has label {label}")
def has_label(label: str, subject: Subject, timing: Timing) -> None:
    """Holds when the object exists and has the label, written `key=value`, or `key` for any value."""
    observe(subject, one(_has_pair("labels", label)), timing)


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] does not have label {label}", negative=True)
def has_no_label(label: str, subject: Subject, timing: Timing) -> None:
    """Holds when the object exists and has not that label, written `key=value`, or `key` for any value."""
    verdict = _has_pair("labels", label)
    observe(
        subject,
        one(lambda item: None if verdict(item) else f"it has the label {label}"),
        timing,
    )


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] has annotation {annotation}")
def has_annotation(subject: Subject, annotation: str, timing: Timing) -> None:
    """Holds when the object exists and has the annotation, written `key=value`, or `key` for any value."""
    observe(subject, one(_has_pair("annotations", annotation)), timing)


def read_shape(text: str) -> Any:
    """The expected document of a text block.

    Raises:
        CheckFailedError: it is no YAML, or asks for nothing.
    """
    try:
        expected = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CheckFailedError(f"the text block is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(expected, dict) or not expected:
        raise CheckFailedError("the text block is to be a YAML map, with at least one key of the object")
    return expected


def read_rows(datatable: list[list[str]]) -> Rows:
    """The rows of a table of fields.

    Raises:
        CheckFailedError: its columns are others, or an operator is unknown.
    """
    header, *rows = datatable
    if header != _COLUMNS or not rows:
        raise CheckFailedError(f"the table needs the columns {' | '.join(_COLUMNS)} and at least one row")
    for row in rows:
        if len(row) != len(_COLUMNS):
            raise CheckFailedError(f"the row {' | '.join(row)} of the table is not of {len(_COLUMNS)} cells")
        operator = row[1]
        if operator not in OPERATORS:
            raise CheckFailedError(f'"{operator}" is no operator; there are {", ".join(OPERATORS)}')
    return [(path, operator, value) for path, operator, value in rows]


def shaped(expected: Any) -> Verdict:
    """Why an object is not of a shape, with both documents for a diff."""

    def verdict(item: Object) -> Miss | None:
        wrong = differences(expected, item)
        if not wrong:
            return None
        summary = "; ".join(f"{each.path} is {each.actual}, not {each.expected}" for each in wrong)
        return Miss(summary, tuple(wrong), expected, spoken_of(item, expected))

    return verdict


def fields_are(rows: Rows) -> Verdict:
    """Why the fields of an object are not as rows of path, operator and value ask."""

    def verdict(item: Object) -> Miss | None:
        wrong = []
        for path, operator, value in rows:
            found = values_at(item, path)
            if not judge(found, operator, value):
                wrong.append(
                    Difference(path.strip("{}"), value if operator == "=" else f"{operator} {value}", described(found))
                )
        if not wrong:
            return None
        return Miss("; ".join(f"{each.path} is {each.actual}, not {each.expected}" for each in wrong), tuple(wrong))

    return verdict


def _has_pair(field: str, pair: str) -> Verdict:
    key, wanted, value = pair.partition("=")
    if not key:
        raise CheckFailedError(f'"{pair}" names no {field.removesuffix("s")}; write it like key=value, or key')

    def verdict(item: Object) -> Miss | None:
        present = item["metadata"].get(field) or {}
        if key in present and (not wanted or present[key] == value):
            return None
        actual = shown(present.get(key)) if key in present else f"missing (present: {', '.join(present) or NOTHING})"
        path = f".metadata.{field}['{key}']"
        return Miss(f"{path} is {actual}", (Difference(path, value if wanted else "anything", actual),))

    return verdict
