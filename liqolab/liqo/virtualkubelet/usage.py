"""What the node's pods use, as kubelets tell it (``/stats/summary``): what the provider's metrics API says of them.

Where the provider has none, there is nothing to tell, as of any pod that has just started.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.client import Client
from liqolab.controller.informer import Informer

_POD_METRICS: Final = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")


async def summary(node: str, remote: Client, namespaces: Mapping[str, str], pods: Informer) -> Object:
    """The summary of a virtual node.

    Args:
        node: its name.
        remote: the provider's API server.
        namespaces: local → remote, of those that are offloaded.
        pods: the node's, here.
    """
    lists = await asyncio.gather(*(_metrics(remote, name) for name in namespaces.values()))
    found: Objects = []
    for local, items in zip(namespaces, lists, strict=True):
        for item in items:
            pod = pods.get(meta.name(item), local)
            if pod is not None:
                reference = {"name": meta.name(pod), "namespace": local, "uid": meta.uid(pod)}
                found.append({"podRef": reference, "containers": [_row(item, row) for row in item["containers"]]})
    rows = [row for pod in found for row in pod["containers"]]
    moment = timestamps.now()
    cpu = {"time": moment, "usageNanoCores": sum(row["cpu"]["usageNanoCores"] for row in rows)}
    memory = {"time": moment, "workingSetBytes": sum(row["memory"]["workingSetBytes"] for row in rows)}
    return {"node": {"nodeName": node, "cpu": cpu, "memory": memory}, "pods": found}


async def _metrics(remote: Client, namespace: str) -> Objects:
    try:
        return (await remote.list(_POD_METRICS, namespace)).items
    except (ApiError, OSError):
        return []


def _row(item: Object, row: Object) -> Object:
    moment, usage = item["timestamp"], row["usage"]
    cpu = {"time": moment, "usageNanoCores": Quantity.parse(usage["cpu"]).nanos}
    return {
        "name": row["name"],
        "cpu": cpu,
        "memory": {"time": moment, "workingSetBytes": Quantity.parse(usage["memory"]).value()},
    }
