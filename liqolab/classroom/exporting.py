"""A class's report in the formats that gradebooks and people read, each a function from a bundle to a text."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from statistics import median
from typing import Any
from xml.etree import ElementTree

from liqolab.classroom.grading import Graded, grade_class
from liqolab.classroom.signing import fingerprint_of_pem

NBGRADER_COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip
_MISTAKES = 10


def as_csv(bundle: dict[str, Any]) -> str:
    """Nbgrader's columns; a seat about which something is forged has no score."""
    text = io.StringIO()
    writer = csv.DictWriter(text, NBGRADER_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for result, seat in zip(_graded(bundle).results, bundle["seats"], strict=True):
        row: dict[str, object] = {"assignment": bundle["manifest"]["name"], "student_id": _cell(result.nickname)}
        row["timestamp"] = seat["receipts"][-1]["receipt"]["at"] if seat["receipts"] else ""
        row |= {"raw_score": result.score, "late_submission_penalty": 0, "max_score": result.most}
        row["score"] = "" if result.findings else result.score
        writer.writerow(row)
    return text.getvalue()


def as_junit(bundle: dict[str, Any]) -> str:
    """A suite a learner, a case a step."""
    root = ElementTree.Element("testsuites", name=bundle["manifest"]["name"])
    for result in _graded(bundle).results:
        failed = sum(bool(step.reason) for step in result.steps)
        suite = ElementTree.SubElement(
            root, "testsuite", name=result.nickname, tests=str(len(result.steps)), failures=str(failed), errors="0"
        )
        for step in result.steps:
            case = ElementTree.SubElement(suite, "testcase", classname=result.nickname, name=step.step)
            if step.reason:
                ElementTree.SubElement(case, "failure", message=f"{step.earned} of {step.most}: {step.reason}")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def as_markdown(bundle: dict[str, Any]) -> str:
    """Grades, time per step, and the commands that failed for most learners."""
    graded = _graded(bundle)
    lines = [f"# Class {bundle['manifest']['name']}", "", "| Learner | Score | Why not all of it |", "|---|---|---|"]
    for result in graded.results:
        why = "; ".join([*(f"**forged**: {found}" for found in result.findings), *result.reasons])
        lines.append(f"| {_pipe(result.nickname)} | {result.score} of {result.most} | {_pipe(why)} |")
    lines += [
        "",
        "## Time",
        "",
        "| Step | Learners | Median minutes | Longest | Failed commands |",
        "|---|---|---|---|---|",
    ]
    for step in bundle["outline"]["steps"]:
        times = [spent for seat in bundle["seats"] if (spent := _minutes(seat, step["id"]))]
        failed = sum(_failures(seat, step["id"]).total() for seat in bundle["seats"])
        middle, longest = (f"{median(times):.1f}", f"{max(times):.1f}") if times else ("", "")
        lines.append(f"| {step['id']} | {len(times)} | {middle} | {longest} | {failed} |")
    mistakes: Counter[tuple[str, str]] = Counter()
    for seat in bundle["seats"]:
        for step in bundle["outline"]["steps"]:
            # However often somebody tried, it is one learner's mistake.
            mistakes.update((step["id"], text) for text in _failures(seat, step["id"]))
    lines += ["", "## Commonest mistakes", "", "| Learners | Step | Command |", "|---|---|---|"]
    lines += [f"| {n} | {step} | `{_pipe(text)}` |" for (step, text), n in mistakes.most_common(_MISTAKES)]
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {"markdown": as_markdown, "csv": as_csv, "junit": as_junit}


def _graded(bundle: dict[str, Any]) -> Graded:
    return grade_class(bundle, fingerprint_of_pem(bundle["certificate"]))


def _minutes(seat: dict[str, Any], step: str) -> float:
    entries = (event["entry"] for event in seat["events"])
    spent = (float(entry["seconds"]) for entry in entries if entry["event"] == "spent" and entry.get("step") == step)
    return sum(spent) / 60


def _failures(seat: dict[str, Any], step: str) -> Counter[str]:
    """Commands of the learner's own that failed, with how often."""
    entries = [event["entry"] for event in seat["events"]]
    own = (entry for entry in entries if entry["event"] == "command" and entry.get("step") == step)
    return Counter(str(entry["text"]) for entry in own if entry.get("code") and not entry.get("solving"))


def _pipe(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _cell(text: str) -> str:
    """What a spreadsheet would take for a formula is a text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
