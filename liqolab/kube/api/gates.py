"""What stands between a request and the store, as the pipeline sees it: authorisation and admission."""

from __future__ import annotations

from typing import Protocol

from liqolab.apimachinery.resources import Resource
from liqolab.kube.admission.attributes import Attributes
from liqolab.kube.api.user import User


class Authorizer(Protocol):
    """Decides whether a user may do something."""

    def check(
        self,
        user: User,
        verb: str,
        resource: Resource | None,
        namespace: str,
        name: str,
        subresource: str,
        path: str,
    ) -> None:
        """Raises the 403 of a request that is not allowed."""
        ...


class Admission(Protocol):
    """The plugins between decoding and storing."""

    async def admit(self, attributes: Attributes) -> None:
        """Change ``attributes.object`` in place, or raise ApiError."""
        ...

    async def validate(self, attributes: Attributes) -> None:
        """Raise ApiError unless the request is welcome."""
        ...
