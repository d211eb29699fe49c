"""What the clusters say about a check that did not hold: events, logs, and the chain of causes."""

from __future__ import annotations

from liqolab.steps.failure import Failure
from liqolab.steps.lab import Lab


def diagnose(lab: Lab, failure: Failure) -> None:
    """Add evidence and causes to a failure; never raises, since a failing diagnosis must not hide the failure."""
