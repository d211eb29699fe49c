"""Which kinds a cluster knows, by the words that kubectl takes for them.

One document tells all (two requests: the core group and the rest); servers older than 1.26 are asked group by group.
What was learnt is kept until a word is not known or the server has forgotten a kind, so nothing is asked twice in vain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from liqolab.steps.transport import RefusedError, Transport

_AGGREGATED = ",".join(
    [f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")]
    + ["application/json"]
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind as the API serves it, in its group's preferred version."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    words: frozenset[str]
    verbs: frozenset[str]

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
        """The path of the collection, of an object in it, or of a part of that."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        scope = ["namespaces", namespace] if namespace and self.namespaced else []
        return "/".join([root, *scope, *(part for part in (self.plural, name, subresource) if part)])


class Discovery:
    """The kinds of one cluster."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._kinds: list[Kind] | None = None

    def find(self, word: str) -> Kind | None:
        """The kind that a word means: kind, singular, plural or short name, in any case, with or without ``.group``.

        None when the cluster does not know it; it is asked anew before that is said.

        Raises:
            UnreachableError: it does not answer.
        """
        known = self._kinds is not None
        found = _search(self.kinds(), word)
        if found is None and known:
            self.forget()
            found = _search(self.kinds(), word)
        return found

    def of(self, api_version: str, kind: str) -> Kind | None:
        """The kind of a manifest; None when the cluster does not know it."""
        group, _, version = api_version.rpartition("/")
        found = self.find(f"{kind}.{group}" if group else kind)
        if found is None or (found.group, found.kind) != (group, kind):
            return None
        if version != found.version and not self._serves(api_version, found):
            return None
        return Kind(group, version, kind, found.plural, found.namespaced, found.words, found.verbs)

    def kinds(self) -> list[Kind]:
        """All kinds, each in its group's preferred version, the core group first."""
        if self._kinds is None:
            self._kinds = [kind for root in ("/api", "/apis") for kind in self._read(root)]
        return self._kinds

    def forget(self) -> None:
        """Ask anew the next time: kinds have come or gone."""
        self._kinds = None

    def _serves(self, api_version: str, kind: Kind) -> bool:
        """Whether a kind is served in a version that its group does not prefer."""
        path = f"/apis/{api_version}" if kind.group else f"/api/{api_version}"
        try:
            resources = self._transport.call("get", path).get("resources") or ()
        except RefusedError:
            return False
        return any(entry["name"] == kind.plural for entry in resources)

    def _read(self, root: str) -> Iterator[Kind]:
        document = self._transport.call("get", root, accept=_AGGREGATED)
        if document.get("kind") == "APIGroupDiscoveryList":
            for entry in document["items"]:
                yield from _aggregated(entry)
            return
        groups = [("", "v1")] if root == "/api" else [_preferred(entry) for entry in document.get("groups", ())]
        for group, version in groups:
            path = f"/apis/{group}/{version}" if group else f"/api/{version}"
            try:
                resources = self._transport.call("get", path).get("resources", ())
            except RefusedError:
                # An aggregated API whose server is away must not hide all the others.
                continue
            yield from (_legacy(group, version, entry) for entry in resources if "/" not in entry["name"])


def _search(kinds: list[Kind], word: str) -> Kind | None:
    name, _, group = word.lower().partition(".")
    matching = [kind for kind in kinds if name in kind.words]
    if group:
        # Both `deployment.apps` and `deployment.v1.apps` are kubectl's.
        return next((kind for kind in matching if group in (kind.group, f"{kind.version}.{kind.group}")), None)
    return next(iter(matching), None)


def _aggregated(entry: dict[str, Any]) -> Iterator[Kind]:
    group = entry.get("metadata", {}).get("name", "")
    seen = set()
    for version in entry.get("versions", ()):
        for resource in version.get("resources", ()):
            plural = resource["resource"]
            if plural in seen or "responseKind" not in resource:
                continue
            seen.add(plural)
            yield _kind(
                group,
                version["version"],
                resource["responseKind"]["kind"],
                plural,
                resource.get("scope") == "Namespaced",
                [resource.get("singularResource", ""), *resource.get("shortNames", ())],
                resource.get("verbs", ()),
            )


def _legacy(group: str, version: str, entry: dict[str, Any]) -> Kind:
    more = [entry.get("singularName", ""), *(entry.get("shortNames") or ())]
    return _kind(group, version, entry["kind"], entry["name"], entry["namespaced"], more, entry["verbs"])


def _kind(group: str, version: str, kind: str, plural: str, namespaced: bool, more: list[str], verbs: Any) -> Kind:
    words = frozenset(word.lower() for word in (kind, plural, *more) if word)
    return Kind(group, version, kind, plural, namespaced, words, frozenset(verbs))


def _preferred(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["name"], entry["preferredVersion"]["version"]
