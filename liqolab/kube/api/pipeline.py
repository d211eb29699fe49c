"""The one road of every request: authorise → default → mutate → validate → store.

HTTP requests and the controllers inside the process enter here alike, so nothing that a controller writes escapes
RBAC, admission or validation, and everything it writes can be watched. What comes in is a `ResourceRequest` with a
decoded body; what goes out is a `Record`, whose bytes can be sent as they are.

Waiting happens only inside admission (a webhook may be slow). Everything after it runs without giving up the event
loop, and compare-and-set tells when somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import (
    MODIFIED,
    ApiError,
    FieldError,
    already_exists,
    conflict,
    invalid,
    method_not_allowed,
    not_found,
    status_error,
)
from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.access.authz import Authorizer
from liqolab.kube.access.rbac_rules import Request
from liqolab.kube.access.tokens import TokenIssuer
from liqolab.kube.admission.chain import AdmissionChain
from liqolab.kube.admission.plugin import Attributes
from liqolab.kube.api import decode, field_managers, field_problems, metadata, options
from liqolab.kube.api.admitting import attributes_of, check_create, check_update, storing
from liqolab.kube.api.backends import Backends
from liqolab.kube.api.compaction import Compaction
from liqolab.kube.api.conversion import Converter
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import Storage, storage_error, storage_of, unsaved
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.custom import CustomStrategy
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.kinds.spec import KindSpec, Strategy
from liqolab.kube.store.errors import ExistsError, FutureError, StaleError
from liqolab.kube.store.record import Record, in_order
from liqolab.kube.store.store import Store

_RETRIES: Final = 5
"""How often a patch or an unconditional update starts again when somebody else was faster."""

_TERMINATING: Final = "create not allowed while custom resource definition is terminating"

Change = Callable[[Object], Object | None]
"""Turns a private copy of the current object into the wanted one, in place or by returning another."""


class Measured(Protocol):
    """Reads of kinds that nobody stores; see `api.usage`."""

    async def records(self, spec: KindSpec, namespace: str, name: str = "") -> list[Record]: ...

    async def record(self, request: ResourceRequest) -> Record: ...


class Pipeline:
    """Reads and writes of single objects; lists, watches, patches and deletions have modules beside it."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        authorizer: Authorizer,
        admission: AdmissionChain,
        tokens: TokenIssuer,
        backends: Backends,
    ) -> None:
        self.store = store
        self.registry = registry
        self.authorizer = authorizer
        self.admission = admission
        self.tokens = tokens
        self.backends = backends
        self.converter = Converter(admission.caller)
        self.compaction = Compaction()
        self.measured: Measured | None = None

    def authorize(self, request: ResourceRequest) -> None:
        """Refuse what the user may not do.

        Raises:
            ApiError: 403.
        """
        wanted = Request.of(request.verb, request.spec.resource, request.namespace, request.name, request.subresource)
        self.authorizer.check(request.user, wanted)

    def begin(self, request: ResourceRequest) -> None:
        """Refuse what the user may not do, or what the kind does not offer.

        Raises:
            ApiError: 403, 405.
        """
        self.authorize(request)
        if request.verb not in request.spec.verbs:
            raise method_not_allowed()

    # ------------------------------------------------------------------ reading

    def record(self, spec: KindSpec, namespace: str, name: str) -> Record:
        """The stored version of an object.

        Raises:
            ApiError: 404.
        """
        found = self.store.get(storage_of(spec).collection, namespace, name)
        if found is None:
            called = replace(spec.resource, plural=spec.error_name) if spec.error_name else spec.resource
            raise metadata.unspeakable(name) or not_found(called, name)
        return found

    def read(self, spec: KindSpec, namespace: str, name: str) -> Object:
        """An object as `spec` serves it: frozen.

        Raises:
            ApiError: 404.
        """
        return storage_of(spec).object(self.record(spec, namespace, name))

    async def get(self, request: ResourceRequest) -> Record:
        """GET of an object or of its status.

        Raises:
            ApiError: 403, 404, 405.
        """
        self.begin(request)
        wanted = options.revision(request.query.get("resourceVersion", ""))
        if wanted > self.store.revision:
            raise options.too_large(FutureError(wanted, self.store.revision))
        if request.spec.measured and self.measured is not None:
            return await self.measured.record(request)
        found = self.record(request.spec, request.namespace, request.name)
        await self.converter.prepare(request.spec, (found,))
        return found

    # ------------------------------------------------------------------ creating

    async def create(self, request: ResourceRequest) -> Record:
        """POST of an object.

        Raises:
            ApiError: any Status of §create: 400, 403, 404, 409, 422, 500.
        """
        self.begin(request)
        obj = decode.check_kind(request.body, request.spec)
        return await self.create_object(request, obj)

    async def create_object(
        self, request: ResourceRequest, obj: Object, finish: Callable[[Object], None] | None = None
    ) -> Record:
        """Take a decoded object of the right kind, which becomes the store's, through the rest of the road.

        Args:
            request: where to and by whom.
            obj: the object.
            finish: a last touch before validation.
        """
        spec, storage = request.spec, storage_of(request.spec)
        self._require_served(spec)
        self._check_fields(request, obj)
        metadata.begin(obj, spec, request.namespace, lambda name: self._is_taken(storage, obj, name))
        # Nulls of what is decoded count as absent; an applied document is not decoded into a form of its own.
        schemas.apply_defaults(spec, obj, keep_nulls=request.patch_type == "apply")
        if request.patch_type != "apply":
            field_managers.track_create(request, obj)
        spec.strategy.prepare_create(obj)
        attributes = attributes_of(request, "CREATE", obj, None)
        await self.admission.admit(attributes)
        obj = _admitted(attributes, spec, obj)
        if finish is not None:
            finish(obj)
        check_create(request, obj)
        if request.patch_type == "apply":
            schemas.apply_defaults(spec, obj)
        await self.admission.validate(attributes)
        # A webhook may have taken its time, and the kind its leave.
        self._require_served(spec)
        if not storage.asks:
            return self._commit_create(request, storage, obj, storage.stored(obj))
        record = self._commit_create(request, storage, obj, await self.converter.to_storage(storage, obj))
        storage.remember(record, dict(obj))
        return record

    def _require_served(self, spec: KindSpec) -> None:
        """Refuse new objects of a custom kind whose definition is going or has gone.

        Raises:
            ApiError: 404, 405.
        """
        if not spec.custom:
            return
        current = self.registry.find(spec.resource)
        if current is None:
            raise status_error(404, "NotFound", "the server could not find the requested resource", {})
        if isinstance(current.strategy, CustomStrategy) and current.strategy.terminating:
            raise status_error(405, "MethodNotAllowed", _TERMINATING, {})

    def _is_taken(self, storage: Storage, obj: Object, name: str) -> bool:
        return self.store.get(storage.collection, obj["metadata"].get("namespace", ""), name) is not None

    def _commit_create(self, request: ResourceRequest, storage: Storage, obj: Object, stored: Object) -> Record:
        given, name = obj["metadata"], obj["metadata"]["name"]
        if given.get("resourceVersion") and not request.dry_run:
            # The store's own objection, which a dry run does not come to.
            raise status_error(500, "", "resourceVersion should not be set on objects to be created")
        given.pop("resourceVersion", None)
        key = (given.get("namespace", ""), name)
        generated = bool(given.get("generateName"))
        if (taken := self.store.get(storage.collection, *key)) is not None:
            raise _taken(request, name, generated=generated, leaving=meta.is_deleting(taken.object))
        stored["metadata"].pop("resourceVersion", None)
        if request.dry_run:
            return unsaved(key, stored)
        try:
            with storing(request):
                return self.store.create(storage.collection, key, stored)
        except ExistsError:
            raise already_exists(request.spec.resource, name, generated=generated) from None

    # ------------------------------------------------------------------ updating

    async def update(self, request: ResourceRequest) -> Record:
        """PUT of an object or of its status.

        Raises:
            ApiError: 400, 403, 404, 405, 409, 422, 500.
        """
        self.begin(request)
        body = decode.check_kind(request.body, request.spec)
        metadata.check_types(body, request.spec)
        given = metadata.of(body).get("resourceVersion") or ""
        metadata.check_place(body, request.spec, request.namespace)
        metadata.check_name(body, request.name)
        encoded = orjson.dumps(body)

        def replace(_: Object) -> Object:
            fresh: Object = orjson.loads(encoded)
            return fresh

        return await self.modify(request, replace, given_version=given, whole=True)

    async def modify(
        self, request: ResourceRequest, change: Change, *, given_version: str | None = None, whole: bool = False
    ) -> Record:
        """Read, change, admit, validate, write; and start again when somebody else was faster.

        Args:
            request: which object; its subresource decides what an update may touch (empty: the object, ``status``:
                its status, anything else: whatever `change` does, without the kind's rules of update).
            change: see `Change`.
            given_version: the resourceVersion that the client insists on; None takes it from what `change` returns.
            whole: `change` returns a whole object (PUT), not a variation of the current one.

        Raises:
            ApiError: see `update`.
        """
        spec = request.spec
        for _ in range(_RETRIES):
            record = self.record(spec, request.namespace, request.name)
            storage = storage_of(spec)
            await self.converter.prepare(spec, (record,))
            current = storage.copy(record)
            new = change(current)
            new = current if new is None else new
            self._check_types(request, new)
            wanted = given_version if given_version is not None else _version_of(new, record)
            self._check_identity(request, new, wanted, record, whole=whole)
            with suppress(StaleError), storing(request):
                return await self._replace(request, storage, record, new)
            if wanted:
                break
        raise conflict(spec.resource, request.name, MODIFIED)

    @staticmethod
    def _check_types(request: ResourceRequest, new: Object) -> None:
        try:
            metadata.check_types(new, request.spec)
        except ApiError as error:
            raise field_problems.blame_patch(request, new, error) from None

    def _check_identity(
        self, request: ResourceRequest, new: Object, wanted: str, record: Record, *, whole: bool
    ) -> None:
        spec = request.spec
        metadata.place(new, spec, request.namespace)
        metadata.check_name(new, request.name)
        uid = metadata.of(new).get("uid") if whole else ""
        if uid and uid != record.object["metadata"].get("uid"):
            raise conflict(spec.resource, request.name, storage_error(spec, record, uid))
        if wanted:
            if options.given_revision(wanted) != record.revision:
                raise conflict(spec.resource, request.name, MODIFIED)
        elif whole and (spec.custom or not spec.strategy.allow_unconditional_update):
            error = FieldError(
                "metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0: must be specified for an update"
            )
            raise _invalid_resource(spec, request.name, error)

    async def _replace(self, request: ResourceRequest, storage: Storage, record: Record, new: Object) -> Record:
        spec, old = request.spec, storage.copy(record)
        metadata.carry_over(new, old)
        managed = new["metadata"].get("managedFields")
        self._check_fields(request, new)
        schemas.apply_defaults(spec, new, keep_nulls=request.patch_type == "apply")
        if request.patch_type != "apply":
            field_managers.track_update(request, new, old, managed)
        _prepare_update(request, new, old)
        attributes = attributes_of(request, "UPDATE", new, old)
        await self.admission.admit(attributes)
        new = _admitted(attributes, spec, new)
        field_managers.settle(new, old)
        _count_generation(request, new, old)
        check_update(request, new, old)
        if request.patch_type == "apply":
            # What is stored has no nulls either.
            schemas.apply_defaults(spec, new)
        await self.admission.validate(attributes)
        if not storage.asks:
            return self._commit_update(request, storage, record, new, storage.stored(new))
        stored = await self.converter.to_storage(storage, new)
        written = self._commit_update(request, storage, record, new, stored)
        storage.remember(written, dict(new))
        return written

    def _commit_update(
        self, request: ResourceRequest, storage: Storage, record: Record, new: Object, stored: Object
    ) -> Record:
        if new["metadata"].get("deletionTimestamp") and not metadata.is_held(new):
            return self._finish(request, storage, record, stored)
        if stored == record.object:
            return record
        if request.dry_run:
            return unsaved(record.key, stored)
        return self.store.update(storage.collection, record.key, stored, record.revision)

    def _finish(self, request: ResourceRequest, storage: Storage, record: Record, stored: Object) -> Record:
        """The last finalizer has gone: the update is answered with the object, which is removed in the same moment."""
        if request.dry_run:
            return unsaved(record.key, stored)
        self.store.delete(storage.collection, record.key, record.revision)
        return Record(record.key, record.revision, orjson.dumps(in_order(stored)))

    # ------------------------------------------------------------------ shared steps

    def _check_fields(self, request: ResourceRequest, obj: Object) -> None:
        """Drop fields that the kind does not have, and say so as the client asked.

        Raises:
            ApiError: 400 when it asked to be strict, or a value has the wrong type; 422 when a patch is to blame.
        """
        strict = request.field_validation == "Strict" and field_problems.is_patched(request)
        patched = field_problems.shown(request, deep_copy(obj)) if strict else None
        try:
            metadata.check_types(obj, request.spec)
            unknown = schemas.drop_unknown(request.spec, obj)
        except ApiError as error:
            raise field_problems.blame_patch(request, obj, error) from None
        field_problems.report(request, unknown, patched=patched)


