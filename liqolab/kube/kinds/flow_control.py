"""flowcontrol.apiserver.k8s.io/v1: the objects that say which requests a busy API server serves first.

This one is never so busy that it queues anybody: the objects are stored, checked and kept as a real server keeps them.
"""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.kube.kinds.declaring import kind
from liqolab.kube.kinds.printers import flow_control as printers
from liqolab.kube.kinds.strategies import flow_control as strategies

KINDS = (
    kind(
        resources.FLOW_SCHEMAS,
        has_status=True,
        strategy=strategies.FLOW_SCHEMA,
        printer=printers.FLOW_SCHEMA,
    ),
    kind(
        resources.PRIORITY_LEVELS,
        has_status=True,
        strategy=strategies.PRIORITY_LEVEL,
        printer=printers.PRIORITY_LEVEL,
    ),
)
