"""``liqolab steps``: the vocabulary, for people who write features."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from liqolab.steps.registry import Registry, Step

_TIMES = "within 60s, for 10s, immediately, never ... within 10s"

_output = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
_language = click.option(
    "-l", "--language", default="en", show_default=True, metavar="CODE", help="Language of the sentences: en, it."
)


@click.group()
def steps() -> None:
    """List, search and explain the sentences that features are made of.

    \b
    Examples:
      liqolab steps list
      liqolab steps search "virtual node"
      liqolab steps docs 'node {name} in cluster {cluster} is Ready'
    """


@steps.command("list")
@_language
@_output
def list_(language: str, output: str) -> None:
    """List every sentence, by what it is about.

    \b
    Examples:
      liqolab steps list
      liqolab steps list --language it
      liqolab steps list -o json
    """
    known = list(_registry())
    _check_language(known, language)
    _print(known, language, output)


@steps.command()
@click.argument("text")
@_language
@_output
def search(text: str, language: str, output: str) -> None:
    """Find sentences that have all words of TEXT in them, or that are like it.

    Exits 1 when there is none.

    \b
    Examples:
      liqolab steps search event
      liqolab steps search "pod runs on node"
    """
    from liqolab.steps.suggestions import suggest

    registry = _registry()
    _check_language(registry, language)
    words = text.lower().split()
    found = [step for step in registry if all(word in _searched(step, language) for word in words)]
    if not found:
        near = set(suggest(registry, text, 5))
        found = [step for step in registry if near & {wording.sentence for wording in step.wordings}]
    if not found:
        raise click.ClickException(f'no sentence is like "{text}"; liqolab steps list shows all')
    _print(found, language, output)


@steps.command()
@click.argument("sentence", required=False)
@_language
@_output
def docs(sentence: str | None, language: str, output: str) -> None:
    """Explain a sentence (all of them by default): what it does, what it takes, how else it may be said.

    SENTENCE is as `liqolab steps list` prints it, or a step as a feature has it.

    \b
    Examples:
      liqolab steps docs 'the command succeeds'
      liqolab steps docs 'node "liqo-naples" in cluster "venice" is Ready within 60s'
      liqolab steps docs -o json
    """
    registry = _registry()
    _check_language(registry, language)
    chosen = list(registry) if sentence is None else _named(registry, sentence)
    if output == "json":
        click.echo(json.dumps([_document(step) for step in chosen], indent=2, ensure_ascii=False))
        return
    click.echo("\n\n".join(_explained(step, language) for step in chosen))


def _registry() -> Registry:
    from liqolab.steps.vocabulary import REGISTRY

    return REGISTRY


def _named(registry: Registry, sentence: str) -> list[Step]:
    from liqolab.steps.suggestions import suggest

    found = [
        step
        for step in registry
        if any(sentence in (wording.sentence, *wording.expansions()) for wording in step.wordings)
    ]
    if not found:
        found = [step for step in registry if step.match(sentence) is not None]
    if not found:
        near = suggest(registry, sentence, 3)
        hint = "\ndid you mean:" + "".join(f"\n  {each}" for each in near) if near else ""
        raise click.ClickException(f"there is no such sentence: {sentence}{hint}")
    return found


def _check_language(known: Iterable[Step], language: str) -> None:
    spoken = sorted({wording.language for step in known for wording in step.wordings})
    if language not in spoken:
        raise click.BadParameter(f'"{language}" is not known; there is {", ".join(spoken)}', param_hint="--language")


def _print(found: list[Step], language: str, output: str) -> None:
    if output == "json":
        click.echo(json.dumps([_document(step) for step in found], indent=2, ensure_ascii=False))
        return
    topic = ""
    for step in found:
        if _topic(step) != topic:
            click.echo(("\n" if topic else "") + _topic(step).upper())
            topic = _topic(step)
        click.echo(f"  {step.role.capitalize():<6}{_said(step, language)}{_takes(step)}")


def _explained(step: Step, language: str) -> str:
    lines = [f"{step.role.capitalize()} {_said(step, language)}"]
    if text := inspect.getdoc(step.function):
        lines += ["", *(f"  {line}".rstrip() for line in text.splitlines())]
    lines.append("")
    if step.takes_docstring:
        lines.append("  below it: a text block")
    if step.takes_datatable:
        lines.append("  below it: a table")
    lines.append(f"  time: {_TIMES}" if step.takes_timing else "  time: none")
    others = [wording for wording in step.wordings if wording.sentence != _said(step, language)]
    lines += [f"  also ({wording.language}): {wording.sentence}" for wording in others]
    lines.append(f"  defined in: {step.location}")
    return "\n".join(lines)


def _document(step: Step) -> dict[str, Any]:
    return {
        "sentence": step.sentence,
        "role": step.role,
        "topic": _topic(step),
        "wordings": [{"sentence": wording.sentence, "language": wording.language} for wording in step.wordings],
        "textBlock": step.takes_docstring,
        "table": step.takes_datatable,
        "time": step.takes_timing,
        "location": step.location,
        "documentation": inspect.getdoc(step.function) or "",
    }


def _said(step: Step, language: str) -> str:
    """The first wording in a language; the canonical one where that has none."""
    return next((wording.sentence for wording in step.wordings if wording.language == language), step.sentence)


def _searched(step: Step, language: str) -> str:
    said = [wording.sentence for wording in step.wordings if wording.language in (language, "en")]
    return " ".join([*said, _topic(step), inspect.getdoc(step.function) or ""]).lower()


def _topic(step: Step) -> str:
    """What a sentence is about: the module that it is defined in."""
    return step.function.__module__.rpartition(".")[2].replace("_", " ")


def _takes(step: Step) -> str:
    parts = [name for name, taken in (("text", step.takes_docstring), ("table", step.takes_datatable)) if taken]
    return f"   <{', '.join(parts)}>" if parts else ""
