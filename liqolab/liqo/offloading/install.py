"""Puts the controllers of namespace offloading into liqo-controller-manager; every cluster runs both sides."""

from __future__ import annotations

from liqolab.controller.manager import Manager
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.offloading.namespacemap import NamespaceMapController
from liqolab.liqo.offloading.namespaceoffloading import NamespaceOffloadingController
from liqolab.liqo.offloading.virtualnode import VirtualNodeController


def install(manager: Manager, settings: Arguments) -> None:
    """Add the controllers to `manager`, which has not been started yet."""
    NamespaceOffloadingController(manager, settings)
    NamespaceMapController(manager)
    VirtualNodeController(manager)
