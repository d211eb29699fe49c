"""Lists: selectors, pages and the revision that they were read at.

All pages of one list show the state at the first page's revision. The store can tell that state as long as the window
of recent changes reaches back to it; after that a client gets 410 and a token with which it may go on regardless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from liqolab.apimachinery.errors import ApiError, bad_request, expired
from liqolab.kube.api.list_options import ListOptions, encode_continue
from liqolab.kube.api.options import revision, too_large
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import Storage, storage_of
from liqolab.kube.store.errors import ExpiredError, FutureError
from liqolab.kube.store.record import Key, Record

_TOO_OLD_PAGE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a list.

    Attributes:
        records: the objects, by namespace and name.
        revision: the state they show.
        continue_: token for the next page, or empty.
        remaining: how many follow; None when a selector makes that unknowable, or none do.
    """

    records: list[Record]
    revision: int
    continue_: str = ""
    remaining: int | None = None


def matcher(storage: Storage, options: ListOptions) -> Matcher | None:
    """The test of both selectors; None when everything matches."""
    if not str(options.labels) and not options.fields.requirements:
        return None
    return Matcher(storage, options)


class Matcher:
    """Whether an object is what the selectors of a list or a watch ask for."""

    def __init__(self, storage: Storage, options: ListOptions) -> None:
        self._storage = storage
        self._labels = options.labels
        self._has_labels = bool(str(options.labels))
        self._fields = options.fields
        self._selectable = storage.spec.selectable
        own = {requirement.field for requirement in options.fields.requirements}
        self._by_key = bool(own) and own <= {"metadata.name", "metadata.namespace"}

    def matches(self, record: Record) -> bool:
        if self._by_key and not self._fields.matches(lambda field: record.key[field == "metadata.name"]):
            return False
        if self._has_labels and not self._labels.matches(record.object["metadata"].get("labels") or {}):
            return False
        if self._by_key or not self._fields.requirements:
            return True
        obj = self._storage.object(record)

        def value(field: str) -> str:
            if field == "metadata.name":
                return record.key[1]
            if field == "metadata.namespace" and field not in self._selectable:
                return record.key[0]
            return self._selectable[field](obj)

        return self._fields.matches(value)


def select(storage: Storage, records: Iterable[Record], options: ListOptions) -> Iterator[Record]:
    """Those of `records` that both selectors match."""
    test = matcher(storage, options)
    return iter(records) if test is None else (record for record in records if test.matches(record))


def authorize_collection(pipeline: Pipeline, request: ResourceRequest, options: ListOptions) -> None:
    """Refuse what the user may not read. A selector for one name asks for that object alone, so a rule that grants only
    that name is enough.

    Raises:
        ApiError: 403.
    """
    named = replace(request, name=options.fields.exact("metadata.name") or "")
    pipeline.begin(named)


def list_page(pipeline: Pipeline, request: ResourceRequest, options: ListOptions) -> Page:
    """GET of a collection.

    Raises:
        ApiError: 403, 405, 410, 504.
    """
    authorize_collection(pipeline, request, options)
    storage, store = storage_of(request.spec), pipeline.store
    after: Key | None = None
    at = store.revision
    if options.continue_ is not None:
        at, after = options.continue_
        at = at if at > 0 else store.revision
    elif options.resource_version not in ("", "0"):
        wanted = _listed_revision(options.resource_version)
        if wanted > store.revision:
            raise too_large(FutureError(wanted, store.revision))
        at = wanted if options.match == "Exact" else at
    records = _records_at(pipeline, storage, request.namespace, at, after)
    if after is not None:
        records = [record for record in records if record.key > after]
    page = _page(list(select(storage, records, options)), at, options)
    if page.continue_:
        pipeline.compaction.remember(at)
    return page


def _listed_revision(text: str) -> int:
    """A list blames the client for a revision that is none, where everything else takes the blame itself."""
    try:
        return revision(text)
    except ApiError as error:
        raise bad_request(f"invalid resource version: {error.message}") from None


async def converted_page(pipeline: Pipeline, request: ResourceRequest, options: ListOptions) -> Page:
    """As `list_page`, with objects that a webhook converts ready to be read.

    Raises:
        ApiError: those of `list_page`; 500, the webhook fails.
    """
    spec = request.spec
    if spec.conversion is None and not spec.measured:
        return list_page(pipeline, request, options)
    authorize_collection(pipeline, request, options)
    if spec.measured and pipeline.measured is not None:
        found = await pipeline.measured.records(spec, request.namespace)
        return Page(list(select(storage_of(spec), found, options)), pipeline.store.revision)
    await pipeline.converter.prepare(spec, pipeline.store.list(storage_of(spec).collection, request.namespace))
    page = list_page(pipeline, request, options)
    await pipeline.converter.prepare(spec, page.records)
    return page


def _page(records: list[Record], at: int, options: ListOptions) -> Page:
    if not options.limit or len(records) <= options.limit:
        return Page(records, at)
    page = records[: options.limit]
    selective = bool(str(options.labels)) or bool(options.fields.requirements)
    remaining = None if selective else len(records) - options.limit
    return Page(page, at, encode_continue(at, page[-1].key), remaining)


def _records_at(pipeline: Pipeline, storage: Storage, namespace: str, at: int, after: Key | None) -> list[Record]:
    store = pipeline.store
    if at == store.revision:
        return store.list(storage.collection, namespace)
    try:
        if pipeline.compaction.is_gone(at):
            raise ExpiredError(at, store.revision)
        return store.list_at(storage.collection, at, namespace)
    except FutureError as error:
        raise too_large(error) from error
    except ExpiredError as error:
        if after is None:
            raise expired("The resourceVersion for the provided list is too old.") from error
        failure = expired(_TOO_OLD_PAGE)
        failure.status["metadata"] = {"continue": encode_continue(-1, after)}
        raise failure from error
