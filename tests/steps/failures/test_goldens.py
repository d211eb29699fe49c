"""What a person reads when a check fails: one golden report a situation, each names its cause in the second line.

A golden is written anew by running with ``LIQOLAB_GOLDENS=write``; read what it says before keeping it. Only what
chance decides is taken out before the comparison, by the patterns of `_CHANCE`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from liqolab.documents import from_document, to_document
from liqolab.steps.failing.failure import Failure
from liqolab.steps.failing.harmless import harmless
from liqolab.steps.failing.text import failure_text

pytestmark = pytest.mark.embedded

_GOLDENS = Path(__file__).parent / "goldens"

_CHANCE = (
    (re.compile(r"--kubeconfig \S+/clusters/"), "--kubeconfig HOME/"),
    (re.compile(r"https://127\.0\.0\.1:\d+"), "https://ADDRESS"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"port=\d+"), "port=PORT"),
    (re.compile(r"\b10\.\d+\.\d+\.\d+\b"), "IP"),
    (re.compile(r"-[a-z0-9]{8,10}-[a-z0-9]{5}\b"), "-POD"),
    (re.compile(r"\b(replicaset/[a-z-]+?|replica set [a-z-]+?)-[a-z0-9]{8,10}\b"), r"\1-SET"),
    (re.compile(r"\([0-9a-f]{8}-[0-9a-f-]{27}\)"), "(UID)"),
    (re.compile(r"\d+/\w+/\d+:\d+:\d+:\d+ \+0000"), "MOMENT"),
    (re.compile(r"(liqo-tenant-[a-z]+)-[0-9a-f]{6}"), r"\1-ID"),
    (re.compile(r", \d+ times so far"), ""),
    (re.compile(r"most that a node has free is [\w.]+"), "most that a node has free is SOME"),
)
_MEASURED = {"seconds": 0.0, "count": 1}


def test_a_report_is_what_it_was(stage: Any, situation: Any) -> None:
    if situation.late:
        stage.make([situation])
        stage.settle(situation)
    failure = stage.failure(situation).failure
    text = failure_text(failure)
    lines = text.splitlines()
    assert lines[0] == f"Then {situation.sentence}"
    # Wrapping aside, the root is named right behind the sentence.
    assert lines[1].startswith("cause ") == bool(situation.cause)
    assert " ".join(situation.cause.split()) in " ".join(text.split())
    assert max(map(len, _prose(lines))) <= 80
    settled = failure_text(from_document(Failure, _settled(to_document(harmless(failure))))) + "\n"
    golden = _GOLDENS / f"{situation.name}.txt"
    if os.environ.get("LIQOLAB_GOLDENS") == "write":
        golden.write_text(settled)
    assert settled == golden.read_text()


def _prose(lines: list[str]) -> list[str]:
    """Lines that are wrapped: not those that people copy, compare or have named themselves."""
    kept = re.compile(r"\S*\s*(?:\||kubectl |Then |[-+@ ] ?\S*:|\$ )")
    return [line for line in lines[1:] if not kept.match(line) and " " in line[10:].strip()]


def _settled(part: Any) -> Any:
    """The failure without what chance decides: names made up, addresses, how often and when things were seen."""
    if isinstance(part, dict):
        # How long was to be waited is what the sentence says, and no measure.
        settled = {key: value if key == "timing" else _settled(value) for key, value in part.items()}
        return settled | {key: value for key, value in _MEASURED.items() if key in settled}
    if isinstance(part, list):
        # What went well comes in an order that chance decides.
        rows = [_settled(value) for value in part if not (isinstance(value, dict) and value.get("type") == "Normal")]
        return [row for index, row in enumerate(rows) if index == 0 or row != rows[index - 1]]
    if isinstance(part, str):
        for pattern, word in _CHANCE:
            part = pattern.sub(word, part)
    return part
