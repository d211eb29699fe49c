"""The entries of ``metadata.managedFields``: who owns what, and what a write does to it.

An entry belongs to a manager, an operation (``Apply`` or ``Update``) and a subresource; those of updates also to the
version that was written. The rules are upstream's: a write takes the fields that it changes from everybody else; fields
that are gone belong to nobody; of more than ten updaters the oldest become one, ``ancient-changes``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.fields.comparing import Difference
from liqolab.kube.fields.trees import (
    EMPTY,
    MalformedFieldsError,
    Path,
    Tree,
    difference,
    intersection,
    normal,
    of_paths,
    paths,
    shown,
    union,
)

APPLY: Final = "Apply"
UPDATE: Final = "Update"
MAX_UPDATERS: Final = 10
ANCIENT: Final = "ancient-changes"

UNOWNED: Final = of_paths(
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    ),
)
"""Fields that nobody owns."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an entry is.

    Attributes:
        manager: its name.
        operation: `APPLY` or `UPDATE`.
        api_version: of its requests; of appliers the last one's, which does not tell them apart.
        subresource: through which it writes.
    """

    manager: str
    operation: str
    api_version: str
    subresource: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return (self.manager, self.operation, "" if self.operation == APPLY else self.api_version, self.subresource)

    def shown(self) -> str:
        """The owner as conflicts name it."""
        text = f'"{self.manager}"' + (f' with subresource "{self.subresource}"' if self.subresource else "")
        return f"{text} using {self.api_version}" if self.operation == UPDATE else text


@dataclass(frozen=True, slots=True)
class Entry:
    """One owner's share: when it last changed, and its fields."""

    owner: Owner
    time: str
    fields: Tree

    def encode(self) -> Object:
        owner = self.owner
        row: Object = {"manager": owner.manager, "operation": owner.operation, "apiVersion": owner.api_version}
        if self.time:
            row["time"] = self.time
        row["fieldsType"] = "FieldsV1"
        row["fieldsV1"] = self.fields
        if owner.subresource:
            row["subresource"] = owner.subresource
        return row


class MalformedEntryError(ValueError):
    """An entry that a client has made up and that cannot be one."""


def decode(rows: Any, *, trusted: bool = True) -> list[Entry]:
    """The entries in an object's metadata.

    Args:
        rows: the value of ``managedFields``.
        trusted: they come from the store; those of a client may have any form.

    Raises:
        MalformedEntryError: they are not in the form of entries.
    """
    entries = [_trusted(row) if trusted else _checked(row, index) for index, row in enumerate(rows or ())]
    # Of two rows of one owner the last one counts.
    return entries if len(entries) < 2 else list({entry.owner.identity: entry for entry in entries}.values())


def _trusted(row: Object) -> Entry:
    owner = Owner(row.get("manager", ""), row["operation"], row["apiVersion"], row.get("subresource", ""))
    return Entry(owner, row.get("time", ""), row.get("fieldsV1") or EMPTY)


def _checked(row: Object, index: int) -> Entry:
    if row.get("operation") not in (APPLY, UPDATE):
        raise MalformedEntryError("operation must be `Apply` or `Update`")
    if not row.get("apiVersion"):
        raise MalformedEntryError("apiVersion must not be empty")
    kind = row.get("fieldsType", "")
    if not kind:
        raise MalformedEntryError(f"missing fieldsType in managed fields entry {index}")
    if kind != "FieldsV1":
        raise MalformedEntryError(f'invalid fieldsType "{kind}" in managed fields entry {index}')
    try:
        return replace(_trusted(row), fields=normal(row.get("fieldsV1") or {}))
    except MalformedFieldsError as error:
        raise MalformedEntryError(str(error)) from error


def encode(entries: Iterable[Entry]) -> list[Object]:
    """The rows of entries, those of appliers first, the oldest first."""
    rows = list(entries)
    if len(rows) > 1:
        rows.sort(key=lambda e: (e.owner.operation, e.time, *e.owner.identity))
    return [entry.encode() for entry in rows]


def is_reset(rows: Any) -> bool:
    """Whether a client asks to forget who owns what: an empty list, or one empty entry."""
    return isinstance(rows, list) and (not rows or (len(rows) == 1 and not any((rows[0] or {}).values())))


def after_update(entries: Sequence[Entry], own: Owner, change: Difference, moment: str | None = None) -> list[Entry]:
    """The entries after a write that was no apply, at the present `moment` unless it says something else."""
    taken = union(change.modified, change.added)
    left = [
        replace(entry, fields=difference(difference(entry.fields, taken), change.removed)) if entry.fields else entry
        for entry in entries
    ]
    mine = difference(taken, UNOWNED)
    if mine and not left:
        return [Entry(own, timestamps.now() if moment is None else moment, mine)]
    if mine:
        before = next((entry.fields for entry in left if entry.owner.identity == own.identity), EMPTY)
        left = [entry for entry in left if entry.owner.identity != own.identity]
        left.append(Entry(own, timestamps.now() if moment is None else moment, union(mine, before)))
    return capped([entry for entry in left if entry.fields])


def capped(entries: list[Entry]) -> list[Entry]:
    """At most ten entries of updates, the oldest of a version put together."""
    if len(entries) <= MAX_UPDATERS:
        return entries
    updates = sorted(
        (entry for entry in entries if entry.owner.operation == UPDATE), key=lambda e: (e.time, *e.owner.identity)
    )
    excess = len(updates) - MAX_UPDATERS
    buckets: dict[str, Entry] = {}
    gone: list[Entry] = []
    for entry in updates:
        if excess <= 0:
            break
        version = entry.owner.api_version
        first = buckets.get(version)
        if first is None:
            buckets[version] = entry
            continue
        if first not in gone:
            gone.append(first)
        gone.append(entry)
        buckets[version] = Entry(Owner(ANCIENT, UPDATE, version), entry.time, union(entry.fields, first.fields))
        excess -= 1
    if not gone:
        return entries
    merged = [entry for entry in buckets.values() if entry.owner.manager == ANCIENT and entry not in entries]
    return [entry for entry in entries if entry not in gone] + merged


# ---------------------------------------------------------------------- conflicts

Conflict = tuple[Owner, Path]
"""Somebody, and a field of theirs that is in the way."""


def conflicts(entries: Iterable[Entry], own: Owner, change: Difference) -> list[Conflict]:
    """The fields of others that an apply changes."""
    taken = union(change.modified, change.added)
    return [
        (entry.owner, path)
        for entry in entries
        if entry.owner.identity != own.identity
        for path in paths(intersection(entry.fields, taken))
    ]


def conflict_error(found: Sequence[Conflict]) -> ApiError:
    """409 that names every owner and field."""
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {owner.shown()}", "field": shown(path)}
        for owner, path in found
    ]
    if len(found) == 1:
        text = f"1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        by_owner: dict[tuple[str, ...], list[Conflict]] = {}
        for owner, path in found:
            by_owner.setdefault(owner.identity, []).append((owner, path))
        lines = [
            line
            for identity in sorted(by_owner)
            for line in (
                f"conflicts with {by_owner[identity][0][0].shown()}:",
                *(f"- {shown(path)}" for _, path in by_owner[identity]),
            )
        ]
        text = f"{len(found)} conflicts: " + "\n".join(lines)
    return status_error(409, "Conflict", f"Apply failed with {text}", {"causes": causes})
