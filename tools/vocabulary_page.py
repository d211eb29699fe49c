"""The living reference: every sentence with its other wordings, what it means and takes, and an example that runs."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from liqolab.scenario.library import installed_library
from liqolab.steps.registry import PLACEHOLDER, REGISTRY, Step
from liqolab.steps.sentences.aliases import trailing
from liqolab.steps.timing import DEFAULT_SECONDS
from liqolab.steps.vocabulary import FAMILIES

WIDTH = 120

_TITLES = {
    "playground": "Playground",
    "actions": "Actions",
    "objects": "Existence and count",
    "states": "State",
    "shapes": "Shape",
    "scheduling": "Scheduling",
    "events": "Events and logs",
    "network": "Network",
    "commands": "Commands",
    "liqo": "Liqo: checks",
    "liqo_actions": "Liqo: actions",
    "faults": "Faults: breaking and mending",
    "blocks": "Blocks and remembered values",
    "cleanup": "Cleanup",
}
_KEYWORDS = {"Context": "Given", "Action": "When", "Outcome": "Then"}

_HEAD = f"""\
# Vocabulary of the features

The sentences that a feature may say about live clusters, in `liqolab run`, under pytest and in a lesson alike. Each
example is taken from a feature that runs. [Contributing](../../CONTRIBUTING.md) shows how to add a sentence.

- `"<name>"` stands for a text in double quotes, `<kind>`, `<state>` and `<count>` for bare words and numbers. What
  stands in square brackets may be left out. A quote in a text is written `\\"`: `I run "echo \\"hi\\""`.
- A kind is written as kubectl takes it: `pod`, `pods`, `po`, `deployment.apps`, `foreigncluster.discovery.liqo.io`. One
  that a cluster does not know fails every check of it, "does not exist" included.
- A cluster is called by its name in the playground. Without `in cluster`, the one of `I am using cluster` is meant. The
  place, `in namespace … in cluster …`, may also stand at the end of a sentence, before its time.
- A named object without `in namespace` is in the scenario's own namespace, which is made when the first sentence acts
  there and goes with the scenario; `{{namespace}}` is its name. Selectors look into it too, and where a scenario has
  none, into all namespaces.
- What a scenario does is taken back when it ends, the last action first.
- Any sentence may stand behind Given, When, Then or And. Reports count what stands behind Then as checks.
- Features in Italian (`# language: it`) say the sentences in Italian; both wordings mean the same.

## Time

A check waits, by watching the API: one list, one watch, no polling. How long is said at the end of the sentence:

| Ending | In Italian | The check holds when |
|---|---|---|
| none | | it becomes true within {DEFAULT_SECONDS:g} s |
| `within 60s`, `within 1m30s` | `entro 60s` | it becomes true in that time |
| `for 10s` | `per 10s` | it is true and stays so all that time |
| `immediately` | `subito` | it is true now |
| `never … within 10s` | `non … mai … entro 10s` | it is not true once in that time |

A cluster that does not answer, or stops answering in the middle, fails every check, whatever it was waiting for.

## The place in a lesson

### `the lesson[ "<name>"] has reached "<step>"`

Plays what is missing of the lesson up to the end of that step, so that a scenario can be run alone. A lesson's steps
are the tags `@step:` of its feature. A feature of your own may name the lesson. If it does not, the one is meant that
has such a step and every cluster of which the scenario speaks.

