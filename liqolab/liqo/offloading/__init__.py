"""Namespace offloading: from a NamespaceOffloading on the consumer to a namespace on each selected provider.

- `namespaceoffloading` (consumer) writes the wanted mappings into the NamespaceMaps of the selected virtual nodes.
- `virtualnode` (consumer) gives every virtual node its NamespaceMap.
- `namespacemap` (provider) makes the mappings of replicated NamespaceMaps true.
- `phases` says what the consumer's user reads about it.
"""

from __future__ import annotations

from liqolab.controller.manager import Manager
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.offloading.namespacemap import NamespaceMapController
from liqolab.liqo.offloading.namespaceoffloading import NamespaceOffloadingController
from liqolab.liqo.offloading.virtualnode import VirtualNodeController


def install(manager: Manager, settings: Arguments) -> None:
    """Add the controllers of both sides, consumer and provider, to `manager`, which has not been started yet."""
    NamespaceOffloadingController(manager, settings)
    NamespaceMapController(manager)
    VirtualNodeController(manager)
