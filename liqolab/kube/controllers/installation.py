"""Which controllers a cluster runs."""

from __future__ import annotations

from liqolab.controller.manager import Manager
from liqolab.kube.controllers import (
    certificates,
    clusterroles,
    cronjob,
    daemonset,
    deployment,
    disruption,
    garbage,
    job,
    namespace,
    namespace_defaults,
    nodes,
    quota,
    replicaset,
    service_account_tokens,
    services,
    statefulset,
)
from liqolab.kube.controllers.census import Census
from liqolab.kube.controllers.settings import ControllerSettings

_MODULES = (
    namespace_defaults,
    replicaset,
    deployment,
    daemonset,
    statefulset,
    job,
    cronjob,
    disruption,
    services,
    nodes,
    certificates,
    clusterroles,
    service_account_tokens,
)


def install(manager: Manager, settings: ControllerSettings) -> None:
    """Add all controllers to `manager`, which has yet to be started."""
    for module in _MODULES:
        module.install(manager, settings)
    census = Census(manager)
    manager.add_runnable(census.run)
    for watcher in (garbage, namespace, quota):
        watcher.install(manager, census)
