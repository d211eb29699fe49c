"""Who the virtual kubelet is, on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names


@dataclass(frozen=True, slots=True)
class Pair:
    """The two clusters, and what stands for them here.

    Attributes:
        home_id: this cluster, whose pods are offloaded.
        foreign_id, foreign_name: the provider.
        node: the virtual node.
        tenant: the local namespace that holds the peering.
        address: the virtual kubelet's own pod address.
    """

    home_id: str
    foreign_id: str
    foreign_name: str
    node: str
    tenant: str
    address: str

    @property
    def labels(self) -> dict[str, str]:
        """The labels of everything that is reflected, and of nothing else on the provider."""
        return {names.LABEL_ORIGIN: self.home_id, names.LABEL_DESTINATION: self.foreign_id}

    @property
    def selector(self) -> str:
        """A label selector for `labels`."""
        return ",".join(f"{key}={value}" for key, value in self.labels.items())

    def owns(self, remote: Object) -> bool:
        """Whether an object on the provider was reflected by this virtual kubelet (or one before it)."""
        labels = (remote.get("metadata") or {}).get("labels") or {}
        return all(labels.get(key) == value for key, value in self.labels.items())
