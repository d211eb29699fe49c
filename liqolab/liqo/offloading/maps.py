"""The NamespaceMaps of this cluster's own, one for each provider.

Peers that use this cluster may write maps into their tenant namespaces, with any label. A map counts as that of a
provider only in the tenant namespace of this provider, which a label says that nobody but this cluster writes.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Manager
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import NAMESPACE_MAPS


class OwnMaps:
    """What this cluster asks of its providers."""

    def __init__(self, manager: Manager) -> None:
        self.informer: Informer = manager.informer(NAMESPACE_MAPS, labels=f"{names.LABEL_REPLICATION}=true")
        self.namespaces: Informer = manager.informer(NAMESPACES)

    def list(self) -> Objects:
        """All of them."""
        return [item for item in self.informer.list() if provider_of(item) == self._peer_of(meta.namespace(item))]

    def of(self, cluster: str) -> Objects:
        """Those for one provider."""
        return [item for item in self.list() if provider_of(item) == cluster]

    def _peer_of(self, namespace: str) -> str | None:
        return meta.labels(self.namespaces.get(namespace) or {}).get(names.LABEL_CLUSTER_ID)


def provider_of(namespace_map: Object) -> str:
    """The cluster that a map says it is for."""
    return meta.labels(namespace_map).get(names.LABEL_REMOTE_CLUSTER_ID, "")
