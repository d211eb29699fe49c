"""Sentences about other sentences: several checks that have to hold together, and values that are remembered.

A value is remembered by a name, and ``{name}`` stands for it in the sentences, text blocks and tables that follow in
the scenario. ``{namespace}`` is the scenario's own namespace.
"""

from __future__ import annotations

import re
import time

from gherkin.gherkin_line import GherkinLine

from liqolab.apimachinery.jsonpath import format_value
from liqolab.apimachinery.resources import Object
from liqolab.steps import timing as timings
from liqolab.steps.execute import perform
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.fields import values_at
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject, observe
from liqolab.steps.registry import REGISTRY, AmbiguousStepError, Step, UndefinedStepError, given, then
from liqolab.steps.suggestions import look_up
from liqolab.steps.text import StepText
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import one

_KEYWORD = re.compile(r"(?:Given|When|Then|And|But|Dat[oaie]|Quando|Allora|E|Ed|Ma|\*) +")
_NAME = re.compile(r"[A-Za-z]\w*")
_FENCE = re.compile(r"(```|'''|\"{3})\w*")


@then("within {duration:duration} all of:")
def all_within(lab: Lab, duration: str, docstring: str) -> None:
    """Holds when each sentence of the text block holds, and at one moment all of them together, within that time.

    One sentence a line, with or without Given, When or Then before it. A text block of its own stands between lines of
    three backticks, a table as everywhere. Only checks have a place here; a sentence that says no time of its own has
    that of the block.
    """
    steps = read_steps(docstring)
    for step in steps:
        if _find(step).role != "then":
            raise CheckFailedError(f"only checks have a place in a block, and this is none: {step.text}")
    deadline = time.monotonic() + timings.seconds(duration)
    while True:
        for step in steps:
            _say(lab, step, Timing("within", max(0.0, deadline - time.monotonic())))
        try:
            # Each has held by now, but those that held first may have ceased to.
            for step in steps:
                _say(lab, step, Timing("now", 0.0))
        except CheckFailedError:
            if time.monotonic() >= deadline:
                raise
        else:
            return


@given("I remember field {path} of {kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] as {key}")
def remember_field(lab: Lab, subject: Subject, path: str, key: str, timing: Timing) -> None:
    """Remember what is at a path of an object, as soon as there is something; several values are joined by blanks."""

    def verdict(item: Object) -> str | None:
        return None if values_at(item, path) else f"it has nothing at {path.strip('{}')}"

    found = observe(subject, one(verdict), timing)
    _remember(lab, key, " ".join(format_value(value) for value in values_at(found[0], path)))


@given(
    "I remember the name of a {kind:kind} matching {labels}[ in namespace {namespace}][ in cluster {cluster}] as {key}"
)
def remember_name(lab: Lab, subject: Subject, key: str, timing: Timing) -> None:
    """Remember the name of an object that the selector chooses, as soon as there is one; of several the oldest."""

    def living(items: list[Object]) -> list[Object]:
        kept = [item for item in items if not item["metadata"].get("deletionTimestamp")]
        return sorted(kept, key=lambda item: (item["metadata"].get("creationTimestamp", ""), item["metadata"]["name"]))

    found = observe(subject, lambda items: None if living(items) else "there is none", timing)
    _remember(lab, key, living(found)[0]["metadata"]["name"])


@given("I remember the output as {key}")
def remember_output(lab: Lab, key: str) -> None:
    """Remember what the last command printed, without blanks around it."""
    _remember(lab, key, lab.output().strip())


@given("I remember {value} as {key}")
def remember_value(lab: Lab, value: str, key: str) -> None:
    """Remember a text; what is remembered already may be a part of it."""
    _remember(lab, key, value)


def read_steps(text: str) -> list[StepText]:
    """The sentences of a text block, with their own text blocks and tables.

    Raises:
        CheckFailedError: a text block in it does not end, or stands before the first sentence.
    """
    steps: list[StepText] = []
    fence, block = "", list[str]()
    for line in text.splitlines():
        bare = line.strip()
        if fence:
            if bare == fence:
                steps[-1] = _with(steps[-1], docstring=_dedented(block))
                fence, block = "", []
            else:
                block.append(line)
        elif steps and (opened := _FENCE.fullmatch(bare)):
            fence = opened.group(1)
        elif bare.startswith("|") and steps:
            steps[-1] = _with(steps[-1], row=[cell["text"] for cell in GherkinLine(bare, 1).table_cells])
        elif bare and not bare.startswith("#"):
            found = _KEYWORD.match(bare)
            keyword = found.group().strip() if found else "*"
            steps.append(StepText("then", keyword, bare[found.end() :] if found else bare))
    if fence or not steps:
        raise CheckFailedError("a text block in the block does not end" if fence else "the block has no sentences")
    return steps


def _with(step: StepText, *, docstring: str | None = None, row: list[str] | None = None) -> StepText:
    table = [*(step.datatable or []), row] if row is not None else step.datatable
    return StepText(step.kind, step.keyword, step.text, step.docstring if docstring is None else docstring, table)


def _dedented(lines: list[str]) -> str:
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)


def _find(step: StepText) -> Step:
    try:
        return look_up(REGISTRY, step.text)[0]
    except (UndefinedStepError, AmbiguousStepError) as error:
        raise CheckFailedError(f"in the block: {error}") from None


def _say(lab: Lab, step: StepText, timing: Timing) -> None:
    try:
        perform(lab, step, timing=timing)
    except UndefinedStepError as error:
        raise CheckFailedError(f"in the block: {error}") from None


def _remember(lab: Lab, key: str, value: str) -> None:
    if not _NAME.fullmatch(key):
        raise CheckFailedError(f'"{key}" is no name for a value: use letters, digits and _, beginning with a letter')
    if key == "namespace" and lab.own_namespace:
        raise CheckFailedError('"namespace" is the scenario\'s own namespace; use another name')
    lab.values[key] = value
