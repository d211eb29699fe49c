"""What an explorer of clusters shows, as plain values: kinds, tables, and errors that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery.resources import Resource


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that can be listed."""

    plural: str
    kind: str
    group: str
    version: str
    namespaced: bool
    short_names: tuple[str, ...] = ()

    @property
    def resource(self) -> Resource:
        return Resource(self.group, self.version, self.plural, self.kind, self.namespaced)

    @property
    def word(self) -> str:
        """How to name it so that no other kind is meant: ``pods``, ``deployments.apps``."""
        return self.resource.group_resource


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `wide` ones are what ``kubectl get -o wide`` adds."""

    name: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: which object, and its cells, one a column."""

    name: str
    namespace: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What ``kubectl get`` would print. With all namespaces, the first column is the namespace."""

    kind: Kind
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One node: whether a pod's own demands, and whether its namespace's policy, would take it."""

    node: str
    required: bool
    allowed: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Where a pod may run; `requires` and `allows` are the two demands in words, empty for none."""

    requires: str
    allows: str
    nodes: tuple[Choice, ...]


class AtlasError(Exception):
    """What could not be shown: what happened, why, and what to do next.

    Attributes:
        what, why, next: one sentence each; `next` may be empty.
    """

    def __init__(self, what: str, why: str, next: str = "") -> None:
        super().__init__(f"{what}: {why}" + (f" ({next})" if next else ""))
        self.what, self.why, self.next = what, why, next
