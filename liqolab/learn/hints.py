"""The ladder of hints: a nudge, then the concept, then the command; never more than was asked for."""

from __future__ import annotations

from typing import cast

from liqolab.learn.model import Hint, HintKind
from liqolab.learn.steps import Stage
from liqolab.learn.texts import Texts
from liqolab.scenario.lesson_schema import HINT_KINDS

_LAST: HintKind = "command"


def hint(stage: Stage, level: int, next_command: str, texts: Texts) -> Hint:
    """The rung `level`, counted from 1; the highest where there is none of that level.

    Args:
        stage: the step.
        level: how many were asked for, this one included.
        next_command: what remains to be typed first; empty when nothing does.
        texts: the catalogue.
    """
    written = dict(stage.step.hints)
    kinds = [kind for kind in HINT_KINDS if kind in written or kind == _LAST]
    rung = min(max(level, 1), len(kinds))
    kind = cast("HintKind", kinds[rung - 1])
    said = written.get(kind, "")
    if kind != _LAST:
        return Hint(rung, kind, said)
    if next_command:
        asked = texts("hint.type", command=next_command)
        return Hint(rung, _LAST, f"{said}\n{asked}".strip())
    return Hint(rung, _LAST, said or texts("hint.all_typed"))
