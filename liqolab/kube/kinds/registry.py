"""Every kind the cluster serves right now: the built-in table and what CustomResourceDefinitions added to it.

Readers ask it on each request, so a definition counts from the moment it is established; what is derived from the
whole (discovery, OpenAPI) is kept by its readers and made anew when `generation` has moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from liqolab.apimachinery.resources import Resource
from liqolab.kube.kinds.spec import KindSpec


def version_rank(version: str) -> tuple[int, int, int, str]:
    """Sort key of API versions: GA before beta before alpha, newer before older."""
    body = version.removeprefix("v")
    for stage, word in enumerate(("", "beta", "alpha")):
        major, found, minor = body.partition(word) if word else (body, "", "")
        if major.isdigit() and (not word or (found and (minor.isdigit() or not minor))):
            return (stage, -int(major), -int(minor or 0), version)
    return (3, 0, 0, version)


class Registry:
    """Kinds by address. Custom kinds come and go; built-in ones stay."""

    def __init__(self, builtin: Iterable[KindSpec]) -> None:
        self._builtin = {self._address(spec): spec for spec in builtin}
        self._builtin_groups = frozenset(group for group, _, _ in self._builtin)
        self._custom: dict[tuple[str, str, str], KindSpec] = {}
        self.generation = 0
        """Counts changes of the set of kinds."""

    @staticmethod
    def _address(spec: KindSpec) -> tuple[str, str, str]:
        return (spec.resource.group, spec.resource.version, spec.resource.plural)

    def lookup(self, group: str, version: str, plural: str) -> KindSpec | None:
        """The kind served at ``/apis/<group>/<version>/<plural>``, if any."""
        address = (group, version, plural)
        return self._builtin.get(address) or self._custom.get(address)

    def is_builtin(self, group: str) -> bool:
        """Whether built-in kinds are in a group."""
        return group in self._builtin_groups

    def find(self, resource: Resource) -> KindSpec | None:
        """The kind that `resource` addresses."""
        return self.lookup(resource.group, resource.version, resource.plural)

    def __iter__(self) -> Iterator[KindSpec]:
        yield from self._builtin.values()
        yield from self._custom.values()

    def groups(self) -> list[str]:
        """All groups in discovery's order: built-in ones as their table has them (clients resolve an ambiguous name to
        the first group that knows it), then custom ones by name.
        """
        builtin = list(dict.fromkeys(spec.resource.group for spec in self._builtin.values()))
        return builtin + sorted({spec.resource.group for spec in self._custom.values()} - set(builtin))

    def versions(self, group: str) -> list[str]:
        """The served versions of a group, the preferred one first."""
        return sorted({spec.resource.version for spec in self if spec.resource.group == group}, key=version_rank)

    def kinds(self, group: str, version: str) -> list[KindSpec]:
        """The kinds of a group version, by plural."""
        found = [s for s in self if s.resource.group == group and s.resource.version == version]
        return sorted(found, key=lambda spec: spec.resource.plural)

    def set_custom(self, group: str, plural: str, specs: Iterable[KindSpec]) -> None:
        """Serve these versions of a custom kind, and no others; an empty list takes the kind away."""
        rest = {address: spec for address, spec in self._custom.items() if (address[0], address[2]) != (group, plural)}
        # Replaced as a whole: a thread that renders a document may be walking over the old one.
        self._custom = rest | {self._address(spec): spec for spec in specs}
        self.generation += 1
