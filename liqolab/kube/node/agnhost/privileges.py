"""``nonewprivs``, another image of Kubernetes' tests: tells whether a program that root owns has become root."""

from __future__ import annotations

from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine


async def nonewprivs(machine: Machine, call: Invocation) -> int:
    """Print the user that a program with the set-user-ID bit runs as."""
    allowed = (machine.spec.get("securityContext") or {}).get("allowPrivilegeEscalation") is not False
    user = 0 if allowed else machine.identity.uid
    await call.stdout.write(f"Effective uid: {user}\n".encode())
    return 0
