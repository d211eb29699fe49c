"""Who owns which field: the entries of ``metadata.managedFields``.

Ownership is kept for objects that somebody has applied server-side, from that moment on; other objects carry no
entries, which is the one deviation from a real API server (it tracks every writer of every object).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.field_paths import Path, Shape, from_fields, leaves, shown, to_fields
from liqolab.kube.kinds.spec import KindSpec


@dataclass(slots=True)
class Entry:
    """One manager's share.

    Attributes:
        manager: its name.
        operation: ``Apply`` or ``Update``.
        api_version: of its last request.
        subresource: through which it writes.
        time: when its share last changed.
        paths: its fields.
    """

    manager: str
    operation: str
    api_version: str
    subresource: str = ""
    time: str = ""
    paths: set[Path] = field(default_factory=set)

    def is_of(self, manager: str, operation: str, subresource: str) -> bool:
        return (self.manager, self.operation, self.subresource) == (manager, operation, subresource)

    def shown(self) -> str:
        """The owner as conflicts name it."""
        text = f'"{self.manager}"'
        if self.operation == "Update":
            text += f" using {self.api_version}"
        return text + (f' with subresource "{self.subresource}"' if self.subresource else "")


def read(obj: Object) -> list[Entry]:
    """The entries of an object."""
    return [
        Entry(
            row.get("manager", ""),
            row.get("operation", ""),
            row.get("apiVersion", ""),
            row.get("subresource", ""),
            row.get("time", ""),
            from_fields(row.get("fieldsV1") or {}),
        )
        for row in obj["metadata"].get("managedFields") or ()
    ]


def write(obj: Object, entries: list[Entry]) -> None:
    """Set the entries of an object; those without a field go."""
    rows = []
    for entry in sorted(entries, key=lambda e: (e.operation != "Apply", e.time, e.manager)):
        if not entry.paths:
            continue
        row: Object = {
            "manager": entry.manager,
            "operation": entry.operation,
            "apiVersion": entry.api_version,
            "time": entry.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": to_fields(entry.paths),
        }
        rows.append(row | ({"subresource": entry.subresource} if entry.subresource else {}))
    if rows:
        obj["metadata"]["managedFields"] = rows
    else:
        obj["metadata"].pop("managedFields", None)


def share(entries: list[Entry], manager: str, operation: str, spec: KindSpec, subresource: str) -> Entry:
    """The entry of a manager, added if it has none."""
    found = next((entry for entry in entries if entry.is_of(manager, operation, subresource)), None)
    if found is None:
        found = Entry(manager, operation, spec.resource.api_version, subresource)
        entries.append(found)
    return found


def track_update(spec: KindSpec, new: Object, old: Object, manager: str, subresource: str) -> None:
    """After a write that was no apply: what it changed is its writer's now, in objects that have owners at all."""
    given = new["metadata"].get("managedFields")
    if not old["metadata"].get("managedFields") or given in ([], [{}]):
        new["metadata"].pop("managedFields", None)
        return
    entries, shape = read(old), Shape.of(spec)
    before, after = leaves(old, shape), leaves(new, shape)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    gone = before.keys() - after.keys()
    if not changed and not gone:
        new["metadata"]["managedFields"] = old["metadata"]["managedFields"]
        return
    own = share(entries, manager, "Update", spec, subresource)
    for entry in entries:
        entry.paths -= gone if entry is own else changed | gone
    if changed - own.paths:
        own.time = timestamps.now()
        own.paths |= changed
    write(new, entries)


def conflicts(
    entries: list[Entry], own: Entry, applied: dict[Path, Any], live: dict[Path, Any]
) -> list[tuple[Entry, Path]]:
    """Fields that `own` applies with another value than their owners gave them."""
    differing = {path for path, value in applied.items() if path in live and live[path] != value}
    return [(entry, path) for entry in entries if entry is not own for path in sorted(entry.paths & differing)]


def conflict_error(found: list[tuple[Entry, Path]]) -> ApiError:
    """409 that names every owner and field."""
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {entry.shown()}", "field": shown(path)}
        for entry, path in found
    ]
    if len(found) == 1:
        entry, path = found[0]
        text = f"1 conflict: conflict with {entry.shown()}: {shown(path)}"
    else:
        by_owner: dict[str, list[str]] = {}
        for entry, path in found:
            by_owner.setdefault(entry.shown(), []).append(shown(path))
        lines = [
            line
            for owner in sorted(by_owner)
            for line in (f"conflicts with {owner}:", *(f"- {path}" for path in by_owner[owner]))
        ]
        text = f"{len(found)} conflicts: " + "\n".join(lines)
    return status_error(409, "Conflict", f"Apply failed with {text}", {"causes": causes})
