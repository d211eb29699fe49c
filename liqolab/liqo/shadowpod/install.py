"""Puts the ShadowPod controller into liqo-controller-manager."""

from __future__ import annotations

from liqolab.controller.manager import Manager
from liqolab.liqo.shadowpod.controller import ShadowPodController


def install(manager: Manager) -> None:
    """Add the controller to `manager`, which has not been started yet."""
    ShadowPodController(manager)
