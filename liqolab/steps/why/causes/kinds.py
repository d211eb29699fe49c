"""Kinds that a cluster does not know."""

from __future__ import annotations

import difflib

from liqolab.steps.failing import evidence_kinds
from liqolab.steps.failing.evidence import Evidence, SilentError
from liqolab.steps.failing.failure import Target
from liqolab.steps.why.causes import phrases

_NEAR = 0.7


def unknown(evidence: Evidence, target: Target) -> list[str]:
    """Why a kind is not known: Liqo is not installed, another cluster has it, or it is misspelt."""
    here = f'cluster "{target.cluster}" knows no kind "{target.kind}"'
    found = evidence_kinds.known(target.kind)
    if found is not None and found.group.endswith(evidence_kinds.LIQO_GROUPS):
        return [f"{here}: Liqo, which defines it, is not installed there"]
    others = [cluster for cluster in evidence.clusters if _knows(evidence, cluster, target)]
    if others:
        return [f"{here}, but cluster {phrases.quoted(others)} does: its definition is not installed there"]
    near = difflib.get_close_matches(target.kind.lower(), evidence_kinds.words(), 1, _NEAR)
    return [f'{here}; the nearest that it may know is "{near[0]}"'] if near else [f"{here}: nothing there defines it"]


def _knows(evidence: Evidence, cluster: str, target: Target) -> bool:
    try:
        return evidence.resource(cluster, target.kind) is not None
    except SilentError:
        return False
