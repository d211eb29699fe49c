"""What the cluster adds to every pod: tolerations, priority, quality of service."""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.attributes import Attributes
from liqolab.kube.admission.plugin import Plugin, concerns, creates, refuse
from liqolab.kube.kinds.strategies.pods import quality_of_service
from liqolab.kube.store.derived import Derived
from liqolab.kube.store.store import Store

_TOLERATED_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATION_SECONDS = 300


class DefaultTolerations(Plugin):
    """A pod stays for five minutes on a node that has gone away, unless it says otherwise; that it says nothing cannot
    be brought about by an update either.
    """

    async def admit(self, attributes: Attributes) -> None:
        if not concerns(attributes, resources.PODS) or attributes.object is None:
            return
        spec = attributes.object["spec"]
        tolerations = list(spec.get("tolerations") or [])
        for taint in _TOLERATED_TAINTS:
            if not any(_covers(toleration, taint) for toleration in tolerations):
                tolerations.append(
                    {
                        "key": taint,
                        "operator": "Exists",
                        "effect": "NoExecute",
                        "tolerationSeconds": _TOLERATION_SECONDS,
                    }
                )
        spec["tolerations"] = tolerations


def _covers(toleration: Object, key: str) -> bool:
    return toleration.get("key") in (key, "", None) and toleration.get("effect") in ("NoExecute", "", None)


class _Classes:
    """Priority classes by name, and the one that pods get that name none."""

    def __init__(self, objects: dict[str, list[Object]]) -> None:
        rows = [row for listed in objects.values() for row in listed]
        self.by_name = {row["metadata"]["name"]: row for row in rows}
        defaults = [row for row in rows if row.get("globalDefault")]
        self.default = min(defaults, key=lambda row: row.get("value", 0), default=None)


class Priority(Plugin):
    """Turns the name of a priority class into a number, which nobody may choose directly.

    Args:
        store: where the priority classes are.
    """

    def __init__(self, store: Store) -> None:
        self._classes = Derived(store, ("priorityclasses.scheduling.k8s.io",), _Classes)

    async def admit(self, attributes: Attributes) -> None:
        if not creates(attributes, resources.PODS) or attributes.object is None:
            return
        spec, classes = attributes.object["spec"], self._classes.value()
        name = spec.get("priorityClassName") or ""
        chosen = classes.by_name.get(name) if name else classes.default
        if name and chosen is None:
            raise refuse(attributes, f"no PriorityClass with name {name} was found")
        value, policy = 0, "PreemptLowerPriority"
        if chosen is not None:
            value = chosen.get("value", 0)
            policy = chosen.get("preemptionPolicy") or policy
            spec["priorityClassName"] = chosen["metadata"]["name"]
        given = spec.get("priority")
        if given is not None and given != value:
            raise refuse(
                attributes,
                f"the integer value of priority ({given}) must not be provided in pod spec; priority admission "
                f"controller computed {value} from the given PriorityClass name",
            )
        spec["priority"] = value
        spec.setdefault("preemptionPolicy", policy)


class Quality(Plugin):
    """Writes the quality of service of what the pod has become by now."""

    async def admit(self, attributes: Attributes) -> None:
        if creates(attributes, resources.PODS) and attributes.object is not None:
            status = attributes.object.setdefault("status", {})
            status["qosClass"] = quality_of_service(attributes.object.get("spec") or {})
