"""Says one step of a feature to the vocabulary: what every face and pytest-bdd alike do with a sentence.

Remembered values are filled in, text block and table are handed over or missed, coroutines are awaited to their end,
and a check that fails goes on its way up with its sentence, its place and a diagnosis.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from liqolab.steps.failing.error import CheckFailedError, Wish
from liqolab.steps.failing.failure import Failure
from liqolab.steps.failing.harmless import harmless
from liqolab.steps.lab import Lab
from liqolab.steps.registry import REGISTRY, AmbiguousStepError, Registry, Step, UndefinedStepError
from liqolab.steps.subjects import subject_of
from liqolab.steps.suggestions import look_up
from liqolab.steps.text import StepText
from liqolab.steps.timing import Timing
from liqolab.steps.why.diagnosis import diagnosed

_VALUE = re.compile(r"(?<!\$)\{([A-Za-z]\w*)\}")


def execute(
    lab: Lab, text: StepText, registry: Registry = REGISTRY, following: Iterable[StepText] | None = None
) -> None:
    """Do what one step says; `following` are those behind it, which may judge what its command said.

    Raises:
        CheckFailedError: it does not hold, an action failed, or a command did and none of `following` judges it.
        UndefinedStepError, AmbiguousStepError: the vocabulary does not settle what it means.
    """
    try:
        perform(lab, text, registry)
        if following is not None:
            _refuse_unjudged(lab, text, following, registry)
    except CheckFailedError as error:
        error.failure = diagnosed(lab, error.failure, error.wish or Wish())
        raise
    except (UndefinedStepError, AmbiguousStepError):
        raise
    except Exception as error:
        # Clusters hold objects of any shape. A step that trips over one has failed; the run goes on.
        said = " ".join(str(error).split())
        summary = f"the check itself broke ({type(error).__name__}: {said}); this was not foreseen, please report it"
        failure = Failure(summary, sentence=text.sentence, location=text.location)
        raise CheckFailedError(harmless(failure)) from error


def perform(lab: Lab, text: StepText, registry: Registry = REGISTRY, timing: Timing | None = None) -> None:
    """`execute` without the diagnosis; `timing` stands in where the sentence does not say its time.

    Raises:
        CheckFailedError, UndefinedStepError, AmbiguousStepError: as for `execute`.
    """
    found, arguments = look_up(registry, text.text)
    if misfit := misfits(found, text):
        raise UndefinedStepError(misfit)
    try:
        _call(lab, found, arguments, text, timing)
    except CheckFailedError as error:
        # Of a sentence within another one's block, it is the inner one that failed.
        error.failure.sentence = error.failure.sentence or text.sentence
        error.failure.location = error.failure.location or text.location
        error.wish = error.wish or _wish(lab, found, arguments)
        raise


def _refuse_unjudged(lab: Lab, text: StepText, following: Iterable[StepText], registry: Registry) -> None:
    """Fail where a command failed, and no step before the next command says that it may."""
    if lab.last is None or lab.last.code == 0 or not look_up(registry, text.text)[0].types_commands:
        return
    for step in following:
        found = next((each for each in registry if each.match(step.text) is not None), None)
        if found is None or found.judges_output:
            # What the vocabulary does not know may be a definition of somebody's own that looks at the output.
            return
        if found.types_commands:
            break
    summary = f"the command ended with exit code {lab.last.code}, and no step judges it"
    failure = Failure(summary, sentence=text.sentence, location=text.location)
    failure.output, failure.code = lab.last.output, lab.last.code
    raise CheckFailedError(failure)


def misfits(step: Step, text: StepText) -> str:
    """Why a step's text block or table is not what its sentence takes; empty when it is."""
    for name, taken, given in (
        ("text block", step.takes_docstring, text.docstring is not None),
        ("table", step.takes_datatable, text.datatable is not None),
    ):
        if taken and not given:
            return f"this step needs a {name} below it: {text.text}"
        if given and not taken:
            return f"this step takes no {name}: {text.text}"
    return ""


def fill_in(lab: Lab, text: str, *, strict: bool) -> str:
    """`text` with ``{name}`` replaced by what is remembered under that name.

    Raises:
        CheckFailedError: `strict`, and nothing is remembered under a name.
    """

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in lab.values:
            return lab.values[name]
        if strict:
            known = ", ".join(sorted(lab.values)) or "nothing"
            raise CheckFailedError(f'nothing is remembered as "{name}" (remembered: {known})')
        return found.group()

    return _VALUE.sub(value, text)


def _reworded(lab: Lab, text: str) -> str:
    """What a check expects, as the clusters that there are say it."""
    for said, meant in lab.wordings.items():
        text = re.sub(rf"(?<![\w.]){re.escape(said)}(?![\w.])", meant, text)
    return text


def _wish(lab: Lab, step: Step, arguments: Mapping[str, Any]) -> Wish:
    """What a step wants: "never" turns a wish into its contrary, and some cluster is meant where none is named."""
    never = "timing" in arguments and arguments["timing"].kind == "never"
    if "cluster" in arguments:
        arguments = {**arguments, "cluster": arguments["cluster"] or lab.meant_cluster}
    return Wish(arguments, step.negative != never, step.existence)


def _call(lab: Lab, step: Step, arguments: dict[str, Any], text: StepText, timing: Timing | None) -> None:
    def settle(value: str, *, strict: bool) -> str:
        value = fill_in(lab, value, strict=strict)
        return _reworded(lab, value) if text.kind == "then" else value

    filled = {
        name: settle(value, strict=True) if isinstance(value, str) else value for name, value in arguments.items()
    }
    if "stated" in step.parameters:
        # Behind Given a state is brought about; behind Then the same sentence only looks.
        filled["stated"] = text.kind == "given"
    if timing is not None and filled.get("timing") == Timing():
        filled["timing"] = timing
    if step.takes_docstring:
        # Braces are common in commands and YAML, so what is not remembered stays as it is.
        filled["docstring"] = settle(text.docstring or "", strict=False)
    if step.takes_datatable:
        filled["datatable"] = [[settle(cell, strict=False) for cell in row] for row in text.datatable or []]
    if step.takes_subject:
        filled["subject"] = subject_of(lab, step, filled)
    if "lab" in step.parameters or not step.takes_subject:
        filled["lab"] = lab
    outcome = step.function(**filled)
    if inspect.iscoroutine(outcome):
        lab.wait_for(outcome)
