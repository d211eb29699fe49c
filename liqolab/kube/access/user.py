"""Who a request comes from, as RBAC and admission see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from liqolab.apimachinery.resources import Object

MASTERS: Final = "system:masters"
AUTHENTICATED: Final = "system:authenticated"
UNAUTHENTICATED: Final = "system:unauthenticated"
SERVICE_ACCOUNT_PREFIX: Final = "system:serviceaccount:"


@dataclass(frozen=True)
class User:
    """An authenticated identity.

    Attributes:
        name: user name (``system:serviceaccount:ns:name`` for service accounts, the CN of a client certificate).
        groups: group names, ``system:authenticated`` or ``system:unauthenticated`` among them.
        uid: identity that outlives the name; often empty.
        extra: further claims, for instance the credential's id.
    """

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def info(self) -> Object:
        """``authentication.k8s.io/v1 UserInfo``."""
        info: Object = {"username": self.name}
        if self.uid:
            info["uid"] = self.uid
        if self.groups:
            info["groups"] = list(self.groups)
        if self.extra:
            info["extra"] = {key: list(values) for key, values in self.extra.items()}
        return info


ANONYMOUS: Final = User("system:anonymous", (UNAUTHENTICATED,))
"""No credential at all; RBAC decides what that may do."""


def component(name: str) -> User:
    """The identity of a control-plane part that runs inside the cluster's own process."""
    return User(f"system:{name}", (MASTERS, AUTHENTICATED))
