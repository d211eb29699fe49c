"""A failure as text, for terminals, pytest and logs."""

from __future__ import annotations

from liqolab.steps.failure import Failure


def failure_text(failure: Failure) -> str:
    """All that is known, the most telling first; no secrets, no control characters, bounded in length."""
    lines = [failure.summary, *(str(difference) for difference in failure.differences)]
    if failure.timing:
        lines.append(f"  {failure.timing}")
    if len(failure.timeline) > 1:
        lines += [f"  {moment.seconds:6.2f}s  {moment.text}" for moment in failure.timeline[-12:]]
    if failure.output is not None:
        lines.append(failure.output)
    return "\n".join(lines)
