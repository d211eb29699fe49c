"""What a write does to ``metadata.managedFields``, and server-side apply on top of it.

Every write of an object is tracked from its creation, as on a real server: by the ``fieldManager`` of the request or
the first word of its User-Agent; those who work inside the cluster have the names that their programs have elsewhere.
An object that carries no entries (a client asked for that, or an older version of the laboratory has stored it) stays
without until somebody applies it. Binding a pod, marking it for eviction and marking an object as deleted are not
tracked on a real server either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import User
from liqolab.kube.api import last_applied
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.fields import entries as owners
from liqolab.kube.fields.comparing import Difference, compare, named
from liqolab.kube.fields.entries import APPLY, UNOWNED, UPDATE, Conflict, Entry, Owner
from liqolab.kube.fields.merging import merge, reconciled, remove, with_named
from liqolab.kube.fields.shapes import Shape, blank, shape_of
from liqolab.kube.fields.trees import EMPTY, Tree, contains, difference, intersection, of_paths, union, without
from liqolab.kube.kinds import older
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.schema import definitions

_UNKNOWN: Final = "unknown"
_INVALID_AFTER_ADMISSION: Final = (
    ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating "
    "admission controller; please fix your requests"
)
_BEFORE_APPLY: Final = "before-first-apply"
ESTABLISHING: Final = "establishing"
"""Stands for a subresource: the server's own update of a definition, which may touch status and finalizers at once."""
_FIELD: Final = "managedFields"

_SPEC: Final = of_paths(("f:spec",))
_STATUS: Final = of_paths(("f:status",))
_SPEC_AND_METADATA: Final = of_paths(("f:spec",), ("f:metadata",))

_RESETS: Final[Mapping[tuple[str, str], Tree]] = {
    ("deployments.apps", "status"): of_paths(("f:spec",), ("f:metadata", "f:labels")),
    ("pods", "status"): of_paths(
        ("f:spec",), ("f:metadata", "f:deletionTimestamp"), ("f:metadata", "f:ownerReferences")
    ),
    ("certificatesigningrequests.certificates.k8s.io", ""): union(_SPEC, _STATUS),
    ("certificatesigningrequests.certificates.k8s.io", "status"): of_paths(("f:spec",), ("f:status", "f:conditions")),
    ("certificatesigningrequests.certificates.k8s.io", "approval"): of_paths(
        ("f:spec",), ("f:status", "f:certificate")
    ),
    ("flowschemas.flowcontrol.apiserver.k8s.io", "status"): _SPEC_AND_METADATA,
    ("prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", "status"): _SPEC_AND_METADATA,
    ("volumeattachments.storage.k8s.io", "status"): _SPEC_AND_METADATA,
    ("customresourcedefinitions.apiextensions.k8s.io", "status"): _SPEC_AND_METADATA,
}
"""(resource, subresource) → the fields that writes through it cannot change; where the rule of the others
(status not with the object, spec not with its status) does not say it all.
"""


def _resets(spec: KindSpec, subresource: str) -> Tree:
    found = _RESETS.get((spec.resource.group_resource, subresource))
    if found is not None:
        return found
    if subresource == "status":
        return _SPEC
    return _STATUS if subresource in ("", "finalize") and spec.subresource("status") is not None else EMPTY


_INTERNAL: Final[Mapping[str, str]] = {
    "system:nodes": "kubelet",
    "system:kube-scheduler": "kube-scheduler",
    "system:apiserver": "kube-apiserver",
}


def internal_manager(user: User) -> str:
    """The manager's name of somebody who works inside the cluster and gives none."""
    return _INTERNAL.get(user.name, "kube-controller-manager")


def _owner(request: ResourceRequest, operation: str) -> Owner:
    manager = request.field_manager or _UNKNOWN
    subresource = "status" if request.subresource == ESTABLISHING else request.subresource
    return Owner(manager, operation, request.spec.resource.api_version, subresource)


