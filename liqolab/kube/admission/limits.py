"""How much of what: a container's defaults and bounds (LimitRanger), and the share of a namespace (ResourceQuota).

The use of a quota is counted from the stored objects at the moment of the request, after which nothing waits before the
write, so that two requests at once cannot share the last free place. The status that people see is the quota
controller's.
"""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import meta
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.plugin import Attributes, Plugin, concerns, creates, refuse
from liqolab.kube.store.store import Store

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
        for name, amount in (limit.get(source) or {}).items():
            if name not in amounts:
                amounts[name] = amount
                notes.append(f"{name} {shown} for {word} {container.get('name', '')}")
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
    return problems


Amounts = dict[str, Quantity]

_ONE = Quantity.of(1)
_COMPUTE = ("cpu", "memory", "ephemeral-storage")

_COUNTED = frozenset(
    (
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
    )
)
"""Collections whose number has a quota name of its own, besides ``count/…``."""


def usage_of(collection: str, obj: Object) -> Amounts:
    """What one object uses, by the names of quotas."""
    used: Amounts = {f"count/{collection}": _ONE}
    if collection in _COUNTED:
        used[collection] = _ONE
    spec = obj.get("spec") or {}
    if collection == "pods":
        if meta.pod_is_terminal(obj):
            return {f"count/{collection}": _ONE}
        used |= _pod_usage(spec)
    elif collection == "services":
        kind = spec.get("type")
        ports = Quantity.of(sum(1 for port in spec.get("ports") or () if port.get("nodePort")))
        if kind == "LoadBalancer":
            used["services.loadbalancers"] = _ONE
        if kind in ("NodePort", "LoadBalancer"):
            used["services.nodeports"] = ports
    elif collection == "persistentvolumeclaims":
        size = meta.get_path(spec, "resources", "requests", "storage")
        if size is not None:
            used["requests.storage"] = Quantity.parse(size)
    return used


def _pod_usage(spec: Object) -> Amounts:
    used: Amounts = {}
    for field in ("requests", "limits"):
        for name, amount in _pod_total(spec, field).items():
            used[f"{field}.{name}"] = amount
            if field == "requests" and name in _COMPUTE:
                used[name] = amount
    return used


def _sum(spec: Object, field: str) -> Amounts:
    """What the containers of a pod ask for together, without those that run before them."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        for name, amount in ((container.get("resources") or {}).get(field) or {}).items():
            total[name] = total.get(name, Quantity()) + Quantity.parse(amount)
    return total


def _pod_total(spec: Object, field: str) -> Amounts:
    total = _sum(spec, field)
    for container in spec.get("initContainers") or ():
        for name, amount in ((container.get("resources") or {}).get(field) or {}).items():
            total[name] = max(total.get(name, Quantity()), Quantity.parse(amount))
    for name, amount in (spec.get("overhead") or {}).items():
        # A resource that the containers may use without a limit has none with the overhead either.
        if field == "requests" or total.get(name):
            total[name] = total.get(name, Quantity()) + Quantity.parse(amount)
    return total


class ResourceQuota(Plugin):
    """Refuses what would exceed a quota.

    Args:
        store: where quotas are, and what they count.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def validate(self, attributes: Attributes) -> None:
        if attributes.operation != "CREATE" or attributes.subresource or not attributes.namespace:
            return
        quotas = self._store.list("resourcequotas", attributes.namespace)
        if not quotas or attributes.object is None:
            return
        collection = (attributes.spec.storage or attributes.spec.resource).group_resource
        wanted = usage_of(collection, attributes.object)
        present: Amounts | None = None
        for record in quotas:
            hard = (record.object.get("spec") or {}).get("hard") or {}
            if creates(attributes, resources.PODS):
                self._check_specified(attributes, record.key[1], hard, wanted)
            counted = [name for name in sorted(hard) if name in wanted]
            if not counted:
                continue
            present = present if present is not None else self._usage(collection, attributes.namespace)
            self._check(attributes, record.key[1], {name: hard[name] for name in counted}, wanted, present)

    def _usage(self, collection: str, namespace: str) -> Amounts:
        total: Amounts = {}
        for record in self._store.list(collection, namespace):
            for name, amount in usage_of(collection, record.object).items():
                total[name] = total.get(name, Quantity()) + amount
        return total

    @staticmethod
    def _check_specified(attributes: Attributes, quota: str, hard: Object, wanted: Amounts) -> None:
        """A quota on cpu or memory makes saying how much of it obligatory."""
        plain = {*_COMPUTE, *(f"{field}.{name}" for field in ("requests", "limits") for name in _COMPUTE)}
        silent = sorted(name for name in hard if name in plain and name not in wanted)
        if silent:
            names = [container.get("name", "") for container in (attributes.object or {})["spec"].get("containers", [])]
            listed = "; ".join(f"{name} for: {','.join(names)}" for name in silent)
            raise refuse(attributes, f"failed quota: {quota}: must specify {listed}")

    @staticmethod
    def _check(attributes: Attributes, quota: str, hard: Object, wanted: Amounts, present: Amounts) -> None:
        over = [
            name
            for name in hard
            if wanted[name].nanos > 0 and Quantity.parse(hard[name]) < present.get(name, Quantity()) + wanted[name]
        ]
        if not over:
            return

        def listed(amounts: Amounts) -> str:
            return ",".join(f"{name}={amounts.get(name, Quantity())}" for name in over)

        limits = {name: Quantity.parse(hard[name]) for name in over}
        raise refuse(
            attributes,
            f"exceeded quota: {quota}, requested: {listed(wanted)}, used: {listed(present)}, limited: {listed(limits)}",
        )
