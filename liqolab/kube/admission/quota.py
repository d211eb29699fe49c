"""The share of a namespace (ResourceQuota): what objects use, which quotas they count against, and who goes too far.

The use of a quota is known from the stored objects at the moment of the request, after which nothing waits before the
write, so that two requests at once cannot share the last free place. The status that people see is the quota
controller's, which asks `usage_of` and `covers` here, so that there is one answer to what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.plugin import Attributes, Plugin, refuse
from liqolab.kube.kinds.strategies.pods import quality_of_service
from liqolab.kube.kinds.volumes import class_of
from liqolab.kube.store.derived import Followed
from liqolab.kube.store.store import Store

Amounts = dict[str, Quantity]

_REMEMBERED = 256
"""So many sums are kept up; whoever has more quotas waits for some to be counted anew."""

_ONE = Quantity.of(1)
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"

_OBLIGATORY = frozenset(
    (*("cpu", "memory"), *(f"{field}.{name}" for field in ("requests", "limits") for name in ("cpu", "memory")))
)
"""What every container must ask for once a quota limits it. Kubernetes regrets this and added no more such names."""

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

_GROWING = frozenset(("services", "persistentvolumeclaims"))
"""Collections whose objects may come to use more when they change."""

_CLASS_SUFFIX: Final = ".storageclass.storage.k8s.io/"


def collection_of(name: str) -> str:
    """The collection whose objects use what the quota name limits."""
    if name.startswith("count/"):
        return name.removeprefix("count/")
    if name.startswith("services."):
        return "services"
    if name in ("requests.storage", "persistentvolumeclaims") or _CLASS_SUFFIX in name:
        return "persistentvolumeclaims"
    return name if name in _COUNTED else "pods"


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
        used |= _service_usage(spec)
    elif collection == "persistentvolumeclaims":
        used |= _claim_usage(obj)
    return used


def covers(quota: Object, collection: str, obj: Object) -> bool:
    """Whether an object is within all scopes of a quota. Only pods are within any."""
    spec = quota.get("spec") or {}
    rows = [{"scopeName": scope, "operator": "Exists"} for scope in spec.get("scopes") or ()]
    rows += (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    return not rows or (collection == "pods" and all(_is_within(row, obj) for row in rows))


def _is_within(row: Object, pod: Object) -> bool:
    spec = pod.get("spec") or {}
    scope: str = row.get("scopeName") or ""
    operator: str = row.get("operator") or ""
    if scope in ("Terminating", "NotTerminating"):
        return is_terminating(pod) == (scope == "Terminating")
    if scope in ("BestEffort", "NotBestEffort"):
        return (quality_of_service(spec) == "BestEffort") == (scope == "BestEffort")
    if scope == "PriorityClass":
        name: str = spec.get("priorityClassName") or ""
        if operator in ("Exists", "DoesNotExist"):
            return bool(name) == (operator == "Exists")
        return (name in (row.get("values") or ())) == (operator == "In")
    return scope == "CrossNamespacePodAffinity" and _reaches_other_namespaces(spec)


def is_terminating(pod: Object) -> bool:
    """Whether a pod has a limited life, in the sense of quota scopes."""
    return (pod.get("spec") or {}).get("activeDeadlineSeconds") is not None


def _reaches_other_namespaces(spec: Object) -> bool:
    for kind in ("podAffinity", "podAntiAffinity"):
        affinity = (spec.get("affinity") or {}).get(kind) or {}
        terms = list(affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ())
        weighted = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        terms += [row.get("podAffinityTerm") or {} for row in weighted]
        if any(term.get("namespaces") or term.get("namespaceSelector") is not None for term in terms):
            return True
    return False


def _service_usage(spec: Object) -> Amounts:
    kind, ports = spec.get("type"), spec.get("ports") or ()
    used: Amounts = {}
    if kind == "LoadBalancer":
        used["services.loadbalancers"] = _ONE
    if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
        used["services.nodeports"] = Quantity.of(sum(1 for port in ports if port.get("nodePort")))
    elif kind in ("NodePort", "LoadBalancer"):
        used["services.nodeports"] = Quantity.of(len(ports))
    return used


def _claim_usage(claim: Object) -> Amounts:
    size = meta.get_path(claim, "spec", "resources", "requests", "storage")
    used: Amounts = {} if size is None else {"requests.storage": Quantity.parse(size)}
    name = class_of(claim)
    if not name:
        return used
    of_class = {f"{name}{_CLASS_SUFFIX}{field}": amount for field, amount in used.items()}
    return {**used, **of_class, f"{name}{_CLASS_SUFFIX}persistentvolumeclaims": _ONE}


def _pod_usage(spec: Object) -> Amounts:
    used: Amounts = {}
    for field in ("requests", "limits"):
        for name, amount in _pod_total(spec, field).items():
            used[f"{field}.{name}"] = amount
            if field == "requests" and (name in _COMPUTE or name.startswith(_HUGE_PAGES)):
                used[name] = amount
    return used


def _pod_total(spec: Object, field: str) -> Amounts:
    """What a pod takes at its hungriest moment: its containers and sidecars, or a step of its initialisation."""
    total = _sum(spec.get("containers") or (), field)
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        step = _sum([container], field)
        step = {name: sidecars.get(name, Quantity()) + step.get(name, Quantity()) for name in {*sidecars, *step}}
        peak |= {name: max(peak.get(name, Quantity()), amount) for name, amount in step.items()}
        if container.get("restartPolicy") == "Always":
            sidecars = step
    for name, amount in sidecars.items():
        total[name] = total.get(name, Quantity()) + amount
    total |= {name: max(total.get(name, Quantity()), amount) for name, amount in peak.items()}
    # What a pod asks for as a whole is what counts.
    total |= {name: Quantity.parse(text) for name, text in ((spec.get("resources") or {}).get(field) or {}).items()}
    for name, text in (spec.get("overhead") or {}).items():
        # A resource that the containers may use without a limit has none with the overhead either.
        if field == "requests" or total.get(name):
            total[name] = total.get(name, Quantity()) + Quantity.parse(text)
    return total


def _sum(containers: Iterable[Object], field: str) -> Amounts:
    total: Amounts = {}
    for container in containers:
        for name, text in ((container.get("resources") or {}).get(field) or {}).items():
            total[name] = total.get(name, Quantity()) + Quantity.parse(text)
    return total


class ResourceQuota(Plugin):
    """Refuses what would exceed a quota.

    Args:
        store: where quotas are, and what they count.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._used: dict[tuple[str, str, bytes], Followed[Amounts]] = {}

    def validate(self, attributes: Attributes) -> None:
        obj = attributes.object
        if obj is None or not attributes.namespace:
            return
        collection = (attributes.spec.storage or attributes.spec.resource).group_resource
        if not _handles(attributes, collection):
            return
        quotas = self._store.list("resourcequotas", attributes.namespace)
        if not quotas:
            return
        after, before = usage_of(collection, obj), {}
        if attributes.old_object is not None:
            before = usage_of(collection, attributes.old_object)
        more = {name: max(Quantity(), amount - before.get(name, Quantity())) for name, amount in after.items()}
        limits = [
            (record.key[1], record.object, (record.object.get("spec") or {}).get("hard") or {})
            for record in quotas
            if covers(record.object, collection, obj)
        ]
        for name, _, hard in limits if collection == "pods" else ():
            _check_specified(attributes, name, hard)
        for name, quota, hard in limits:
            was_counted = attributes.old_object is None or covers(quota, collection, attributes.old_object)
            wanted = more if was_counted else after
            asked = sorted(entry for entry in hard if entry in wanted and wanted[entry].nanos > 0)
            if asked:
                used = self._usage(collection, attributes.namespace, quota)
                _check(attributes, name, {entry: Quantity.parse(hard[entry]) for entry in asked}, wanted, used)

    def _usage(self, collection: str, namespace: str, quota: Object) -> Amounts:
        """What is used now. It is kept, and changed by what has changed since: a namespace that fills up would be
        counted as often as it has objects.
        """
        spec = quota.get("spec") or {}
        scopes = orjson.dumps([spec.get("scopes"), spec.get("scopeSelector")])
        key = (collection, namespace, scopes)
        known = self._used.pop(key, None) or self._counted(collection, namespace, quota)
        self._used[key] = known
        while len(self._used) > _REMEMBERED:
            del self._used[next(iter(self._used))]
        return known.value()

    def _counted(self, collection: str, namespace: str, quota: Object) -> Followed[Amounts]:
        def change(total: Amounts, _: str, before: Object | None, after: Object | None) -> None:
            for obj, sign in ((before, -1), (after, 1)):
                if obj is None or obj["metadata"].get("namespace") != namespace or not covers(quota, collection, obj):
                    continue
                for name, amount in usage_of(collection, obj).items():
                    known = total.get(name, Quantity())
                    total[name] = known + amount if sign > 0 else known - amount

        return Followed(self._store, (collection,), Amounts, change)


