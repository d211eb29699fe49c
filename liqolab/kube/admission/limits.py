"""How much of what a container, a pod or a claim may ask for, and what it asks for where it does not say (LimitRanger).

The share of a whole namespace is the business of `quota`.
"""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.plugin import Attributes, Plugin, concerns, creates, refuse
from liqolab.kube.store.store import Store

_NANO = 10**9
_ANNOTATION = "kubernetes.io/limit-ranger"


def _containers(spec: Object) -> Iterator[tuple[str, Object]]:
    for container in spec.get("containers") or ():
        yield "container", container
    for container in spec.get("initContainers") or ():
        yield "init container", container


class LimitRanger(Plugin):
    """Applies the limit ranges of a namespace to its pods and claims.

    Args:
        store: where the limit ranges are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def _limits(self, namespace: str, kind: str) -> Iterator[Object]:
        for record in self._store.list("limitranges", namespace):
            for limit in (record.object.get("spec") or {}).get("limits") or ():
                if limit.get("type") == kind:
                    yield limit

    async def admit(self, attributes: Attributes) -> None:
        if not creates(attributes, resources.PODS) or attributes.object is None:
            return
        notes: list[str] = []
        for limit in self._limits(attributes.namespace, "Container"):
            for word, container in _containers(attributes.object.get("spec") or {}):
                notes += _fill(container, limit, word)
        if notes:
            metadata = attributes.object["metadata"]
            text = "LimitRanger plugin set: " + "; ".join(notes)
            metadata["annotations"] = {**(metadata.get("annotations") or {}), _ANNOTATION: text}

    def validate(self, attributes: Attributes) -> None:
        obj = attributes.object
        if obj is None or attributes.operation not in ("CREATE", "UPDATE"):
            return
        problems: list[str] = []
        if creates(attributes, resources.PODS):
            problems = self._pod_problems(attributes.namespace, obj.get("spec") or {})
        elif concerns(attributes, resources.PERSISTENT_VOLUME_CLAIMS):
            asked = ((obj.get("spec") or {}).get("resources") or {}).get("requests") or {}
            for limit in self._limits(attributes.namespace, "PersistentVolumeClaim"):
                problems += _bounds(limit, asked, {}, "PersistentVolumeClaim")
        if problems:
            raise refuse(attributes, problems[0] if len(problems) == 1 else "[" + ", ".join(problems) + "]")

    def _pod_problems(self, namespace: str, spec: Object) -> list[str]:
        problems: list[str] = []
        for limit in self._limits(namespace, "Container"):
            for _, container in _containers(spec):
                given = container.get("resources") or {}
                problems += _bounds(limit, given.get("requests") or {}, given.get("limits") or {}, "Container")
        for limit in self._limits(namespace, "Pod"):
            requests, limits = (
                {name: str(amount) for name, amount in _sum(spec, field).items()} for field in ("requests", "limits")
            )
            problems += _bounds(limit, requests, limits, "Pod")
        return problems


def _fill(container: Object, limit: Object, word: str) -> list[str]:
    """Defaults for one container, and notes of what was set."""
    notes = []
    given = container.setdefault("resources", {})
    for field, source, shown in (("requests", "defaultRequest", "request"), ("limits", "default", "limit")):
        amounts = dict(given.get(field) or {})
        absent = {name: amount for name, amount in (limit.get(source) or {}).items() if name not in amounts}
        amounts |= absent
        if absent:
            notes.append(f"{', '.join(sorted(absent))} {shown} for {word} {container.get('name', '')}")
        if amounts:
            given[field] = amounts
    return notes


def _bounds(limit: Object, requests: Object, limits: Object, kind: str) -> list[str]:
    problems = []
    for name, least in (limit.get("min") or {}).items():
        for asked, word in ((requests.get(name), "request"), (limits.get(name), "limit")):
            if asked is not None and Quantity.parse(asked) < Quantity.parse(least):
                problems.append(f"minimum {name} usage per {kind} is {least}, but {word} is {asked}")
        if requests.get(name) is None:
            problems.append(f"minimum {name} usage per {kind} is {least}.  No request is specified")
    for name, most in (limit.get("max") or {}).items():
        asked, word = limits.get(name), "limit"
        if kind == "PersistentVolumeClaim":
            asked, word = requests.get(name), "request"
        if asked is None:
            problems.append(f"maximum {name} usage per {kind} is {most}.  No limit is specified")
        elif Quantity.parse(asked) > Quantity.parse(most):
            problems.append(f"maximum {name} usage per {kind} is {most}, but {word} is {asked}")
    return problems if kind == "PersistentVolumeClaim" else problems + _ratios(limit, requests, limits, kind)


def _ratios(limit: Object, requests: Object, limits: Object, kind: str) -> list[str]:
    """Limits that are too far from what is requested."""
    problems = []
    for name, most in (limit.get("maxLimitRequestRatio") or {}).items():
        start = f"{name} max limit to request ratio per {kind} is {most}"
        request, bound = (Quantity.parse(amounts.get(name) or "0") for amounts in (requests, limits))
        if request == Quantity():
            problems.append(f"{start}, but no request is specified or request is 0")
        elif bound == Quantity():
            problems.append(f"{start}, but no limit is specified or limit is 0")
        elif (ratio := bound.nanos / request.nanos) * _NANO > Quantity.parse(most).nanos:
            problems.append(f"{start}, but provided ratio is {ratio:f}")
    return problems


def _sum(spec: Object, field: str) -> dict[str, Quantity]:
    """What the containers of a pod ask for together, without those that run before them."""
    total: dict[str, Quantity] = {}
    for container in spec.get("containers") or ():
        for name, amount in ((container.get("resources") or {}).get(field) or {}).items():
            total[name] = total.get(name, Quantity()) + Quantity.parse(amount)
    return total
