"""One metric of an autoscaler: what is asked, what is said where there is no answer, and what the status shows.

Metrics of other kinds than resources would be served by adapters (``custom.metrics.k8s.io`` and
``external.metrics.k8s.io``) that nobody has installed: they fail as they do on any cluster without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from liqolab.apimachinery import clock, meta
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.apimachinery.timestamps import parse
from liqolab.controller.client import Client
from liqolab.kube.controllers.autoscaling import texts
from liqolab.kube.controllers.autoscaling.replicas import NoReplicasError, Proposal, Sample, Target, propose

POD_METRICS: Final = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")


class MetricError(Exception):
    """A metric that says nothing.

    Attributes:
        reason: of the event and of the condition.
        why: what they say.
        whole: the same, named.
    """

    def __init__(self, kind: str, name: str, why: str) -> None:
        self.reason, template = texts.FAILED[kind]
        self.why = why
        self.whole = template.format(name=name, error=why)
        super().__init__(self.whole)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a metric proposes.

    Attributes:
        replicas: how many pods.
        name: of the metric, as reasons have it.
        status: the metric's part of the autoscaler's status.
    """

    replicas: int
    name: str
    status: Object


@dataclass(frozen=True, slots=True)
class Scaled:
    """What is scaled: its present size, and its pods."""

    namespace: str
    selector: str
    replicas: int
    pods: Objects


async def read(client: Client, metric: Object, scaled: Scaled) -> Reading:
    """Ask what a metric proposes.

    Raises:
        MetricError: it says nothing.
    """
    match metric["type"]:
        case "Resource":
            return await _resource(client, "resource", metric, scaled)
        case "ContainerResource":
            return await _resource(client, "containerResource", metric, scaled)
        case "Pods":
            name = metric["pods"]["metric"]["name"]
            why = texts.NO_POD_METRIC.format(metric=name, error=texts.NO_CUSTOM_METRICS)
            raise MetricError("Pods", name, why)
        case "Object":
            raise _object_error(metric["object"], scaled.namespace)
    raise _external_error(metric["external"], scaled.namespace)


async def _resource(client: Client, field: str, metric: Object, scaled: Scaled) -> Reading:
    source = metric[field]
    name, container, aim = source["name"], source.get("container", ""), source["target"]
    blamed = container or name
    amount = aim.get("averageValue")
    target = Target(
        name,
        utilization=None if amount is not None else aim.get("averageUtilization"),
        millis=Quantity.parse(amount).millis() if amount is not None else 0,
        container=container,
    )
    try:
        samples = await _samples(client, target, scaled)
        found = propose(target, scaled.replicas, scaled.pods, samples, clock.time())
    except NoReplicasError as error:
        template = texts.USAGE_FAILED if amount is not None else texts.UTILIZATION_FAILED
        raise MetricError(metric["type"], blamed, template.format(resource=name, error=error)) from error
    words = texts.RESOURCE
    if amount is None:
        words = texts.CONTAINER_UTILIZATION if container else texts.UTILIZATION
    current = {"name": name, **({"container": container} if container else {}), "current": _current(name, found)}
    return Reading(found.replicas, words.format(resource=name), {"type": metric["type"], field: current})


def _current(name: str, found: Proposal) -> Object:
    notation = "binary" if name == "memory" else "decimal"
    current: Object = {"averageValue": str(Quantity(found.millis * 10**6, notation))}  # type: ignore[arg-type]
    return current if found.utilization is None else {"averageUtilization": found.utilization, **current}


async def _samples(client: Client, target: Target, scaled: Scaled) -> dict[str, Sample]:
    """Pod name → what it uses.

    Raises:
        NoReplicasError: the API of metrics says nothing.
    """
    try:
        found = (await client.list(POD_METRICS, scaled.namespace, labels=scaled.selector)).items
    except ApiError as error:
        why = texts.UNFETCHED.format(error=error.message)
        raise NoReplicasError(texts.NO_RESOURCE_METRICS.format(resource=target.resource, error=why)) from error
    if not found:
        text = texts.NO_RESOURCE_METRICS.format(resource=target.resource, error=texts.NOTHING_RETURNED)
        raise NoReplicasError(text)
    samples = {}
    for item in found:
        rows = [row for row in item["containers"] if target.container in ("", row["name"])]
        if rows and all(target.resource in row["usage"] for row in rows):
            total = sum(Quantity.parse(row["usage"][target.resource]).millis() for row in rows)
            moment, window = parse(item["timestamp"]).timestamp(), float(item["window"].removesuffix("s"))
            samples[meta.name(item)] = Sample(total, moment, window)
    return samples


def _object_error(source: Object, namespace: str) -> MetricError:
    metric, about = source["metric"]["name"], source["describedObject"]
    names = {"kind": about["kind"], "namespace": namespace, "name": about["name"]}
    if source["target"].get("averageValue") is not None:
        inner = texts.NO_OBJECT_METRIC.format(metric=metric, error=texts.NO_CUSTOM_METRICS, **names)
        return MetricError("Object", metric, texts.NO_AVERAGE_OBJECT_METRIC.format(metric=metric, error=inner))
    return MetricError(
        "Object", metric, texts.NO_OBJECT_METRIC.format(metric=metric, error=texts.NO_CUSTOM_METRICS, **names)
    )


def _external_error(source: Object, namespace: str) -> MetricError:
    metric = source["metric"]["name"]
    selector = _as_go_prints(source["metric"].get("selector"))
    inner = texts.NO_EXTERNAL_METRIC.format(namespace=namespace, metric=metric, selector=selector)
    averaged = source["target"].get("averageValue") is not None
    # Only the event and the message of all metrics name what failed; the condition has the bare reason.
    template = texts.AVERAGE_EXTERNAL_FAILED if averaged else texts.EXTERNAL_FAILED
    error = MetricError("External", metric, inner)
    error.whole = texts.FAILED["External"][1].format(name=metric, error=template.format(metric=metric, error=inner))
    return error


def _as_go_prints(selector: Any) -> str:
    """A LabelSelector as ``%+v`` shows it."""
    if selector is None:
        return "nil"
    labels = "".join(f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items()))
    rows = ""
    for row in selector.get("matchExpressions") or ():
        values = " ".join(row.get("values") or ())
        rows += f"LabelSelectorRequirement{{Key:{row['key']},Operator:{row['operator']},Values:[{values}],}},"
    fields = f"MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{rows}}},"
    return f"&LabelSelector{{{fields}}}"
