"""apps/v1: deployments, replica sets, stateful sets, daemon sets and their revisions."""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.resources import Resource
from liqolab.kube.kinds.declaring import SCALE, kind
from liqolab.kube.kinds.printers import workloads as printers
from liqolab.kube.kinds.strategies import workloads as strategies

_ALL = ("all",)

KINDS = (
    kind(
        Resource("apps", "v1", "controllerrevisions", "ControllerRevision"),
        strategy=strategies.CONTROLLER_REVISION,
        printer=printers.CONTROLLER_REVISION,
    ),
    kind(
        resources.DAEMON_SETS,
        short=("ds",),
        categories=_ALL,
        has_status=True,
        strategy=strategies.DaemonSetStrategy(),
        printer=printers.DAEMON_SET,
    ),
    kind(
        resources.DEPLOYMENTS,
        short=("deploy",),
        categories=_ALL,
        has_status=True,
        subresources=(SCALE,),
        strategy=strategies.DEPLOYMENT,
        printer=printers.DEPLOYMENT,
    ),
    kind(
        resources.REPLICA_SETS,
        short=("rs",),
        categories=_ALL,
        has_status=True,
        subresources=(SCALE,),
        strategy=strategies.REPLICA_SET,
        printer=printers.REPLICA_SET,
    ),
    kind(
        resources.STATEFUL_SETS,
        short=("sts",),
        categories=_ALL,
        has_status=True,
        subresources=(SCALE,),
        strategy=strategies.StatefulSetStrategy(),
        printer=printers.STATEFUL_SET,
    ),
)
