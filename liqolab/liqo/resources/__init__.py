"""Resource negotiation: ResourceRequests are answered with ResourceOffers, offers are taken with a virtual kubelet.

``install(manager, arguments)`` adds the controllers of both sides to the controller manager; `arguments` are the
component's own (`liqolab.liqo.gen05.chart.arguments.Arguments`).
"""

from __future__ import annotations

from liqolab.liqo.resources.install import install

__all__ = ["install"]
