"""Why an object is as it is: the steps' own diagnosis, for whoever points at something on a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from liqolab.atlas.explorer_model import AtlasError, Choice, Choices
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


async def choices(kubeconfigs: Mapping[str, Path], target: Target) -> Choices | None:
    """Where a pod may run, node by node; None where the cluster does not tell, or it is no pod.

    Raises:
        AtlasError: the diagnosis itself failed.
    """
    try:
        return await asyncio.to_thread(_choices, dict(kubeconfigs), target)
    except Exception as error:
        what = f"{target.cluster}: where pod {target.name} may run cannot be told"
        raise AtlasError(what, str(error) or type(error).__name__) from None


def _choices(kubeconfigs: Mapping[str, Path], target: Target) -> Choices | None:
    from liqolab.apimachinery.builtin import PODS
    from liqolab.steps.failing.evidence import Evidence, SilentError
    from liqolab.steps.lab import Lab
    from liqolab.steps.why.causes import placement
    from liqolab.steps.why.causes.engine import Case
    from liqolab.steps.why.lab_source import LabSource

    with Lab({}, Path(), lambda cluster: kubeconfigs.get(cluster), tuple(kubeconfigs)) as lab:
        evidence = Evidence(LabSource(lab, _PATIENCE_SECONDS))
        try:
            pod = evidence.get(target.cluster, PODS, target.name, target.namespace)
            found = placement.choices(Case(evidence, target.cluster, PODS, pod)) if pod is not None else None
        except SilentError:
            return None
    if found is None:
        return None
    return Choices(
        found.requires, found.allows, tuple(Choice(row.node, row.required, row.allowed) for row in found.nodes)
    )


def _explain(kubeconfigs: Mapping[str, Path], target: Target) -> list[str]:
    # Here, because rules and sentences take a while to import, and most never ask.
    from liqolab.steps.failing.evidence import Evidence
    from liqolab.steps.lab import Lab
    from liqolab.steps.why.causes import explain_with
    from liqolab.steps.why.lab_source import LabSource

    with Lab({}, Path(), lambda cluster: kubeconfigs.get(cluster), tuple(kubeconfigs)) as lab:
        return explain_with(Evidence(LabSource(lab, _PATIENCE_SECONDS)), target)
