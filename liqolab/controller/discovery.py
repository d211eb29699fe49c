"""Which kinds a cluster serves, and which of them a word means.

Servers since 1.26 tell all in two documents; older ones are asked group version by group version. That conversation is
written once, as a generator that names the documents it needs next: `discover` has it with a `Client`, and `carry_out`
with whatever answers one question after the other (the checks, whose client is another).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import JSON, Client

ACCEPT: Final = ",".join(
    [*(f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")), JSON]
)
"""What discovery is asked with: for the document that tells all, or else for whatever there is."""

ROOTS: Final = ("/api", "/apis")
"""The core group comes first, as with kubectl: of two kinds of one name, its own is meant."""


@dataclass(frozen=True, slots=True)
class Served:
    """A kind as a cluster serves it, in one version."""

    resource: Resource
    verbs: frozenset[str]
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """Plural, singular, kind and short names, in lower case."""
        names = (self.resource.plural, self.singular, self.resource.kind, *self.short_names)
        return frozenset(name.lower() for name in names if name)

    def is_of(self, group: str) -> bool:
        """Whether ``.group`` after a word means this one: with or without a version, and cut short at any dot."""
        own = (self.resource.group, f"{self.resource.version}.{self.resource.group}")
        return not group or any(f"{each}.".startswith(f"{group}.") for each in own)


class Kinds:
    """What a cluster served when it was asked."""

    def __init__(self, rows: Iterable[Served]) -> None:
        """`rows` have the core group first, and of each group the preferred version first."""
        self._rows = tuple(rows)
        preferred: dict[tuple[str, str], Served] = {}
        for row in self._rows:
            preferred.setdefault((row.resource.group, row.resource.plural), row)
        self.preferred = tuple(preferred.values())
        """Each kind once: in its group's preferred version, or else in the first that has it."""

    def find(self, word: str) -> Resource | None:
        """The resource that a plural, singular, kind or short name means, in any case, with or without ``.group``."""
        name, _, group = word.strip().lower().partition(".")
        return next((row.resource for row in self._rows if row.is_of(group) and name in row.words), None)

    def of(self, api_version: str, kind: str) -> Resource | None:
        """The resource of an object, by what it says of itself."""
        own = (row.resource for row in self._rows)
        return next((each for each in own if (each.api_version, each.kind) == (api_version, kind)), None)


Conversation = Generator[Sequence[str], Sequence[Object | None], Kinds]


def conversation() -> Conversation:
    """Yields the paths to ask for with `ACCEPT`, and is sent their documents (None where the server refused: an
    aggregated API whose server is away must not hide all the others). That one of `ROOTS` is refused is the end.
    """
    found: list[Served] = []
    for root in (yield ROOTS):
        assert root is not None, "the roots are not refused"
        if root.get("kind") == "APIGroupDiscoveryList":
            found += _aggregated(root)
        else:
            documents = yield _version_paths(root)
            found += [row for document in documents for row in _listed(document or {})]
    return Kinds(found)


def carry_out(ask: Callable[[str], Object | None]) -> Kinds:
    """Have the conversation with one question after the other."""
    talk = conversation()
    paths: Sequence[str] = next(talk)
    while True:
        try:
            paths = talk.send([ask(path) for path in paths])
        except StopIteration as end:
            found: Kinds = end.value
            return found


async def discover(client: Client) -> Kinds:
    """Ask a cluster.

    Raises:
        ApiError, OSError: it does not say.
    """

    async def ask(path: str) -> Object | None:
        try:
            return await client.document(path, accept=ACCEPT)
        except ApiError:
            if path in ROOTS:
                raise
            return None

    talk = conversation()
    paths: Sequence[str] = next(talk)
    while True:
        try:
            paths = talk.send(await asyncio.gather(*map(ask, paths)))
        except StopIteration as end:
            found: Kinds = end.value
            return found


def _version_paths(root: Object) -> list[str]:
    """What to ask an older server for, the preferred version of each group first."""
    paths = [f"/api/{version}" for version in root.get("versions") or ()]
    for group in root.get("groups") or ():
        versions = [group["preferredVersion"], *group["versions"]]
        paths += dict.fromkeys(f"/apis/{version['groupVersion']}" for version in versions)
    return paths


def _aggregated(document: Object) -> Iterator[Served]:
    for group in document["items"]:
        for version in group.get("versions") or ():
            for row in version.get("resources") or ():
                # A kind that has only subresources in this version has no objects of its own.
                if kind := (row.get("responseKind") or {}).get("kind"):
                    name = (group.get("metadata") or {}).get("name") or ""
                    scope = row.get("scope") == "Namespaced"
                    yield _served(
                        Resource(name, version["version"], row["resource"], kind, scope),
                        row,
                        row.get("singularResource"),
                    )


def _listed(document: Object) -> Iterator[Served]:
    group, _, version = document.get("groupVersion", "").rpartition("/")
    for row in document.get("resources") or ():
        if "/" not in row["name"]:
            resource = Resource(group, version, row["name"], row["kind"], row["namespaced"])
            yield _served(resource, row, row.get("singularName"))


def _served(resource: Resource, row: Object, singular: str | None) -> Served:
    short_names, categories = row.get("shortNames") or (), row.get("categories") or ()
    return Served(resource, frozenset(row.get("verbs") or ()), singular or "", tuple(short_names), tuple(categories))
