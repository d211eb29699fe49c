"""Objects that were deleted and are still there."""

from __future__ import annotations

import re

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES
from liqolab.steps.why.causes import phrases
from liqolab.steps.why.causes.engine import Case, Finding

_CONTENT = ("NamespaceFinalizersRemaining", "NamespaceContentRemaining")
_FAILED = ("NamespaceDeletionDiscoveryFailure", "NamespaceDeletionContentFailure")
_REMAINING = re.compile(r"(\S+) in (\d+) resource instances?")
_RESOURCES = re.compile(r"(\S+) has (\d+) resource instances?")


def held_by_finalizer(case: Case) -> Finding | None:
    """An object that waits for whoever put a finalizer on it."""
    if not meta.is_deleting(case.object) or not meta.finalizers(case.object):
        return None
    holders = phrases.quoted(meta.finalizers(case.object))
    return Finding(f"{case.title} is being deleted and waits for finalizer {holders}")


def terminating_namespace(case: Case) -> Finding | None:
    """A namespace that cannot go because of something in it."""
    if case.resource != NAMESPACES or not meta.is_deleting(case.object):
        return None
    rows = {
        row["type"]: row.get("message", "")
        for row in case.object["status"].get("conditions") or ()
        if row.get("status") == "True"
    }
    content = [f"{name.rstrip('.')} ({number})" for name, number in _RESOURCES.findall(rows.get(_CONTENT[1], ""))]
    holders = [name for name, _ in _REMAINING.findall(rows.get(_CONTENT[0], ""))]
    left = f"it still has {phrases.listed(content)}" if content else "something in it is still there"
    if holders:
        return Finding(f"{case.title} is Terminating: {left}, held by finalizer {phrases.quoted(holders)}")
    for failure in _FAILED:
        if failure in rows:
            return Finding(f"{case.title} is Terminating: {rows[failure].strip()}")
    return None
