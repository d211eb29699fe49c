"""Which resource a word means: asked of the server each time, so nothing can be stale."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import orjson

from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client


class UnknownResourceError(Exception):
    """A word that names no resource of the server."""


@dataclass(frozen=True, slots=True)
class Known:
    """A row of discovery."""

    resource: Resource
    singular: str
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    verbs: tuple[str, ...]


class Discovery:
    """The server's resources, fetched once a command."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._rows: list[Known] | None = None

    async def rows(self) -> list[Known]:
        """All resources in the preferred version of their group; the core group first."""
        if self._rows is None:
            groups = orjson.loads(await self._client.raw("/apis"))["groups"]
            versions = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
            lists = await asyncio.gather(*(self._client.raw(path) for path in versions))
            self._rows = [row for raw in lists for row in _rows(orjson.loads(raw))]
        return self._rows

    async def find(self, word: str) -> Resource:
        """The resource that a plural, singular, kind or short name means, with or without ``.group``.

        Raises:
            UnknownResourceError: none.
        """
        name, _, group = word.lower().partition(".")
        for row in await self.rows():
            names = {row.resource.plural, row.singular, row.resource.kind.lower(), *row.short_names}
            if name in names and (not group or row.resource.group == group):
                return row.resource
        raise UnknownResourceError(f'the server doesn\'t have a resource type "{word}"')

    async def of(self, item: Object) -> Resource:
        """The resource of an object, by its apiVersion and kind.

        Raises:
            UnknownResourceError: the server knows no such kind.
        """
        for row in await self.rows():
            if row.resource.api_version == item.get("apiVersion") and row.resource.kind == item.get("kind"):
                return row.resource
        raise UnknownResourceError(f'no matches for kind "{item.get("kind")}" in version "{item.get("apiVersion")}"')

    async def category(self, name: str) -> list[Resource]:
        """The resources of a category such as ``all``."""
        return [row.resource for row in await self.rows() if name in row.categories]


def _rows(document: Object) -> list[Known]:
    group, _, version = document["groupVersion"].rpartition("/")
    return [
        Known(
            Resource(group, version, entry["name"], entry["kind"], entry["namespaced"]),
            entry.get("singularName") or entry["kind"].lower(),
            tuple(entry.get("shortNames") or ()),
            tuple(entry.get("categories") or ()),
            tuple(entry["verbs"]),
        )
        for entry in document["resources"]
        if "/" not in entry["name"]
    ]
