"""How a subresource changes the object it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import orjson

from liqolab.apimachinery.errors import MODIFIED, ApiError, bad_request, conflict
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import PatchType
from liqolab.kube.admission.plugin import Operation
from liqolab.kube.api import field_problems, metadata
from liqolab.kube.api.admitting import attributes_of, storing
from liqolab.kube.api.patching import apply_patch
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.kinds import schemas
from liqolab.kube.store.errors import StaleError
from liqolab.kube.store.record import Record

SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
"""The answer to something done."""


async def admit(
    pipeline: Pipeline, request: ResourceRequest, operation: Operation, obj: Object, old: Object | None
) -> Object:
    """Take a posted document through admission.

    Returns:
        The document as plugins and webhooks left it.

    Raises:
        ApiError: it was refused.
    """
    attributes = attributes_of(request, operation, obj, old)
    await pipeline.admission.admit(attributes)
    await pipeline.admission.validate(attributes)
    assert attributes.object is not None, "mutating admission may not take the object away"
    return attributes.object


def rewrite(
    pipeline: Pipeline,
    request: ResourceRequest,
    change: Callable[[Object], None],
    *,
    counts: bool = False,
    since: Record | None = None,
    tracked: Callable[[Object, Object], None] | None = None,
) -> Record:
    """Read, change and store the object that a request names, without waiting in between.

    Args:
        pipeline: the cluster's.
        request: names the object; a dry run changes nothing.
        change: changes a private copy in place; may raise ApiError.
        counts: whether a changed spec counts as a new generation.
        since: the version that the change was worked out from, when another one will not do.
        tracked: writes down, in the new object, whose the changed fields are; gets the old one too.

    Raises:
        ApiError: 404, 409, 500, and what `change` raises.
    """
    spec, storage = request.spec, storage_of(request.spec)
    record = pipeline.record(spec, request.namespace, request.name)
    if since is not None and record.revision != since.revision:
        raise stale(request)
    old, new = storage.object(record), storage.copy(record)
    change(new)
    if tracked is not None:
        tracked(new, old)
    if counts and spec.strategy.tracks_generation and metadata.spec_changed(new, old, status_counts=False):
        new["metadata"]["generation"] = int(old["metadata"].get("generation") or 0) + 1
    stored = storage.stored(new)
    if stored == record.object:
        return record
    if request.dry_run:
        return Record(record.key, record.revision, orjson.dumps(stored))
    with one_attempt(request):
        return pipeline.store.update(storage.collection, record.key, stored, record.revision)


@contextmanager
def one_attempt(request: ResourceRequest) -> Iterator[None]:
    """A write that is not tried again when somebody else was faster.

    Raises:
        ApiError: 404, 409, 500.
    """
    try:
        with storing(request):
            yield
    except StaleError:
        raise stale(request) from None


def given(request: ResourceRequest, record: Record, patch: PatchType, what: str) -> Object:
    """The object that a PUT or a PATCH below it asks for; the caller takes from it what its subresource is about.

    Args:
        request: the request.
        record: the object as it is.
        patch: the type of a patch that does not name its own.
        what: what the body should be, for the error.

    Raises:
        ApiError: 400, 409, 415, 422.
    """
    if request.verb == "patch":
        current = storage_of(request.spec).copy(record)
        wanted = apply_patch(request.patch_type or patch, current, request.body, request.spec)
        unknown = schemas.drop_unknown(request.spec, wanted)
        field_problems.report(request, unknown, patched=field_problems.shown(request, wanted))
        return wanted
    if not isinstance(request.body, dict):
        raise bad_request(f"the body of the request is not a {what}")
    check_version(request, request.body, record)
    return request.body


def stale(request: ResourceRequest) -> ApiError:
    return conflict(request.spec.resource, request.name, MODIFIED)


def check_version(request: ResourceRequest, body: Object, record: Record) -> Record | None:
    """Hold a client to the resourceVersion that it sent, if it sent one.

    Returns:
        The version that the write has to find; None when any will do.

    Raises:
        ApiError: 409.
    """
    wanted = (body.get("metadata") or {}).get("resourceVersion")
    if wanted and wanted != str(record.revision):
        raise stale(request)
    return record if wanted else None
