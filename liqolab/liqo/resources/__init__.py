"""Resource negotiation: ResourceRequests are answered with ResourceOffers, offers are taken with a virtual kubelet."""

from __future__ import annotations

from liqolab.controller.manager import Manager
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.resources import offers, requests


def install(manager: Manager, arguments: Arguments) -> None:
    """Add the controllers of both sides to `manager`: any cluster may be consumer and provider at once."""
    requests.install(manager, arguments)
    offers.install(manager, arguments)
