"""What can be pointed at: one object of one cluster, or a cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """An object as kubectl would name it; an empty `kind` means the cluster itself.

    Attributes:
        namespace: empty for cluster-scoped kinds.
    """

    cluster: str
    kind: str = ""
    name: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        if not self.kind:
            return self.cluster
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.cluster} · {self.kind} {where}{self.name}"
