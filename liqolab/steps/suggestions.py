"""What somebody may have meant by a sentence that nobody defined.

The text is laid word by word beside every sentence of the vocabulary, with the least effort: words may be misspelt,
missing or too many. The sentence that takes the least effort comes first, and it is shown with the writer's own
arguments in it, so that it can be copied as it stands.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import Any

from liqolab.steps.quoting import CONTENT, quoted
from liqolab.steps.registry import FORMS, PLACEHOLDER, Registry, Step, UndefinedStepError, Wording
from liqolab.steps.timing import WORDS, Timing, TimingError, split_timing
from liqolab.steps.verdicts import KNOWN_STATES

_TOKEN = re.compile(rf'"{CONTENT}"?[^\s"]*|[^\s"]+')
# Efforts are counted in words: one that is missing, or one too many, is the unit. What is called tuned was held against
# 400 sentences of the vocabulary, each spoilt as the test does it, and against sentences that are about something else.
_GAP = 1.0
_NEVER = float("inf")
_SLOT_GAP = 0.6
"""An argument that is missing is a smaller offence than a word that is: an example is filled in. As dear as a word,
a wording without the argument wins over the one whose argument was only written without quotes.
"""
_FOREIGN = 3.0
"""For an argument in the place of a word, and the other way round: dearer than leaving out both, so never done."""
_SWAPPED = 0.7
"""For two words the wrong way round: dearer than one misspelt word (at most 0.4), cheaper than one missing word."""
_UNFINISHED = 0.1
"""For the colon or percent sign that should have been behind an argument: nearly nothing, but not what was written."""
_AMENDED = 0.4
"""For an argument that is meant, and not written as one: without quotes, or a state misspelt. As much as the worst
spelling of a word that is taken for it still. At 0.1, any word may be an argument without its quotes, and four times as
many sentences are proposed for a text that is about something else.
"""
_LIKE = 0.6
"""Share of letters in common above which one word may be a misspelling of another."""
_OTHER_WORD = 1.2
"""For one word instead of another: more than leaving one out, less than leaving one out and putting one in."""
_EXACT = -0.05
"""For the very same word: of wordings that take as much effort, the one that says more of the text is meant."""
_OTHER_LANGUAGE = 0.03
"""What decides between equals: the vocabulary's first language. Smaller than any mistake."""
_TOO_FAR = 0.62
"""Effort a word above which a sentence is not worth proposing. Tuned: what is meant costs less than 0.4, and at 0.8
every text that is about something else gets as many proposals as are asked for.
"""
_CANDIDATES = 60
"""Templates that are laid out, of nearly 900. Tuned: with 30 one that is meant is missed, and with 200 it takes twice
as long to find no more.
"""
_LONGEST = 100
"""Words above which a text is no sentence that anybody mistyped."""

_NEGATIONS = frozenset({"not", "no", "cannot", "non", "nessun"})
_CONTRARY = 0.3
"""What a proposal costs, a word, that says no where the writer did not, or the other way round: half of too far,
since whoever copies a contrary has a check that proves the opposite.
"""

_SPELT_OUT = re.compile(r" (\d+) ?(?:(s)ec\w*|(m)in\w*|(h)ours?|ore?)$")
_SAME_STATE = 0.7
"""Likeness of the names of states, stricter than that of words: there are few, and a wrong one is another check."""


@dataclass(frozen=True, slots=True)
class _Template:
    """One wording with one choice of its optional parts, as tokens; `pairs` are the pairs of letters in its words."""

    tokens: tuple[str, ...]
    language: str
    words: frozenset[str]
    pairs: frozenset[str]


def look_up(registry: Registry, text: str) -> tuple[Step, dict[str, Any]]:
    """What `Registry.find` finds, for whoever shows its errors: they say what may have been meant.

    Raises:
        UndefinedStepError, AmbiguousStepError: as `Registry.find`.
    """
    try:
        return registry.find(text)
    except UndefinedStepError as error:
        raise UndefinedStepError(f"{error}\n{_advice(registry, text)}".rstrip()) from None