def _admitted(attributes: Attributes, spec: KindSpec, before: Object) -> Object:
    """The object after mutation. What a webhook has put in its place is brought into form and defaulted as well."""
    obj = attributes.object
    assert obj is not None, "mutating admission may not take the object away"
    if obj is not before:
        attributes.warnings += field_managers.restore(obj, before)
        schemas.drop_unknown(spec, obj)
        schemas.apply_defaults(spec, obj)
    return obj


def _taken(request: ResourceRequest, name: str, *, generated: bool, leaving: bool) -> ApiError:
    error = already_exists(request.spec.resource, name, generated=generated)
    if leaving:
        error.status["message"] = f"object is being deleted: {error.status['message']}"
    return error


def _prepare_update(request: ResourceRequest, new: Object, old: Object) -> None:
    strategy: Strategy = request.spec.strategy
    if request.subresource == "":
        strategy.prepare_update(new, old)
    elif request.subresource == "status":
        strategy.prepare_status_update(new, old)
    else:
        strategy.prepare_subresource_update(request.subresource, new, old)


def _count_generation(request: ResourceRequest, new: Object, old: Object) -> None:
    spec = request.spec
    if not spec.strategy.tracks_generation or not spec.strategy.counts_updates:
        return
    counted = spec.strategy.counted_metadata if not request.subresource else ()
    changed = any(new["metadata"].get(field) != old["metadata"].get(field) for field in counted)
    status_counts = spec.custom and spec.subresource("status") is None
    if changed or metadata.spec_changed(new, old, status_counts=status_counts):
        new["metadata"]["generation"] = int(old["metadata"].get("generation") or 0) + 1


def _version_of(new: Object, record: Record) -> str:
    """The resourceVersion that a patched object insists on: only one that the patch itself brought."""
    version = metadata.of(new).get("resourceVersion") or ""
    return "" if version == str(record.revision) else str(version)


def _invalid_resource(spec: KindSpec, name: str, error: FieldError) -> ApiError:
    """The one 422 that names the resource instead of the kind."""
    resource = spec.resource
    as_resource = Resource(resource.group, resource.version, resource.plural, resource.plural, resource.namespaced)
    return invalid(as_resource, name, [error])
