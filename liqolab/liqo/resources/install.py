"""Puts both sides of the negotiation into liqo-controller-manager: any cluster may be consumer and provider at once."""

from __future__ import annotations

from liqolab.controller.manager import Manager
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.resources import offers, requests


def install(manager: Manager, arguments: Arguments) -> None:
    """Add the controllers to `manager`."""
    requests.install(manager, arguments)
    offers.install(manager, arguments)