def _advice(registry: Registry, text: str) -> str:
    for language in WORDS:
        try:
            bare, timing = split_timing(text, language)
        except TimingError as error:
            return str(error)
        if timing != Timing() and any(step.says(bare, language) for step in registry):
            return "this sentence takes no time: it is about what has happened already"
    near = suggest(registry, text, 1)
    return f"did you mean: {near[0]}" if near else ""


def suggest(steps: Iterable[Step], text: str, count: int) -> list[str]:
    """Up to `count` sentences that may have been meant, the likeliest first, in the writer's own words."""
    text = _SPELT_OUT.sub(lambda found: f" {found[1]}{found[2] or found[3] or 'h'}", text)
    templates = [template for step in steps for template in _templates(step)]
    bare = {language: _split(text, language) for language in WORDS}
    tokens = {language: tuple(_TOKEN.findall(said)) for language, (said, _) in bare.items()}
    if any(len(said) > _LONGEST for said in tokens.values()):
        return []
    languages = list(WORDS)
    found: list[tuple[float, str]] = []
    for template in _likely(templates, tokens):
        said = tokens[template.language]
        effort = _effort(template.tokens, said)
        rated = effort[-1][-1] / max(len(said), len(template.tokens), 1)
        rated += languages.index(template.language) * _OTHER_LANGUAGE
        if _NEGATIONS.isdisjoint(template.words) != _NEGATIONS.isdisjoint(said):
            rated += _CONTRARY
        if rated <= _TOO_FAR:
            found.append((rated, _filled(template.tokens, said, effort) + bare[template.language][1]))
    return list(dict.fromkeys(sentence for _, sentence in sorted(found, key=lambda pair: pair[0])))[:count]


def _split(text: str, language: str) -> tuple[str, str]:
    """The sentence and its time, as written."""
    try:
        bare, _ = split_timing(text, language)
    except TimingError:
        return text, ""
    suffix = re.search(rf" (?:{WORDS[language].within}|{WORDS[language].throughout}) \S+$", text)
    now = f" {WORDS[language].now}"
    if text.endswith(now):
        return bare, now
    return (bare, suffix.group()) if suffix and bare != text else (bare, "")


def _templates(step: Step) -> Iterator[_Template]:
    for wording in step.wordings:
        yield from _expanded(wording)


@lru_cache(maxsize=1024)
def _expanded(wording: Wording) -> tuple[_Template, ...]:
    found = []
    for expansion in wording.expansions():
        tokens = tuple(_TOKEN.findall(expansion))
        words = frozenset(token.lower() for token in tokens if not PLACEHOLDER.match(token))
        found.append(_Template(tokens, wording.language, words, _pairs(words)))
    return tuple(found)


def _pairs(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word[index : index + 2] for word in words for index in range(len(word) - 1))


def _likely(templates: Iterable[_Template], tokens: Mapping[str, Sequence[str]]) -> list[_Template]:
    """The templates that share the most with the text, letters of words counted too; laying out all would be slow."""
    words = {
        language: frozenset(token.lower() for token in said if not token.startswith('"'))
        for language, said in tokens.items()
    }
    pairs = {language: _pairs(said) for language, said in words.items()}

    def likeness(template: _Template) -> float:
        own = pairs[template.language]
        shared = len(own & template.pairs)
        together = len(own) + len(template.pairs) - shared
        length = abs(len(template.tokens) - len(tokens[template.language]))
        return len(words[template.language] & template.words) + 4 * shared / max(together, 1) - 0.3 * length

    return heapq.nlargest(_CANDIDATES, templates, likeness)


def _effort(template: Sequence[str], tokens: Sequence[str]) -> list[list[float]]:
    """The least effort to make each beginning of `tokens` out of each beginning of `template`."""
    rows, columns = len(template) + 1, len(tokens) + 1
    effort = [[0.0] * columns for _ in range(rows)]
    for row in range(1, rows):
        effort[row][0] = effort[row - 1][0] + _gap(template[row - 1])
    for column in range(1, columns):
        effort[0][column] = effort[0][column - 1] + _GAP
    for row in range(1, rows):
        for column in range(1, columns):
            effort[row][column] = min(
                effort[row - 1][column - 1] + _mismatch(template[row - 1], tokens[column - 1]),
                effort[row - 1][column] + _gap(template[row - 1]),
                effort[row][column - 1] + _GAP,
                effort[row - 2][column - 2] + _SWAPPED if _swapped(template, tokens, row, column) else _NEVER,
            )
    return effort


