"""How far a peering has come: what decides which resources are replicated and what the peer may touch."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.liqo.foreigncluster.conditions import condition_of, status_of
from liqolab.liqo.gen05 import names, texts


@dataclass(frozen=True, slots=True)
class Phase:
    """The phase of a peering; both directions together are upstream's ``Bidirectional``.

    Attributes:
        authenticated: the peer has accepted this cluster's identity.
        outgoing: this cluster uses the peer, or is about to (the peer has made an offer), or has not quite stopped.
        incoming: the same the other way round.
        networking: whether the two networks are to be joined while a direction is active.
    """

    authenticated: bool = False
    outgoing: bool = False
    incoming: bool = False
    networking: bool = False

    @property
    def active(self) -> bool:
        """Whether the peering is alive in any direction."""
        return self.outgoing or self.incoming

    @classmethod
    def of(cls, foreign_cluster: Object | None) -> Phase:
        """The phase that a ForeignCluster's status tells; nothing for a ForeignCluster that is gone."""
        if foreign_cluster is None:
            return cls()
        return cls(
            authenticated=status_of(foreign_cluster, texts.AUTHENTICATION_STATUS) == texts.ESTABLISHED,
            outgoing=_is_answered(foreign_cluster, texts.OUTGOING_PEERING),
            incoming=_is_answered(foreign_cluster, texts.INCOMING_PEERING),
            networking=meta.get_path(foreign_cluster, "spec", "networkingEnabled") != texts.PEERING_NO,
        )


def _is_answered(foreign_cluster: Object, direction: str) -> bool:
    """Whether the ResourceRequest of a direction has met with an offer; a mere request entitles to nothing yet."""
    condition = condition_of(foreign_cluster, direction)
    if condition is None or condition["status"] == texts.NONE:
        return False
    return bool(condition.get("reason") != texts.RESOURCE_REQUEST_PENDING.reason)


def outgoing_wanted(foreign_cluster: Object, auto_join: bool) -> bool:
    """Whether this cluster is to use the peer: ``Auto`` means so for clusters found on the LAN only."""
    wanted = meta.get_path(foreign_cluster, "spec", "outgoingPeeringEnabled", default=texts.PEERING_AUTO)
    if wanted == texts.PEERING_AUTO:
        return auto_join and meta.labels(foreign_cluster).get(names.LABEL_DISCOVERY_TYPE) == names.DISCOVERY_LAN
    return bool(wanted == texts.PEERING_YES)


def incoming_allowed(foreign_cluster: Object, default: bool) -> bool:
    """Whether the peer may use this cluster."""
    allowed = meta.get_path(foreign_cluster, "spec", "incomingPeeringEnabled", default=texts.PEERING_AUTO)
    return default if allowed == texts.PEERING_AUTO else bool(allowed == texts.PEERING_YES)
