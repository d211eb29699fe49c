"""What the controllers of a cluster need to know beyond the API: keys, the cluster's certificates, and its clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from liqolab.apimachinery.resources import Object
from liqolab.certificates import Authority

TokenIssuer = Callable[[Object, Object], Awaitable[str]]
"""Signs a token that does not expire for (service account, secret) and returns it."""


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """Settings of `install`.

    Attributes:
        authority: signs requests; its certificate is what pods verify the API server with (``kube-root-ca.crt``).
        service_cidr: network of the cluster's services.
        issue_token: fills Secrets of type ``kubernetes.io/service-account-token``.
        clock: how many times faster than specified the node grace periods pass (40 s without a heartbeat, 300 s until
            eviction, 40 s until pods of a deleted node are collected). Nothing else is accelerated.
    """

    authority: Authority
    issue_token: TokenIssuer
    service_cidr: str = "10.96.0.0/12"
    clock: float = 1.0
