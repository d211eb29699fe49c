"""The reference page of all sentences, each with its docstring and, where a feature says it, an example."""

from __future__ import annotations

import inspect
import textwrap

from liqolab.scenario.feature import load_feature
from liqolab.scenario.library import data_folder
from liqolab.steps.registry import Step
from liqolab.steps.text import StepText
from liqolab.steps.timing import DEFAULT_SECONDS
from liqolab.steps.vocabulary import REGISTRY

WIDTH = 120

_HEAD = f"""\
# Vocabulary of the features

The sentences that a feature may say about live clusters, in `liqolab run` and under pytest alike.
[Contributing](../../CONTRIBUTING.md) shows how to add one.

- `{{name}}` stands for a text in double quotes, `{{count:int}}` for a number, `{{kind:word}}` for a bare word.
- A kind is written as `kubectl get` takes it: `pod`, `pods`, `deployment`, `namespaceoffloading`. One that a cluster
  does not know fails every check of it, "does not exist" included.
- A cluster is called by its name in the playground. Checks look at it through its administrator's kubeconfig.
- Any sentence may stand behind Given, When, Then or And. Reports count what stands behind Then as checks.

## Time

A check waits, by watching the API. How long is said at the end of the sentence:

| Ending | The check holds when |
|---|---|
| none | it becomes true within {DEFAULT_SECONDS:g} s |
| `within 60s`, `within 1m30s` | it becomes true in that time |
| `for 10s` | it is true and stays so all that time |
| `immediately` | it is true now |

Behind `I run`, an ending limits how long a command may take. A sentence that takes no ending judges what is there.

## Shapes

The text block of a sentence that ends in `matches:` is YAML and says a part of the object: a map holds if its keys do,
a list if it has exactly these elements in this order, and a text between slashes is a regular expression.

## The place in the lesson

### `the lesson has reached {{step}}`

Plays what is missing of the lesson up to the end of that step, so that a scenario can be run alone. A lesson's steps
are the tags `@step:` of its feature.

```gherkin
Given the lesson has reached "peer"
```
"""


def vocabulary_page() -> str:
    """The page, in Markdown: one section for each module that defines sentences."""
    examples = _examples()
    parts = [_HEAD]
    module = ""
    for step in sorted(REGISTRY, key=lambda each: each.function.__module__):
        if step.function.__module__ != module:
            module = step.function.__module__
            parts.append(_heading(inspect.getdoc(inspect.getmodule(step.function)) or module))
        parts.append(_sentence(step, examples.get(step.sentence)))
    return "\n".join(parts)


def _heading(about: str) -> str:
    title, _, rest = about.split("\n\n")[0].removeprefix("Sentences about ").partition(": ")
    parts = [f"## {_capital(title.rstrip('.'))}", *([_capital(rest)] if rest else [])]
    return "\n\n".join(parts) + "\n"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(step: Step, example: StepText | None) -> str:
    parameters = inspect.signature(step.function).parameters
    takes = [
        *(["Takes a text block."] if "docstring" in parameters else []),
        *(["Takes a table."] if "datatable" in parameters else []),
        *(["Takes no ending."] if "timing" not in parameters else []),
    ]
    text = " ".join((inspect.getdoc(step.function) or "").split())
    remarks = textwrap.fill(" ".join([*([text] if text else []), *takes]), WIDTH, break_on_hyphens=False)
    parts = [f"### `{step.sentence}`", *([remarks] if remarks else [])]
    if example is not None:
        parts.append(f"```gherkin\n{_as_written(example)}\n```")
    return "\n\n".join(parts) + "\n"


def _examples() -> dict[str, StepText]:
    """Sentence → its shortest use in a feature, the first of equals."""
    uses: dict[str, StepText] = {}
    for path in sorted(data_folder("features").glob("*.feature")):
        for part in (part for scenario in load_feature(path).scenarios for part in scenario.steps):
            for step in REGISTRY:
                known = uses.get(step.sentence)
                if step.match(part.text) is not None and (
                    not known or len(_as_written(part)) < len(_as_written(known))
                ):
                    uses[step.sentence] = part
    return uses


def _as_written(part: StepText) -> str:
    lines = [f"{part.kind.capitalize()} {part.text}"]
    if part.docstring is not None:
        lines += ['  """', *(f"  {line}".rstrip() for line in part.docstring.splitlines()), '  """']
    rows = part.datatable or []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines += [f"  | {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    return "\n".join(lines)
