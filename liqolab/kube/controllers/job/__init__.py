"""Jobs: pods that run to completion, counted exactly once.

- `outcome`: what the pods' states say about the job; pure.
- `controller`: runs pods and keeps the books.
- `expiry`: removes finished jobs whose time to live is over.
"""

from liqolab.controller.manager import Manager
from liqolab.kube.controllers.job import controller, expiry
from liqolab.kube.controllers.settings import ControllerSettings


def install(manager: Manager, settings: ControllerSettings) -> None:
    for module in (controller, expiry):
        module.install(manager, settings)
