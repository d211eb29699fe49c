"""DELETE: preconditions, grace, finalizers and what becomes of dependents.

An object goes at once when nothing holds it. Otherwise it is marked (``deletionTimestamp``) and whoever holds it, a
finalizer's owner or the node that runs the pod, lets it go later; the update that removes the last hold removes it.
Propagation is only written down here, as the finalizers ``orphan`` and ``foregroundDeletion``; the garbage collector
acts on them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from liqolab.apimachinery import clock, timestamps
from liqolab.apimachinery.errors import MODIFIED, ApiError, FieldError, conflict, method_not_allowed, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.api import options
from liqolab.kube.api.admitting import attributes_of, storing
from liqolab.kube.api.list_options import ListOptions
from liqolab.kube.api.listing import authorize_collection, select
from liqolab.kube.api.metadata import holds_content, is_held
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.kinds.field_errors import invalid_value, not_supported
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.errors import StaleError
from liqolab.kube.store.record import Record

ORPHAN: Final = "orphan"
FOREGROUND: Final = "foregroundDeletion"
_POLICIES: Final = ("Foreground", "Background", "Orphan")
_RETRIES: Final = 5


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a DELETE asks for.

    Attributes:
        grace: seconds, None for the kind's own.
        propagation: ``Foreground``, ``Background``, ``Orphan`` or empty.
        uid, resource_version: preconditions, empty for none.
    """

    grace: int | None = None
    propagation: str = ""
    uid: str = ""
    resource_version: str = ""

    @staticmethod
    def parse(request: ResourceRequest) -> DeleteOptions:
        """The options in query and body.

        Raises:
            ApiError: 422, an option has a value that it cannot have.
        """
        body = request.body if isinstance(request.body, dict) else None
        given = options.delete_options(request.query, body)
        propagation, orphan = given.get("propagationPolicy"), given.get("orphanDependents")
        if errors := _errors(given):
            raise options.refuse("DeleteOptions", errors)
        if orphan is not None:
            propagation = "Orphan" if orphan else "Background"
        conditions = given.get("preconditions") or {}
        return DeleteOptions(
            grace=given.get("gracePeriodSeconds"),
            propagation=propagation or "",
            uid=conditions.get("uid") or "",
            resource_version=conditions.get("resourceVersion") or "",
        )