def _handles(attributes: Attributes, collection: str) -> bool:
    """Whether a request can come to use more of anything."""
    if attributes.operation == "CREATE":
        return not attributes.subresource
    if attributes.operation != "UPDATE" or attributes.old_object is None or attributes.object is None:
        return False
    if collection == "pods":
        enters = is_terminating(attributes.object) != is_terminating(attributes.old_object)
        return attributes.subresource == "resize" or (not attributes.subresource and enters)
    return collection in _GROWING and not attributes.subresource


def _check_specified(attributes: Attributes, quota: str, hard: Object) -> None:
    """A quota on cpu or memory makes it obligatory for containers to say how much of it they want."""
    spec = (attributes.object or {}).get("spec") or {}
    if spec.get("resources"):
        return
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    silent: dict[str, set[str]] = {}
    for container in containers:
        named = container.get("resources") or {}
        said = {f"{field}.{name}" for field in ("requests", "limits") for name in named.get(field) or ()}
        said |= set(named.get("requests") or ())
        for name in _OBLIGATORY.intersection(hard) - said:
            silent.setdefault(name, set()).add(container.get("name", ""))
    if silent:
        listed = "; ".join(f"{name} for: {','.join(sorted(names))}" for name, names in sorted(silent.items()))
        raise refuse(attributes, f"failed quota: {quota}: must specify {listed}")


def _check(attributes: Attributes, quota: str, hard: Amounts, wanted: Amounts, used: Amounts) -> None:
    over = [name for name, limit in hard.items() if limit < used.get(name, Quantity()) + wanted[name]]
    if not over:
        return

    def listed(amounts: Amounts) -> str:
        return ",".join(f"{name}={amounts.get(name, Quantity())}" for name in over)

    raise refuse(
        attributes,
        f"exceeded quota: {quota}, requested: {listed(wanted)}, used: {listed(used)}, limited: {listed(hard)}",
    )
