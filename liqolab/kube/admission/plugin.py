"""What a built-in admission plugin is: a rule of the cluster that a schema cannot express.

Plugins are asked in the order of the chain, for every write by everybody. Mutating ones must give the same result when
they are asked again about their own result: they run a second time when a webhook has changed the object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from liqolab.apimachinery.errors import ApiError, forbidden
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.access.authz import User
from liqolab.kube.kinds.spec import KindSpec

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


@dataclass(slots=True)
class Attributes:
    """One request on its way into the store.

    Attributes:
        user: who asks.
        operation: what for; every patch is an UPDATE (or a CREATE, when server-side apply creates).
        spec: the kind, in the version of the request.
        namespace: empty for cluster-scoped kinds.
        name: empty on a CREATE with generateName until the name is made.
        subresource: ``status``, ``scale``…; empty for the object itself.
        object: the new state, changed in place by mutating plugins; None on DELETE.
        old_object: the state before, frozen; None on CREATE.
        dry_run: nothing may be written, here or elsewhere.
        options: the CreateOptions, UpdateOptions, PatchOptions or DeleteOptions of the request.
        warnings: texts for ``Warning`` headers; plugins append.
    """

    user: User
    operation: Operation
    spec: KindSpec
    namespace: str
    name: str
    subresource: str = ""
    object: Object | None = None
    old_object: Object | None = None
    dry_run: bool = False
    options: Object = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Plugin:
    """Does nothing, to everything."""

    async def admit(self, attributes: Attributes) -> None:
        """Change ``attributes.object`` in place.

        Raises:
            ApiError: the request is refused.
        """

    def validate(self, attributes: Attributes) -> None:
        """Look at the final object.

        Raises:
            ApiError: the request is refused.
        """


def creates(attributes: Attributes, resource: Resource) -> bool:
    """Whether the request creates an object of a kind (and not something below one)."""
    return attributes.operation == "CREATE" and concerns(attributes, resource)


def concerns(attributes: Attributes, resource: Resource) -> bool:
    """Whether the request is about objects of a kind themselves, in whatever version."""
    own = attributes.spec.resource
    return not attributes.subresource and own.plural == resource.plural and own.group == resource.group


def refuse(attributes: Attributes, why: str) -> ApiError:
    """The 403 of an admission plugin."""
    return forbidden(attributes.spec.resource, attributes.name, why)
