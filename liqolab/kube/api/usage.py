"""metrics.k8s.io: what metrics-server would answer, asked of the kubelets at the moment when somebody wants to know.

A real metrics-server looks at every kubelet every 15 seconds. Here nobody looks until somebody asks, so that a cluster
without an autoscaler pays nothing; a pod has figures from its first second. Every object says that they are simulated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final

import orjson

from liqolab.apimachinery import builtin, meta, timestamps
from liqolab.apimachinery.errors import ApiError, not_found
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.subresources.streams import kubelet_url
from liqolab.kube.kinds.measured import GROUP, NODE_METRICS, SIMULATED
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.record import Record, in_order

_WINDOW: Final = "15s"
_KUBELET_SECONDS: Final = 5.0


class Usage:
    """Reads of the kinds that are measured. Give it to the pipeline as `measured`."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def records(self, spec: KindSpec, namespace: str, name: str = "") -> list[Record]:
        """The metrics of all nodes or pods, or of one."""
        pipeline = self._pipeline
        if spec.resource == NODE_METRICS:
            known = {meta.name(node): node for node in _stored(pipeline, builtin.NODES, "", name)}
            found = await _summaries(pipeline, known)
            made = [_node(known[node], summary["node"]) for node, summary in found.items()]
        else:
            pods = {meta.uid(pod): pod for pod in _stored(pipeline, builtin.PODS, namespace, name)}
            found = await _summaries(pipeline, {node for pod in pods.values() if (node := pod["spec"].get("nodeName"))})
            rows = [row for summary in found.values() for row in summary["pods"]]
            made = [_pod(pods[row["podRef"]["uid"]], row) for row in rows if row["podRef"]["uid"] in pods]
        return sorted((_record(spec, obj) for obj in made), key=lambda record: record.key)

    async def record(self, request: ResourceRequest) -> Record:
        """The metrics of one node or pod.

        Raises:
            ApiError: 404, it does not run.
        """
        for found in await self.records(request.spec, request.namespace, request.name):
            return found
        kind = request.spec.resource.kind
        asked = f"{request.namespace}/{request.name}" if request.namespace else request.name
        raise not_found(Resource(GROUP, "v1beta1", kind.lower(), kind), asked)


def _stored(pipeline: Pipeline, resource: Resource, namespace: str, name: str) -> Iterator[Object]:
    collection = resource.group_resource
    if name:
        found = pipeline.store.get(collection, namespace, name)
        return iter(() if found is None else (found.object,))
    return (record.object for record in pipeline.store.list(collection, namespace))


async def _summaries(pipeline: Pipeline, nodes: Iterable[str]) -> dict[str, Object]:
    """Node → what its kubelet says. One that says nothing is left out, as its pods are."""

    async def ask(node: str) -> Object | None:
        try:
            async with asyncio.timeout(_KUBELET_SECONDS):
                answer: Object = orjson.loads(
                    await pipeline.backends.read(f"{kubelet_url(pipeline, node)}/stats/summary")
                )
        except (ApiError, TimeoutError, ValueError):
            return None
        return answer

    names = sorted(nodes)
    answers = await asyncio.gather(*map(ask, names))
    return {node: answer for node, answer in zip(names, answers, strict=True) if answer is not None}


def _pod(pod: Object, row: Object) -> Object:
    used: Objects = [{"name": each["name"], "usage": _usage(each)} for each in row["containers"]]
    return _metrics(pod, row["containers"][0]) | {"containers": used}


def _node(node: Object, row: Object) -> Object:
    return _metrics(node, row) | {"usage": _usage(row)}


def _metrics(about: Object, row: Object) -> Object:
    source = about["metadata"]
    metadata = {"name": source["name"], "creationTimestamp": timestamps.now(), "annotations": SIMULATED}
    metadata |= {field: source[field] for field in ("namespace", "labels") if source.get(field)}
    return {"metadata": metadata, "timestamp": row["cpu"]["time"], "window": _WINDOW}


def _usage(row: Object) -> Object:
    return {
        "cpu": f"{row['cpu']['usageNanoCores']}n",
        "memory": str(Quantity.of(row["memory"]["workingSetBytes"], "binary")),
    }


def _record(spec: KindSpec, obj: Object) -> Record:
    resource = spec.resource
    whole = in_order({"kind": resource.kind, "apiVersion": resource.api_version, **obj})
    key = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
    return Record(key, 0, orjson.dumps(whole), whole)