```gherkin
Given the lesson has reached "peer"
Given the lesson "offloading-with-policies" has reached "deploy"
```
"""


@dataclass
class Use:
    """How features use a sentence: its shortest use as written, and how many scenarios there are of it."""

    example: str = ""
    feature: str = ""
    scenarios: int = 0


def vocabulary_page() -> str:
    """The page, in Markdown: one section for each family of sentences."""
    found = uses()
    parts = [_HEAD]
    for family in FAMILIES:
        parts.append(_heading(family))
        parts += [_sentence(step, found.get(step.sentence)) for step in _steps_of(family)]
    return "\n".join(parts)


@cache
def uses() -> dict[str, Use]:
    """Sentence → how the English features use it."""
    found: dict[str, Use] = {}
    for path in _features():
        for pickle in _pickles(path):
            said = set()
            for step, part in _said(pickle):
                said.add(step.sentence)
                use = found.setdefault(step.sentence, Use())
                text = _as_written(part)
                if not use.example or len(text) < len(use.example):
                    use.example, use.feature = text, path.name
            for sentence in said:
                found[sentence].scenarios += 1
    return found


def _features() -> list[Path]:
    root = installed_library() / "features"
    return [*sorted(root.glob("*.feature")), *sorted(root.glob("vocabulary/*.feature"))]


def _pickles(path: Path) -> list[dict[str, Any]]:
    document: dict[str, Any] = Parser().parse(path.read_text())
    document["uri"] = path.name
    pickles: list[dict[str, Any]] = Compiler().compile(document)
    return pickles


def _said(pickle: dict[str, Any]) -> Iterator[tuple[Step, dict[str, Any]]]:
    for part in pickle["steps"]:
        for step in REGISTRY:
            if step.match(part["text"]) is not None:
                yield step, part


def _heading(family: ModuleType) -> str:
    about = (inspect.getdoc(family) or "").split("\n\n", 1)
    name = family.__name__.rpartition(".")[2]
    summary = about[0].removeprefix("Sentences that ").removeprefix("Sentences about ")
    summary = summary.partition(": ")[2] or summary
    rest = about[1] if len(about) > 1 else ""
    paragraphs = [_capital(summary), *rest.replace("``", "`").split("\n\n")]
    return "\n\n".join([f"## {_TITLES[name]}", *(_wrapped(text) for text in paragraphs if text)]) + "\n"


def _steps_of(family: ModuleType) -> list[Step]:
    return [step for step in REGISTRY if step.function.__module__ == family.__name__]


def _sentence(step: Step, use: Use | None) -> str:
    takes = [
        *(["Takes a text block."] if step.takes_docstring else []),
        *(["Takes a table."] if step.takes_datatable else []),
        *([] if step.takes_timing else ["Takes no time."]),
    ]
    doc = re.sub(r"\s+", " ", inspect.getdoc(step.function) or "")
    others = [f"- Also: `{shown(text)}`" for text in _aliases(step)]
    italian = [f"- In Italian: `{shown(each.sentence)}`" for each in step.wordings if each.language == "it"]
    parts = [f"### `{shown(step.sentence)}`", _wrapped(" ".join([doc, *takes])), "\n".join(others + italian)]
    if use is not None:
        count = "1 scenario" if use.scenarios == 1 else f"{use.scenarios} scenarios"
        parts.append(f"```gherkin\n{use.example}\n```")
        parts.append(f"Used in {count}; the example is from `{use.feature}`.")
    return "\n\n".join(part for part in parts if part) + "\n"


def shown(sentence: str) -> str:
    """A sentence as people write it, with placeholders in angle brackets."""
    return PLACEHOLDER.sub(lambda found: f"<{found[1]}>" if found[2] else f'"<{found[1]}>"', sentence)


def _aliases(step: Step) -> list[str]:
    by_rule = set(trailing([step.sentence]).get(step.sentence, ()))
    return [each.sentence for each in step.wordings[1:] if each.language == "en" and each.sentence not in by_rule]


def _as_written(part: dict[str, Any]) -> str:
    lines = [f"{_KEYWORDS.get(part.get('type', ''), 'Given')} {part['text']}"]
    argument = part.get("argument") or {}
    if "docString" in argument:
        content = argument["docString"]["content"]
        lines += ['  """', *(f"  {line}".rstrip() for line in content.splitlines()), '  """']
    rows = [[cell["value"] for cell in row["cells"]] for row in argument.get("dataTable", {}).get("rows", ())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines += [f"  | {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in rows]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_on_hyphens=False, break_long_words=False)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
