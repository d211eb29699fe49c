"""What is asked before anything happens: may this user do that?

There is one type to ask, and it answers every question that decides about rights: whoever holds an `Authorizer` can
ask, so that no check is ever left out because the one who stood there had no answer to it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from liqolab.apimachinery.errors import ApiError, forbidden, status_error
from liqolab.apimachinery.resources import Resource
from liqolab.kube.access.rbac_rules import Request, Rule
from liqolab.kube.access.user import User

_SIGNERS = Resource("certificates.k8s.io", "v1", "signers", "Signer", False)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request, and why.

    Attributes:
        allowed: whether it may go on.
        reason: for people; names the binding that allowed it, or what was broken on the way.
    """

    allowed: bool
    reason: str = ""


class Authorizer(Protocol):
    """Decides who may do what. An implementation answers three questions; the rest follows from them."""

    @abstractmethod
    def decide(self, user: User, request: Request) -> Decision:
        """Whether a request may pass, with the reason for either answer."""

    @abstractmethod
    def rules_for(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that holds for a user in a namespace."""

    @abstractmethod
    def role_rules(self, kind: str, name: str, namespace: str) -> tuple[Rule, ...] | None:
        """The rules of a role, if it exists."""

    def check(self, user: User, request: Request) -> None:
        """Let a request pass.

        Raises:
            ApiError: 403, with the text that names what was missing.
        """
        decision = self.decide(user, request)
        if not decision.allowed:
            raise _refusal(user, request, decision.reason)

    def may_use_signer(self, user: User, verb: str, signer: str) -> bool:
        """Whether a user may ``approve`` or ``sign`` certificates for a signer, by its name or for its domain."""
        domain = signer.partition("/")[0]
        return any(self.decide(user, Request(verb, _SIGNERS, name=name)).allowed for name in (signer, f"{domain}/*"))


def _refusal(user: User, request: Request, reason: str) -> ApiError:
    """The 403 of a request that nothing allows."""
    tail = f": {reason}" if reason else ""
    if request.resource is None:
        text = f'forbidden: User "{user.name}" cannot {request.verb} path "{request.path}"{tail}'
        return status_error(403, "Forbidden", text, {})
    where = f'in the namespace "{request.namespace}"' if request.namespace else "at the cluster scope"
    why = (
        f'User "{user.name}" cannot {request.verb} resource "{request.full_resource}" '
        f'in API group "{request.resource.group}" {where}{tail}'
    )
    return forbidden(request.resource, request.name, why)
