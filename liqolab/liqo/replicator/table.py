"""Which resources are replicated to a peer, and in which phase of the peering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery.resources import Resource
from liqolab.liqo.foreigncluster.phase import Phase
from liqolab.liqo.gen05.resources import NAMESPACE_MAPS, NETWORK_CONFIGS, RESOURCE_OFFERS, RESOURCE_REQUESTS


@dataclass(frozen=True, slots=True)
class Replicated:
    """A resource, and whether it is replicated in a phase. Outside of it, only what exists is still cleaned up."""

    resource: Resource
    enabled: Callable[[Phase], bool]


REPLICATED: Final = (
    # Whoever has an identity in the peer may ask for resources.
    Replicated(RESOURCE_REQUESTS, lambda phase: True),
    Replicated(RESOURCE_OFFERS, lambda phase: phase.incoming),
    Replicated(NETWORK_CONFIGS, lambda phase: phase.active and phase.networking),
    Replicated(NAMESPACE_MAPS, lambda phase: phase.outgoing),
)