def _filled(template: Sequence[str], tokens: Sequence[str], effort: list[list[float]]) -> str:
    row, column, words = len(template), len(tokens), list[str]()
    while row:
        own = template[row - 1]
        if column and effort[row][column] == effort[row - 1][column - 1] + _mismatch(own, tokens[column - 1]):
            words.append(_argument(own, tokens[column - 1]))
            row, column = row - 1, column - 1
        elif _swapped(template, tokens, row, column) and (
            effort[row][column] == effort[row - 2][column - 2] + _SWAPPED
        ):
            words.append(_argument(own, tokens[column - 2]))
            words.append(_argument(template[row - 2], tokens[column - 1]))
            row, column = row - 2, column - 2
        elif effort[row][column] == effort[row - 1][column] + _gap(own):
            words.append(_example(own))
            row -= 1
        else:
            column -= 1
    return " ".join(reversed(words))


def _swapped(template: Sequence[str], tokens: Sequence[str], row: int, column: int) -> bool:
    """Whether the two words before this place stand the wrong way round."""
    if row < 2 or column < 2:
        return False
    return (
        _mismatch(template[row - 1], tokens[column - 2]) <= _UNFINISHED
        and _mismatch(template[row - 2], tokens[column - 1]) <= _UNFINISHED
    )


def _argument(own: str, token: str) -> str:
    """What a word of the text becomes where a template has `own`."""
    if not PLACEHOLDER.match(own):
        return own
    if _fits(own, token):
        return token
    rest = own[own.index("}") + 1 :]
    return token + rest if _fits(own, token + rest) else _amended(own, token) or _example(own)


@lru_cache(maxsize=65536)
def _amended(own: str, token: str) -> str:
    """What a word of the text may have been meant to be, where a template has the placeholder `own`; or nothing."""
    found = PLACEHOLDER.match(own)
    if found is None or token.startswith('"'):
        return ""
    rest = own[found.end() :]
    if found.group(2) is None:
        return quoted(token.removesuffix(rest)) + rest if '"' not in token else ""
    if found.group(2) == "state":
        known = {state.lower(): state for state in KNOWN_STATES}
        near = get_close_matches(token.lower(), known, 1, _SAME_STATE)
        return known[near[0]] + rest if near else ""
    return ""


def _gap(token: str) -> float:
    return _SLOT_GAP if PLACEHOLDER.match(token) else _GAP


@lru_cache(maxsize=65536)
def _mismatch(own: str, token: str) -> float:
    if PLACEHOLDER.match(own):
        if _fits(own, token):
            return 0.0
        rest = own[own.index("}") + 1 :]
        if rest and _fits(own, token + rest):
            return _UNFINISHED
        return _AMENDED if _amended(own, token) else _FOREIGN
    if own == token:
        return _EXACT
    if token.startswith('"'):
        return _FOREIGN
    ratio = SequenceMatcher(None, own.lower(), token.lower()).ratio()
    return 1.0 - ratio if ratio >= _LIKE else _OTHER_WORD


@lru_cache(maxsize=65536)
def _fits(own: str, token: str) -> bool:
    """Whether a word of the text can stand where a template has `own`, a placeholder."""
    found = PLACEHOLDER.match(own)
    if found is None:
        return False
    rest = own[found.end() :]
    form = FORMS[found.group(2) or "string"]
    return re.fullmatch(f"(?:{form}){re.escape(rest)}", token) is not None


def _example(token: str) -> str:
    """What stands for an argument that the text does not have; other words stand for themselves."""
    found = PLACEHOLDER.match(token)
    if found is None:
        return token
    name, form = found.groups()
    examples = {"int": "3", "state": "Ready", "operator": "=", "duration": "60s"}
    return (examples.get(form) or (name if form else f'"{name.upper()}"')) + token[found.end() :]
