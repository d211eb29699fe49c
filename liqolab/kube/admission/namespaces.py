"""NamespaceLifecycle: nothing is created where there is no namespace, or one that is on its way out."""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import not_found
from liqolab.kube.admission.attributes import Attributes
from liqolab.kube.admission.plugin import Plugin, concerns, refuse
from liqolab.kube.store.store import Store

_IMMORTAL = frozenset(("default", "kube-system", "kube-public"))


class NamespaceLifecycle(Plugin):
    """Guards the beginning and the end of namespaces.

    Args:
        store: where the namespaces are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if attributes.operation == "DELETE":
            if concerns(attributes, resources.NAMESPACES) and attributes.name in _IMMORTAL:
                raise refuse(attributes, "this namespace may not be deleted")
            return
        if attributes.operation == "CREATE" and attributes.spec.resource.namespaced:
            self._check_alive(attributes)

    def validate(self, attributes: Attributes) -> None:
        # A webhook may have taken its time, and the namespace its leave.
        if attributes.operation == "CREATE" and attributes.spec.resource.namespaced:
            self._check_alive(attributes)

    def _check_alive(self, attributes: Attributes) -> None:
        name = attributes.namespace
        record = self._store.get("namespaces", "", name)
        if record is None:
            raise not_found(resources.NAMESPACES, name)
        namespace = record.object
        if not meta.is_deleting(namespace) and meta.get_path(namespace, "status", "phase") != "Terminating":
            return
        error = refuse(attributes, f"unable to create new content in namespace {name} because it is being terminated")
        error.status["details"]["causes"] = [
            {
                "reason": "NamespaceTerminating",
                "message": f"namespace {name} is being terminated",
                "field": "metadata.namespace",
            }
        ]
        raise error