def _errors(given: Object) -> list[FieldError]:
    field, propagation = "propagationPolicy", given.get("propagationPolicy")
    errors: list[FieldError] = []
    if propagation is not None:
        if given.get("orphanDependents") is not None:
            text = "orphanDependents and deletionPropagation cannot be both set"
            errors.append(invalid_value(field, propagation, text))
        if propagation not in _POLICIES:
            errors.append(not_supported(field, propagation, (*_POLICIES, "nil")))
    return errors + options.dry_run_errors(given.get("dryRun") or [])


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a DELETE came to.

    Attributes:
        record: the object, marked or as it last was.
        gone: whether it has left the store.
    """

    record: Record
    gone: bool

    def answer(self, spec: KindSpec) -> Object | None:
        """The Status to answer with; None when the answer is the object."""
        if not self.gone or spec.strategy.returns_object_on_delete:
            return None
        return deleted_status(spec, self.record)


def deleted_status(spec: KindSpec, record: Record) -> Object:
    """``Status Success`` about an object that has gone."""
    details: Object = {"name": record.key[1]}
    if spec.resource.group:
        details["group"] = spec.resource.group
    details |= {"kind": spec.resource.plural, "uid": record.object["metadata"].get("uid", "")}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


async def delete(pipeline: Pipeline, request: ResourceRequest) -> Deleted:
    """DELETE of one object.

    Raises:
        ApiError: 403, 404, 405, 409, 422, 500.
    """
    pipeline.begin(request)
    return await delete_object(pipeline, request, DeleteOptions.parse(request))


async def delete_object(pipeline: Pipeline, request: ResourceRequest, wanted: DeleteOptions) -> Deleted:
    """As `delete`, without asking whether the user may."""
    spec, storage = request.spec, storage_of(request.spec)
    warning = spec.strategy.delete_warning
    if warning and not wanted.propagation and warning not in request.warnings:
        request.warnings.append(warning)
    for _ in range(_RETRIES):
        record = pipeline.record(spec, request.namespace, request.name)
        _check_preconditions(spec, record, wanted)
        await pipeline.converter.prepare(spec, (record,))
        attributes = attributes_of(request, "DELETE", None, storage.object(record))
        await pipeline.admission.admit(attributes)
        await pipeline.admission.validate(attributes)
        if storage.asks:
            # Only metadata change: the object stays in the version in which it is stored.
            stored = _mark(spec, record.copy(), wanted)
        else:
            stored = storage.stored(_mark(spec, storage.copy(record), wanted))
        held = is_held(stored)
        if request.dry_run:
            marked = Record(record.key, record.revision, orjson.dumps(stored)) if held else record
            return Deleted(marked, gone=not held)
        with suppress(StaleError), storing(request):
            if (held or spec.strategy.graceful) and stored != record.object:
                # What is deleted gracefully is marked even when its grace is over at once: watchers see both steps.
                record = pipeline.store.update(storage.collection, record.key, stored, record.revision)
            if not held:
                record = pipeline.store.delete(storage.collection, record.key, record.revision)
            await pipeline.converter.prepare(spec, (record,))
            return Deleted(record, gone=not held)
    raise conflict(spec.resource, request.name, MODIFIED)


def _check_preconditions(spec: KindSpec, record: Record, wanted: DeleteOptions) -> None:
    uid = record.object["metadata"].get("uid", "")
    if wanted.uid and wanted.uid != uid:
        raise _precondition(
            spec,
            record,
            f"the UID in the precondition ({wanted.uid}) does not match the UID in record ({uid}). The object might "
            "have been deleted and then recreated",
        )
    if wanted.resource_version and wanted.resource_version != str(record.revision):
        raise _precondition(
            spec,
            record,
            f"the ResourceVersion in the precondition ({wanted.resource_version}) does not match the ResourceVersion "
            f"in record ({record.revision}). The object might have been modified",
        )


def _precondition(spec: KindSpec, record: Record, why: str) -> ApiError:
    """A conflict that names the Kind where others name the resource."""
    own: Resource = spec.resource
    message = f'Operation cannot be fulfilled on {own.group_kind} "{record.key[1]}": {why}'
    details: Object = {"name": record.key[1]}
    if own.group:
        details["group"] = own.group
    details["kind"] = own.kind
    return status_error(409, "Conflict", message, details)


def _mark(spec: KindSpec, obj: Object, wanted: DeleteOptions) -> Object:
    """The object as the deletion leaves it.

    Args:
        spec: its kind.
        obj: a private copy.
        wanted: the options of the request.
    """
    metadata = obj["metadata"]
    grace = spec.strategy.graceful_delete_seconds(obj, wanted.grace)
    _write_propagation(metadata, wanted.propagation or spec.strategy.default_propagation)
    before = metadata.get("deletionTimestamp")
    if before is None:
        if metadata.get("generation"):
            metadata["generation"] += 1
        _write_time(metadata, clock.utc(), grace)
        spec.strategy.prepare_delete(obj)
    elif grace < int(metadata.get("deletionGracePeriodSeconds") or 0):
        start = timestamps.parse(before) - timedelta(seconds=int(metadata["deletionGracePeriodSeconds"]))
        _write_time(metadata, start, grace)
    if holds_content(obj):
        metadata.pop("deletionGracePeriodSeconds", None)
        obj.setdefault("status", {})["phase"] = "Terminating"
    return obj


def _write_time(metadata: Object, start: datetime, grace: int) -> None:
    metadata["deletionTimestamp"] = timestamps.format_time(start + timedelta(seconds=grace))
    metadata["deletionGracePeriodSeconds"] = grace


def _write_propagation(metadata: Object, propagation: str) -> None:
    if not propagation:
        return
    rest = [text for text in metadata.get("finalizers") or () if text not in (ORPHAN, FOREGROUND)]
    added = {"Orphan": [ORPHAN], "Foreground": [FOREGROUND]}.get(propagation, [])
    if rest or added:
        metadata["finalizers"] = rest + added
    else:
        metadata.pop("finalizers", None)


async def delete_collection(pipeline: Pipeline, request: ResourceRequest) -> tuple[list[Record], int]:
    """DELETE of all objects that the selectors match.

    Returns:
        The objects as they were, and the revision at which they were listed.

    Raises:
        ApiError: 400, 403, 405, 422, 500.
    """
    chosen = ListOptions.parse(request.query, request.spec)
    authorize_collection(pipeline, request, chosen)
    everywhere = request.spec.resource.namespaced and not request.namespace
    if everywhere:
        raise method_not_allowed()
    wanted = DeleteOptions.parse(request)
    at = pipeline.store.revision
    storage = storage_of(request.spec)
    records = list(select(storage, pipeline.store.list(storage.collection, request.namespace), chosen))
    deleted, refused = [], None
    for record in records:
        single = ResourceRequest(
            user=request.user,
            verb="delete",
            spec=request.spec,
            namespace=record.key[0],
            name=record.key[1],
            dry_run=request.dry_run,
            warnings=request.warnings,
        )
        try:
            await delete_object(pipeline, single, wanted)
            deleted.append(record)
        except ApiError as error:
            if not error.not_found:
                # One object that must stay is no reason to keep the others.
                refused = refused or error
    if refused is not None:
        raise refused
    return deleted, at
