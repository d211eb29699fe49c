"""Why an object is as it is: the steps' own diagnosis, for whoever points at something on a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from liqolab.atlas.explorer_model import AtlasError
from liqolab.steps.failing.failure import Target

_PATIENCE_SECONDS: Final = 5.0
"""A person who has asked waits longer than a report that nobody has asked."""


async def reasons(kubeconfigs: Mapping[str, Path], target: Target) -> list[str]:
    """From what is seen to its root; empty when nothing known is wrong.

    Args:
        kubeconfigs: all clusters, because a cause may be in another one than what it shows in.
        target: what the question is about.

    Raises:
        AtlasError: the diagnosis itself failed.
    """
    try:
        return await asyncio.to_thread(_explain, dict(kubeconfigs), target)
    except Exception as error:
        # Whatever is wrong with a diagnosis is no reason to lose the screen on which it was asked for.
        what = f"{target.cluster}: why {target.kind} {target.name} is as it is cannot be told"
        raise AtlasError(what, str(error) or type(error).__name__) from None


def _explain(kubeconfigs: Mapping[str, Path], target: Target) -> list[str]:
    # Here, because rules and sentences take a while to import, and most never ask.
    from liqolab.steps.failing.evidence import Evidence
    from liqolab.steps.lab import Lab
    from liqolab.steps.why.causes import explain_with
    from liqolab.steps.why.lab_source import LabSource

    with Lab({}, Path(), lambda cluster: kubeconfigs.get(cluster), tuple(kubeconfigs)) as lab:
        return explain_with(Evidence(LabSource(lab, _PATIENCE_SECONDS)), target)