def _bare(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object without its entries."""
    metadata = obj["metadata"]
    if _FIELD not in metadata:
        return obj
    return {**obj, "metadata": {name: value for name, value in metadata.items() if name != _FIELD}}


def _put(obj: Object, rows: list[Object]) -> None:
    if rows:
        obj["metadata"][_FIELD] = rows
    else:
        obj["metadata"].pop(_FIELD, None)


def _change(request: ResourceRequest, old: Mapping[str, Any], new: Mapping[str, Any], shape: Shape) -> Difference:
    found = compare(old, new, shape)
    resets = _resets(request.spec, request.subresource)
    if not resets:
        return found
    added, modified, removed = found
    return Difference(without(added, resets), without(modified, resets), without(removed, resets))


# ---------------------------------------------------------------------- writes that are no apply


def track_create(request: ResourceRequest, obj: Object) -> None:
    """A new object, decoded and defaulted: all that is in it is its creator's."""
    given = obj["metadata"].pop(_FIELD, None)
    entries: list[Entry] = []
    if given and not owners.is_reset(given):
        try:
            entries = owners.decode(given, trusted=False)
        except owners.MalformedEntryError:
            entries = []
    change = _change(request, blank(request.spec), obj, shape_of(request.spec))
    _put(obj, owners.encode(owners.after_update(entries, _owner(request, UPDATE), change)))


def track_update(request: ResourceRequest, new: Object, old: Object, given: Any = None) -> None:
    """A changed object: what the write has changed is its writer's.

    Args:
        request: the write.
        new: the object, changed; its entries are set.
        old: the object before.
        given: the entries that came with the change, before the object was brought into form.
    """
    live = old["metadata"].get(_FIELD) or []
    new["metadata"].pop(_FIELD, None)
    entries = _given_entries(request, given, live)
    if not entries:
        return
    entries = [entry for entry in entries if _is_served(request.spec, entry.owner)]
    change = _change(request, _bare(old), new, shape_of(request.spec))
    if any(change):
        _put(new, owners.encode(owners.after_update(entries, _owner(request, UPDATE), change)))
    else:
        new["metadata"][_FIELD] = live if given is None or given == live else owners.encode(entries)


def _is_served(spec: KindSpec, owner: Owner) -> bool:
    """Whether there is such a version of a built-in kind: those who wrote another one own nothing any more."""
    resource = spec.resource
    if spec.custom or owner.api_version == resource.api_version:
        return True
    group, _, version = owner.api_version.rpartition("/")
    if group == resource.group and older.was_a_version(version, resource):
        return True
    return bool(definitions.name_of_kind(group, version, resource.kind))


def _given_entries(request: ResourceRequest, given: Any, live: list[Object]) -> list[Entry]:
    """The entries that an update starts from: those in it, if they are some, or those of the object."""
    if request.subresource or given is None or given == live:
        return owners.decode(live)
    if owners.is_reset(given):
        return []
    try:
        return owners.decode(given, trusted=False) or owners.decode(live)
    except owners.MalformedEntryError:
        return owners.decode(live)


def restore(obj: Object, before: Object) -> list[str]:
    """After admission: entries that a webhook has made invalid are those from before.

    Returns:
        The warning for the client, if so.
    """
    try:
        owners.decode(obj["metadata"].get(_FIELD), trusted=False)
    except owners.MalformedEntryError as error:
        _put(obj, before["metadata"].get(_FIELD) or [])
        return [f"{_INVALID_AFTER_ADMISSION}: {error}"]
    return []


def settle(new: Object, old: Object) -> None:
    """Before a changed object is stored: entries that differ in nothing but their times have not changed if nothing
    else has.
    """
    rows, before = new["metadata"].get(_FIELD), old["metadata"].get(_FIELD)
    if not rows or not before or rows == before or len(rows) != len(before):
        return
    same = all({**row, "time": ""} == {**known, "time": ""} for row, known in zip(rows, before, strict=True))
    if same and _bare(new) == _bare(old):
        new["metadata"][_FIELD] = before


def track_scale(request: ResourceRequest, obj: Object, path: str, *, changed: bool) -> None:
    """The scale of an object has been written: replicas that have changed are the writer's.

    On a real server the entries of a Scale are those of its object that name the replicas; where there are none, it is
    not tracked, as any object without entries. Those of updaters come back as entries apart, without a time, and so
    they do here.

    Args:
        request: the write.
        obj: the object, changed in place.
        path: where it keeps its replicas, as ``.spec.replicas``.
        changed: whether there are others now.
    """
    entries = owners.decode(obj["metadata"].get(_FIELD))
    replicas = of_paths(tuple(f"f:{name}" for name in path.lstrip(".").split(".")))
    holders = [entry for entry in entries if intersection(entry.fields, replicas)]
    if not holders:
        return
    kept = [
        entry
        if entry not in holders or (entry.owner.operation == APPLY and not changed)
        else replace(entry, fields=difference(entry.fields, replicas))
        for entry in entries
    ]
    if changed:
        kept = owners.after_update(kept, _owner(request, UPDATE), Difference(EMPTY, replicas, EMPTY), moment="")
    else:
        kept += [Entry(entry.owner, "", replicas) for entry in holders if entry.owner.operation == UPDATE]
    _put(obj, owners.encode(entry for entry in kept if entry.fields))


# ---------------------------------------------------------------------- server-side apply


def created(request: ResourceRequest, wanted: Object) -> None:
    """A new object that somebody applies: what the document names is theirs."""
    resets = _resets(request.spec, request.subresource)
    mine = difference(without(named(wanted, shape_of(request.spec)), resets), UNOWNED)
    if mine:
        _put(wanted, owners.encode([Entry(_owner(request, APPLY), timestamps.now(), mine)]))


def applied(request: ResourceRequest, wanted: Object, obj: Object) -> Object:
    """The object as it shall be when somebody applies a document to its current version.

    Args:
        request: who, and whether by force.
        wanted: the document; not changed.
        obj: the object.

    Raises:
        ApiError: 409, somebody else's fields are in the way.
    """
    shape = shape_of(request.spec)
    live = _bare(obj)
    entries = owners.decode(obj["metadata"].get(_FIELD)) or _untracked(request, live, shape)
    if request.spec.custom:
        entries = [Entry(entry.owner, entry.time, reconciled(entry.fields, shape)) for entry in entries]
    own = _owner(request, APPLY)
    last = next((entry for entry in entries if entry.owner.identity == own.identity), None)
    others = [entry for entry in entries if entry is not last]
    mine = without(named(wanted, shape), _resets(request.spec, request.subresource))
    merged = merge(live, wanted, shape)
    if last is not None:
        merged = _pruned(merged, last.fields, [mine, *(entry.fields for entry in others)], shape)
    change = _change(request, live, merged, shape)
    found = owners.conflicts(others, own, change)
    if found and not request.force:
        _refuse_unless_migrating(own, found, live, shape)
    taken = union(change.modified, change.added)
    kept = [
        Entry(entry.owner, entry.time, difference(difference(entry.fields, taken), change.removed)) for entry in others
    ]
    moment = timestamps.now() if merged != live else last.time if last is not None else ""
    kept.append(Entry(own, moment, difference(mine, UNOWNED)))
    new: Object = deep_copy(merged)
    _put(new, owners.encode(entry for entry in kept if entry.fields))
    if own.manager == last_applied.MANAGER:
        last_applied.refresh(new, wanted)
    return new


def _untracked(request: ResourceRequest, live: Mapping[str, Any], shape: Shape) -> list[Entry]:
    """What an object that carries no entries has before it is applied for the first time."""
    owner = Owner(_BEFORE_APPLY, UPDATE, request.spec.resource.api_version, request.subresource)
    return owners.after_update([], owner, _change(request, blank(request.spec), live, shape))


def _refuse_unless_migrating(own: Owner, found: Sequence[Conflict], live: Mapping[str, Any], shape: Shape) -> None:
    """Fields that kubectl has set itself, with its own way of applying, are not in its way.

    Raises:
        ApiError: 409.
    """
    if own.manager == last_applied.MANAGER:
        allowed = last_applied.unchanged_fields(live, own.api_version, shape)
        found = [(owner, path) for owner, path in found if allowed is None or not contains(allowed, path)]
    if found:
        raise owners.conflict_error(found)


def _pruned(merged: Object, last: Tree, managed: Sequence[Tree], shape: Shape) -> Object:
    """`merged` without what its applier has named before and nobody names now."""
    mine = with_named(last, shape)
    everything = with_named(named(merged, shape), shape)
    owned = with_named(_all(managed), shape)
    left = with_named(named(remove(merged, mine, shape) or {}, shape), shape)
    left = with_named(named(remove(merged, difference(everything, union(left, owned)), shape) or {}, shape), shape)
    kept: Object = remove(merged, intersection(difference(everything, left), mine), shape) or {}
    return kept


def _all(sets: Sequence[Tree]) -> Tree:
    found: Tree = EMPTY
    for fields in sets:
        found = union(found, fields)
    return found
