"""What follows from the state of nodes.

- `lifecycle`: heartbeats, conditions and the taints that stand for them.
- `eviction`: pods that do not tolerate a NoExecute taint leave.
- `orphans`: pods of nodes that no longer exist are removed.
"""

from liqolab.controller.manager import Manager
from liqolab.kube.controllers.nodes import eviction, lifecycle, orphans
from liqolab.kube.controllers.settings import ControllerSettings


def install(manager: Manager, settings: ControllerSettings) -> None:
    for module in (lifecycle, eviction, orphans):
        module.install(manager, settings)
