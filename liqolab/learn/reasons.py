"""Why a task is not done, in the words of a lesson and in the learner's language.

Checks say what they found in English and for engineers: the kind, name, namespace and cluster, and then what is
so instead. A learner reads the same beside a task that has named the thing already, so quotes and what goes without
saying are left out. `_SAID` has what checks say; what it does not know is shown as the check said it.
"""

from __future__ import annotations

import re
from typing import Final

from liqolab.learn.texts import Texts
from liqolab.steps.failing.failure import Failure, Target

_SAID: Final = tuple(
    (re.compile(pattern, re.DOTALL), key)
    for pattern, key in (
        (r'there is no cluster "(?P<cluster>[^"]+)" in this playground.*', "no_cluster"),
        (r'cluster "(?P<cluster>[^"]+)" exists', "cluster_exists"),
        (r'cluster "(?P<cluster>[^"]+)" (?:does not answer|stopped answering|broke off|cannot be reached).*', "silent"),
        (r'(?:cluster "(?P<cluster>[^"]+)") knows no kind "(?P<kind>[^"]+)"', "no_kind"),
        (r'Liqo is not installed in cluster "(?P<cluster>[^"]+)".*', "no_liqo"),
        (r"it has no deployments", "no_deployments"),
        (r"not ready: (?P<names>.+)", "not_ready"),
        (r"(?:it )?does not exist", "absent"),
        (r"there is none", "none"),
        (r"it exists", "exists"),
        (r"it exists: (?P<names>.+)", "there_are"),
        (r"it still defines (?P<names>.+)", "defines"),
        (r"there are (?P<names>.+)", "there_are"),
        (r"(?P<count>\d+) of them exist(?:: .*)?", "count"),
        (r"(?P<name>\S+) is on no node yet(?:: (?P<why>.*))?", "unplaced"),
        (r"(?P<name>\S+) is (?P<state>[A-Z]\w+) on no node(?:: (?P<why>.*))?", "unplaced"),
        (r"(?P<name>\S+) is (?P<state>[A-Z]\w+) on (?P<node>[^\s;:]+)(?:: .*)?", "runs_on"),
        (r"(?P<name>\S+) is on node (?P<node>[^\s;]+)(?:, which is .*)?", "on_node"),
        (r"(?P<name>\S+) is scheduled on (?P<node>[^\s;]+)", "on_node"),
        (r"(?P<name>\S+) has address (?P<address>[^\s;]+)", "address"),
        (r"is (?P<state>[A-Z]\w+)", "state"),
        (r"(?P<name>\S+) is (?P<state>[A-Z]\w+)", "state_of"),
        (r"is being deleted|(?P<name>\S+) is being deleted", "deleting"),
        (r"condition (?P<condition>\w+) is (?P<status>\w+)(?:: (?P<why>.*))?", "condition"),
        (r"has no condition (?P<condition>\w+).*", "no_condition"),
        (r"the namespace is not offloaded", "not_offloaded"),
        (r"the namespace is offloaded", "offloaded"),
        (r"none of them is on a virtual node", "none_virtual"),
        (r"not running there: (?P<names>.+)", "not_running"),
        (r"the exit code is (?P<code>-?\d+)", "exit_code"),
        (r"the command was not rejected: it succeeded", "succeeded"),
        (r"no command has run yet", "no_command"),
        (r"the output is empty", "empty"),
        (r"not in the output: (?P<text>.+)", "not_printed"),
        (r'"(?P<text>.+)" is not in the output', "not_printed"),
        (r'"(?P<text>.+)" is in the output', "printed"),
        (r"the output has no column (?P<text>.+)", "no_column"),
        (r"no row has (?P<text>.+)", "no_row"),
        (r"the output is not of the form of the text block", "other_form"),
    )
)
"""What a check says was found, to the end of the text's key; the first that fits in whole is taken."""

_WITHOUT_SUBJECT: Final = frozenset({"no_cluster", "cluster_exists", "silent", "no_kind", "no_liqo"})
_OF_OUTPUT: Final = frozenset({"exit_code", "succeeded", "no_command", "empty", "not_printed", "printed", "no_column"})


def reason_of(failure: Failure, texts: Texts) -> str:
    """One line: what it is about, and what is found of it."""
    about = f"{failure.target}: " if failure.target is not None else ""
    found = failure.summary.strip().removeprefix(about)
    key, text = _worded(found, texts)
    if failure.target is None or key in _WITHOUT_SUBJECT | _OF_OUTPUT:
        return text
    return texts("reason.about", subject=_subject(failure.target, texts), found=text)


def _worded(found: str, texts: Texts) -> tuple[str, str]:
    """The key of what was found and its text; no key for what no text is known for."""
    for pattern, key in _SAID:
        if (match := pattern.fullmatch(found)) is not None:
            values = {name: value or "" for name, value in match.groupdict().items()}
            return key, texts(f"reason.{key}", **values).rstrip(" :")
    several = [_worded(part, texts) for part in found.split("; ")] if "; " in found else []
    if several and all(key for key, _ in several):
        return several[0][0], "; ".join(text for _, text in several)
    return "", found


def _subject(target: Target, texts: Texts) -> str:
    """Such as ``namespace liqo-demo in venice``."""
    if target.name:
        return texts("reason.named", kind=target.kind, name=target.name, cluster=target.cluster)
    if target.labels:
        return texts("reason.labelled", kind=target.kind, labels=target.labels, cluster=target.cluster)
    return texts("reason.all", kind=target.kind, cluster=target.cluster)
