"""Which resource a word means, in kubectl's words; asked of the server each time, so nothing can be stale."""

from __future__ import annotations

from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.discovery import Kinds, discover


class UnknownResourceError(Exception):
    """A word that names no resource of the server."""


class Discovery:
    """The server's resources, fetched once a command."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._kinds: Kinds | None = None

    async def kinds(self) -> Kinds:
        """All that the server serves."""
        if self._kinds is None:
            self._kinds = await discover(self._client)
        return self._kinds

    async def find(self, word: str) -> Resource:
        """The resource that a word means.

        Raises:
            UnknownResourceError: none.
        """
        found = (await self.kinds()).find(word)
        if found is None:
            raise UnknownResourceError(f'the server doesn\'t have a resource type "{word}"')
        return found

    async def of(self, item: Object) -> Resource:
        """The resource of an object, by its apiVersion and kind.

        Raises:
            UnknownResourceError: the server knows no such kind.
        """
        version, kind = item.get("apiVersion"), item.get("kind")
        found = (await self.kinds()).of(str(version), str(kind))
        if found is None:
            raise UnknownResourceError(f'no matches for kind "{kind}" in version "{version}"')
        return found

    async def category(self, name: str) -> list[Resource]:
        """The resources of a category such as ``all``."""
        return [row.resource for row in (await self.kinds()).preferred if name in row.categories]
