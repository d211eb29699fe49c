"""Clusters that do not answer."""

from __future__ import annotations

from liqolab.steps.failing.evidence import SilentError


def unreachable(error: SilentError) -> str:
    """The root of everything that is to be seen of a cluster whose API server is not there."""
    stopped = "; its API server is not running" if "refused" in error.why else ""
    return f'cluster "{error.cluster}" does not answer: {error.why}{stopped}'
