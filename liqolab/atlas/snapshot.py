"""The world at one moment, for reports: a few LISTs a cluster, all clusters at once.

It sees the clusters as the steps do, through the official client, so that a report's world and its checks come from
one source. A report must not fail for want of one: whatever goes wrong becomes the error text of that cluster.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Thread
from typing import Final

from liqolab.apimachinery.resources import Objects
from liqolab.atlas import terms
from liqolab.atlas.project import Raw, project
from liqolab.atlas.world import World
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab

_PATIENCE_SECONDS: Final = 5.0
"""How long a cluster that accepts connections and says nothing is waited for."""


def take(lab: Lab, names: Sequence[str] | None = None) -> World:
    """The world of the lab's clusters; those that do not exist are not in it. Never raises.

    Args:
        lab: the playground.
        names: the clusters; None means all of the lab's.
    """
    return project(collect(lab, names))


def collect(lab: Lab, names: Sequence[str] | None = None) -> dict[str, Raw]:
    """The objects that `take` makes its world from, by cluster."""
    chosen = [name for name in (lab.names if names is None else names) if lab.has_cluster(name)]
    found = {name: Raw(error=f"it did not answer within {_PATIENCE_SECONDS:g} seconds") for name in chosen}

    def look(name: str) -> None:
        found[name] = _look(lab, name)

    # Daemons: a cluster that never answers must not keep the program from ending.
    threads = [Thread(target=look, args=(name,), daemon=True) for name in chosen]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {name: found[name] for name in chosen}


def _look(lab: Lab, name: str) -> Raw:
    try:
        cluster = lab.cluster(name)

        def items(kind: str, *, fields: str = "") -> Objects:
            return cluster.list(kind, fields=fields).items

        raw = Raw(items("namespace"), items("node"), items("pod"))
        definitions = items("customresourcedefinition")
        served = {found.plural: found for item in definitions if (found := terms.liqo_resource(item))}
        liqo = {plural: items(resource.group_resource) for plural, resource in served.items()}
        raw.foreign_clusters = liqo.get(terms.FOREIGN_CLUSTERS, [])
        raw.offloadings = liqo.get(terms.NAMESPACE_OFFLOADINGS, [])
        raw.namespace_maps = liqo.get(terms.NAMESPACE_MAPS, [])
        raw.identity = items("configmap", fields=terms.IDENTITY_FIELDS) if liqo else []
    except CheckFailedError as error:
        return Raw(error=error.failure.summary)
    except Exception as error:
        # The official client's errors have no common ground, and a report is worth more than a world in it.
        return Raw(error=f"it could not be looked at: {type(error).__name__}: {error}")
    return raw
