"""metrics.k8s.io: what nodes and pods use. Nothing of it is stored: it is measured when somebody asks (`api.usage`)."""

from __future__ import annotations

from typing import Any, Final

from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds.declaring import kind
from liqolab.kube.kinds.spec import Column, Printer

GROUP: Final = "metrics.k8s.io"
SIMULATED: Final = {"liqolab.io/simulated": "usage is counted from what containers do in this lab, not measured"}
NODE_METRICS: Final = Resource(GROUP, "v1beta1", "nodes", "NodeMetrics", False)
POD_METRICS: Final = Resource(GROUP, "v1beta1", "pods", "PodMetrics")


def _cells(obj: Object, now: float) -> list[Any]:
    rows = [row.get("usage") or {} for row in obj.get("containers") or (obj,)]
    used = [str(sum((Quantity.parse(row.get(name, "0")) for row in rows), Quantity())) for name in ("cpu", "memory")]
    return [obj["metadata"]["name"], *used, obj.get("window", "")]


_PRINTER: Final = Printer((Column("Name", format="name"), Column("cpu"), Column("memory"), Column("Window")), _cells)

KINDS = tuple(
    kind(resource, singular="", definition="", verbs=("get", "list"), printer=_PRINTER, measured=True)
    for resource in (NODE_METRICS, POD_METRICS)
)
