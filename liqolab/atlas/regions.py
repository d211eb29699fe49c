"""Where clusters say that they are: the label of topology that lessons speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from liqolab.atlas.world import World

_REGION: Final = "topology.liqo.io/region"


def regions(world: World, told: Mapping[str, str]) -> dict[str, str]:
    """Cluster → its region: as its own nodes say it, else as it is seen from elsewhere, else as `told`."""
    seen = {
        node.cluster if virtual else view.name: region
        for virtual in (True, False)
        for view in world.clusters
        for node in view.nodes
        if node.virtual == virtual and (region := dict(node.labels).get(_REGION))
    }
    return {**told, **seen}
