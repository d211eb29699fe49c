"""Services and the pods behind them.

- `backends`: which pods back a service, on which ports; pure.
- `endpoints`: the classic Endpoints object of each service.
- `slices`: EndpointSlices, which kube-proxy, the network of the lab and Liqo read.
"""

from liqolab.controller.manager import Manager
from liqolab.kube.controllers.services import endpoints, slices
from liqolab.kube.controllers.settings import ControllerSettings


def install(manager: Manager, settings: ControllerSettings) -> None:
    for module in (endpoints, slices):
        module.install(manager, settings)
