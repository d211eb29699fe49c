"""Why a pod fits nowhere, and the sentence that says so.

The sentence counts, per reason, the nodes that gave it; each node counts with the reasons of the first plugin that
refused it. What preemption could do is appended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.verdict import Verdict


@dataclass(slots=True)
class Diagnosis:
    """The outcome of filtering that left no node.

    Attributes:
        total: how many nodes there are.
        verdicts: why each node was refused.
        rejection: why the pod was rejected before any node was asked; empty when it was not.
        preemption: what preemption had to say; empty before it was tried.
        asked: how many nodes were asked.
    """

    total: int
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    rejection: str = ""
    preemption: str = ""
    asked: int = 0

    @property
    def plugins(self) -> frozenset[str]:
        """The plugins that refused: changes that concern none of them need no new attempt."""
        return frozenset(verdict.plugin for verdict in self.verdicts.values())

    @property
    def message(self) -> str:
        """The text of the FailedScheduling event and of the PodScheduled condition."""
        if not self.total:
            return texts.NO_NODES
        if self.rejection:
            text = f"{texts.NODES_AVAILABLE.format(total=self.total)} {self.rejection}."
        else:
            text = count_reasons(self.total, self.verdicts)
        return f"{text} {self.preemption}" if self.preemption else text


def count_reasons(total: int, verdicts: Mapping[str, Verdict]) -> str:
    """The sentence ``0/3 nodes are available: 1 this, 2 that.`` for these verdicts."""
    reasons = Counter(reason for verdict in verdicts.values() for reason in verdict.reasons)
    return f"{texts.NODES_AVAILABLE.format(total=total)} {_joined(reasons)}."


def _joined(reasons: Mapping[str, int]) -> str:
    rows: Iterable[str] = (f"{count} {reason}" for reason, count in reasons.items())
    return ", ".join(sorted(rows))
