"""Small things that the cluster fills in: a new node's taint, the default classes of claims and ingresses."""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.attributes import Attributes
from liqolab.kube.admission.plugin import Plugin, creates
from liqolab.kube.store.store import Store

NOT_READY = "node.kubernetes.io/not-ready"

_DEFAULT_STORAGE = "storageclass.kubernetes.io/is-default-class"
_OLD_CLASS = "kubernetes.io/ingress.class"
_DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"


class TaintNewNodes(Plugin):
    """A node takes no pods before it has reported that it is ready."""

    async def admit(self, attributes: Attributes) -> None:
        if not creates(attributes, resources.NODES) or attributes.object is None:
            return
        spec = attributes.object.setdefault("spec", {})
        taints = spec.get("taints") or []
        if not any(taint.get("key") == NOT_READY and taint.get("effect") == "NoSchedule" for taint in taints):
            spec["taints"] = [*taints, {"key": NOT_READY, "effect": "NoSchedule"}]


class DefaultClasses(Plugin):
    """Claims and ingresses that name no class get the default one.

    Args:
        store: where the classes are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        obj = attributes.object
        if obj is None:
            return
        if creates(attributes, resources.PERSISTENT_VOLUME_CLAIMS):
            self._fill(obj, "storageClassName", resources.STORAGE_CLASSES.group_resource, _DEFAULT_STORAGE)
        elif creates(attributes, resources.INGRESSES) and _OLD_CLASS not in (obj["metadata"].get("annotations") or {}):
            self._fill(obj, "ingressClassName", "ingressclasses.networking.k8s.io", _DEFAULT_INGRESS)

    def _fill(self, obj: Object, field: str, collection: str, annotation: str) -> None:
        spec = obj.setdefault("spec", {})
        if spec.get(field) is not None:
            return
        defaults = [
            record.object["metadata"]
            for record in self._store.list(collection)
            if (record.object["metadata"].get("annotations") or {}).get(annotation) == "true"
        ]
        if defaults:
            # The newest one, as upstream decides when there are several.
            spec[field] = max(defaults, key=lambda row: row.get("creationTimestamp", ""))["name"]
