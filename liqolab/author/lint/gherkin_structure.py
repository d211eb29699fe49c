"""Rules about how a feature is built: names, order, length, outlines, tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liqolab.author.lint import tags
from liqolab.author.lint.feature_file import FeatureFile, feature_rule, step_ids
from liqolab.author.lint.rule import Rule, Spot, declare, example
from liqolab.gherkin_tree import GherkinError, Section, step_keywords

LONGEST_SCENARIO = 12
"""Steps, those of the Background not counted."""

SYNTAX = declare(
    Rule(
        "feature-syntax",
        "feature",
        "error",
        "A feature is Gherkin.",
        "What the parser does not take, no run takes either.",
        bad=example("Given something", "something that is no step"),
        good=example('Then cluster "venice" does not exist'),
    )
)


def syntax_spots(error: GherkinError) -> list[Spot]:
    """What the parser does not take, in words for authors."""
    spots = []
    for mistake in error.mistakes:
        expected, separator, got = mistake.message.partition(", got ")
        message = mistake.message
        if separator:
            # The list of everything that could stand there helps nobody.
            message = f"this line does not fit here: {got}"
        elif expected.startswith("unexpected end of file"):
            message = "the file ends in the middle of something"
        spots.append(Spot(mistake.line, mistake.column, message))
    return spots


_PLACEHOLDER = re.compile(r"<([^<>\s][^<>]*)>")


@feature_rule(
    "feature-empty",
    what="A feature has at least one scenario, and so has each of its rules.",
    why="A run of it would pass without having looked at anything.",
    bad="Feature: Peering\n",
    good='Feature: Peering\n\n  Scenario: Gone\n    Then cluster "venice" does not exist\n',
)
def feature_empty(feature: FeatureFile) -> Iterator[Spot]:
    if feature.feature is None:
        yield Spot(1, 1, "there is no feature in this file")
    elif not feature.scenarios:
        yield Spot(feature.feature.line, feature.feature.column, "this feature has no scenario")
    else:
        for rule in feature.feature.rules:
            if all(scenario.rule is not rule for scenario in feature.scenarios):
                yield Spot(rule.line, rule.column, f"this {rule.keyword} has no scenario")


@feature_rule(
    "feature-unnamed",
    what="A feature has a name.",
    why="Reports are ordered by it.",
    bad='Feature:\n\n  Scenario: Gone\n    Then cluster "venice" does not exist\n',
    good='Feature: Farewell\n\n  Scenario: Gone\n    Then cluster "venice" does not exist\n',
)
def feature_unnamed(feature: FeatureFile) -> Iterator[Spot]:
    if feature.feature is not None and not feature.feature.name:
        yield Spot(feature.feature.line, feature.feature.column, "this feature has no name")


@feature_rule(
    "scenario-unnamed",
    what="Every scenario has a name.",
    why="The name is what a report, a selection and a person call it.",
    bad='Feature: F\n\n  Scenario:\n    Then cluster "venice" does not exist\n',
    good='Feature: F\n\n  Scenario: Venice is gone\n    Then cluster "venice" does not exist\n',
)
def scenario_unnamed(feature: FeatureFile) -> Iterator[Spot]:
    for scenario in feature.scenarios:
        if not scenario.name:
            yield Spot(scenario.line, scenario.column, "this scenario has no name")


@feature_rule(
    "scenario-duplicate",
    what="No two scenarios of a feature have the same name.",
    why="In a report nobody could tell which of them failed, and of a feature that a Python module binds, pytest-bdd "
    "runs only the last.",
    bad='Feature: F\n\n  Scenario: Gone\n    Then cluster "a" does not exist\n\n'
    '  Scenario: Gone\n    Then cluster "b" does not exist\n',
    good='Feature: F\n\n  Scenario: A is gone\n    Then cluster "a" does not exist\n\n'
    '  Scenario: B is gone\n    Then cluster "b" does not exist\n',
)
def scenario_duplicate(feature: FeatureFile) -> Iterator[Spot]:
    first: dict[str, int] = {}
    for scenario in feature.scenarios:
        if not scenario.name:
            continue
        line = first.setdefault(scenario.name, scenario.line)
        if line != scenario.line:
            yield Spot(scenario.line, scenario.column, f'a scenario "{scenario.name}" is already in line {line}')


@feature_rule(
    "scenario-empty",
    what="Every scenario has steps.",
    why="One without steps passes and proves nothing.",
    bad='Feature: F\n\n  Scenario: Later\n\n  Scenario: Gone\n    Then cluster "venice" does not exist\n',
    good='Feature: F\n\n  Scenario: Gone\n    Then cluster "venice" does not exist\n',
)
def scenario_empty(feature: FeatureFile) -> Iterator[Spot]:
    for section in feature.sections:
        if not section.steps:
            yield Spot(section.line, section.column, f"this {section.keyword} has no steps")


@feature_rule(
    "scenario-without-check",
    severity="warning",
    what="Every scenario checks something.",
    why="Without a Then it passes whenever its commands end, whatever they did.",
    bad='Feature: F\n\n  Scenario: Look\n    When I run "kubectl get nodes"\n',
    good='Feature: F\n\n  Scenario: Look\n    When I run "kubectl get nodes"\n    Then the command succeeds\n',
)
def scenario_without_check(feature: FeatureFile) -> Iterator[Spot]:
    for scenario in feature.scenarios:
        if scenario.steps and all(step.kind != "then" for step in scenario.steps):
            yield Spot(scenario.line, scenario.column, "this scenario has no Then: it checks nothing")


@feature_rule(
    "then-before-when",
    what="A scenario that acts does so before it checks.",
    why="A check before the first action is about what was there already: write it as a Given, or after the action.",
    bad=example('Then cluster "venice" does not exist', 'When I run "kubectl get nodes"', "Then the command succeeds"),
    good=example('When I run "kubectl get nodes"', "Then the command succeeds"),
)
def then_before_when(feature: FeatureFile) -> Iterator[Spot]:
    for scenario in feature.scenarios:
        kinds = [step.kind for step in (*scenario.above, *scenario.steps)]
        if "when" not in kinds or "then" not in kinds or kinds.index("then") > kinds.index("when"):
            continue
        step = next((step for step in scenario.steps if step.kind == "then"), None)
        if step is not None:
            yield Spot(step.line, step.column, f"this {step.keyword} stands before the first When of the scenario")


@feature_rule(
    "when-in-background",
    what="A Background has no When.",
    why="What every scenario starts from is a state; as an action it hides in each scenario what is being tested.",
    bad='Feature: F\n\n  Background:\n    When I run "kubectl get nodes"\n\n'
    "  Scenario: S\n    Then the command succeeds\n",
    good=example('When I run "kubectl get nodes"', "Then the command succeeds"),
)
def when_in_background(feature: FeatureFile) -> Iterator[Spot]:
    for section, step in feature.steps():
        if section.is_background and step.kind == "when":
            yield Spot(step.line, step.column, "this is an action: it belongs into the scenarios, or is a Given")


@feature_rule(
    "scenario-long",
    severity="warning",
    what=f"A scenario has at most {LONGEST_SCENARIO} steps.",
    why="Nobody reads a longer one, and the checks behind its first failure are never made.",
)
def scenario_long(feature: FeatureFile) -> Iterator[Spot]:
    for scenario in feature.scenarios:
        if len(scenario.steps) > LONGEST_SCENARIO:
            message = f"this scenario has {len(scenario.steps)} steps, more than {LONGEST_SCENARIO}: make it two"
            yield Spot(scenario.line, scenario.column, message)


@feature_rule(
    "outline-without-examples",
    what="An outline has rows of examples.",
    why="A table without rows runs nothing, and a run stops there; without a table the outline runs once, as it is "
    "written, placeholders and all.",
    bad='Feature: F\n\n  Scenario Outline: <name> is gone\n    Then cluster "<name>" does not exist\n',
    good='Feature: F\n\n  Scenario Outline: <name> is gone\n    Then cluster "<name>" does not exist\n\n'
    "    Examples:\n      | name   |\n      | venice |\n",
)
def outline_without_examples(feature: FeatureFile) -> Iterator[Spot]:
    for scenario in feature.scenarios:
        if scenario.is_outline and not scenario.examples:
            message = "this outline has no examples, so it runs once, as it is written"
            yield Spot(scenario.line, scenario.column, message)
        for table in scenario.idle:
            yield Spot(table.line, table.column, f"these {table.keyword} have no rows, so nothing runs from them")


@feature_rule(
    "outline-column-unused",
    what="Every column of examples is used.",
    why="A column that no step names makes the same run twice.",
    bad='Feature: F\n\n  Scenario Outline: <name> is gone\n    Then cluster "<name>" does not exist\n\n'
    "    Examples:\n      | name   | region |\n      | venice | north  |\n",
    good='Feature: F\n\n  Scenario Outline: <name> is gone\n    Then cluster "<name>" does not exist\n\n'
    "    Examples:\n      | name   |\n      | venice |\n",
)
def outline_column_unused(feature: FeatureFile) -> Iterator[Spot]:
    for scenario in feature.scenarios:
        used = _placeholders(scenario)
        for table in scenario.examples:
            cells = table.header.cells if table.header else ()
            for number, column in enumerate(cells):
                if any(before.value == column.value for before in cells[:number]):
                    message = f"the column <{column.value}> stands twice; only the first is used"
                    yield Spot(column.line, column.column, message)
                elif column.value not in used:
                    yield Spot(column.line, column.column, f"no step uses the column <{column.value}>")


@feature_rule(
    "outline-column-missing",
    what="Every placeholder of an outline has a column.",
    why="It would be read as it stands, angle brackets and all.",
    bad='Feature: F\n\n  Scenario Outline: <name> is gone\n    Then cluster "<cluster>" does not exist\n\n'
    "    Examples:\n      | name   |\n      | venice |\n",
    good='Feature: F\n\n  Scenario Outline: <name> is gone\n    Then cluster "<name>" does not exist\n\n'
    "    Examples:\n      | name   |\n      | venice |\n",
)
def outline_column_missing(feature: FeatureFile) -> Iterator[Spot]:
    for scenario in feature.scenarios:
        for table in scenario.examples:
            known = table.header.values if table.header else []
            for step in scenario.steps if table.header else ():
                for found in _PLACEHOLDER.finditer(step.text):
                    if found.group(1) not in known:
                        message = f"the examples have no column <{found.group(1)}>"
                        yield Spot(step.line, step.text_column + found.start(), message)


@feature_rule(
    "tag-unknown",
    what="No tag is nearly one of those that mean something.",
    why="A misspelt tag means nothing and says nothing. Tags of your own are free; one that is doubted all the same is "
    "made known by a comment `# liqolab: tags @slo`.",
    bad='Feature: F\n\n  @stpe:peer\n  Scenario: Gone\n    Then cluster "venice" does not exist\n',
    good='Feature: F\n\n  @slow\n  Scenario: Gone\n    Then cluster "venice" does not exist\n',
)
def tag_unknown(feature: FeatureFile) -> Iterator[Spot]:
    own = tags.own_tags(feature.source.text)
    for tag in [*feature.tags, *(tag for scenario in feature.scenarios for tag in scenario.tags)]:
        if not tags.is_known(tag.name, own) and (near := tags.nearest(tag.name)):
            own_one = f"if it is one of your own, say so: # liqolab: tags {tag.name}"
            yield Spot(tag.line, tag.column, f"the tag {tag.name} means nothing; did you mean {near}? ({own_one})")


@feature_rule(
    "keywords-mixed",
    what="All keywords of a feature are of one language.",
    why="A step in another language is read as a description: it looks like a step and never runs.",
    bad=example("Allora il comando ha successo", 'Then cluster "venice" does not exist'),
    good=example('Then cluster "venice" does not exist'),
)
def keywords_mixed(feature: FeatureFile) -> Iterator[Spot]:
    foreign = _foreign_keywords(feature.language)
    for section in feature.sections:
        for line, text in enumerate(section.description.split("\n"), section.description_line):
            keyword = next((keyword for keyword in foreign if text.strip().startswith(keyword)), None)
            if keyword is not None:
                column = len(text) - len(text.lstrip()) + 1
                message = (
                    f'"{keyword.strip()}" is a keyword of another language, so this line never runs '
                    f"(the feature's language is {feature.language})"
                )
                yield Spot(line, column, message)


@feature_rule(
    "edition-coverage",
    severity="warning",
    what="A lesson's step that is written for editions is there for each edition of the feature.",
    why="On the edition that is left out the step would have neither commands nor checks.",
    bad='Feature: F\n\n  @step:a @edition:v0.5\n  Scenario: A old\n    Then cluster "venice" does not exist\n\n'
    '  @step:a @edition:v1.0\n  Scenario: A new\n    Then cluster "venice" does not exist\n\n'
    '  @step:b @edition:v0.5\n  Scenario: B\n    Then cluster "venice" does not exist\n',
    good='Feature: F\n\n  @step:a @edition:v0.5\n  Scenario: A old\n    Then cluster "venice" does not exist\n\n'
    '  @step:a @edition:v1.0\n  Scenario: A new\n    Then cluster "venice" does not exist\n\n'
    '  @step:b\n  Scenario: B\n    Then cluster "venice" does not exist\n',
)
def edition_coverage(feature: FeatureFile) -> Iterator[Spot]:
    editions: set[str] = set()
    covered: dict[str, set[str]] = {}
    place: dict[str, Section] = {}
    for scenario in feature.scenarios:
        named = {tag.name for tag in scenario.tags if tag.name.startswith("@edition:")}
        editions |= named
        for step in step_ids(scenario):
            covered.setdefault(step, set()).update(named or {"*"})
            place.setdefault(step, scenario)
    for step, named in covered.items():
        missing = sorted(editions - named)
        if missing and "*" not in named:
            message = f'step "{step}" is not there for {", ".join(missing)}'
            yield Spot(place[step].line, place[step].column, message)


def _placeholders(scenario: Section) -> set[str]:
    texts = [scenario.name]
    for step in scenario.steps:
        texts += [step.text, *((step.block.content, step.block.media_type) if step.block else ())]
        texts += [value for row in step.table for value in row.values]
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}


def _foreign_keywords(language: str) -> list[str]:
    """Step keywords of the other languages that this project speaks."""
    own = set(_keywords(language))
    return [word for other in ("en", "it") if other != language for word in _keywords(other) if word not in own]


def _keywords(language: str) -> list[str]:
    # "E " and "Ma " begin Italian prose as well, and no run of text should be judged by a conjunction.
    return [word for word in step_keywords(language) if len(word.strip()) > 2]
