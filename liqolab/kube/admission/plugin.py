"""What a built-in admission plugin is: a rule of the cluster that a schema cannot express.

Plugins are asked in the order of the chain, for every write by everybody. Mutating ones must give the same result when
they are asked again about their own result: they run a second time when a webhook has changed the object.
"""

from __future__ import annotations

from liqolab.apimachinery.errors import ApiError, forbidden
from liqolab.apimachinery.resources import Resource
from liqolab.kube.admission.attributes import Attributes


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
