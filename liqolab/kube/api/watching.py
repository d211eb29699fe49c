"""Watches: the changes of a collection as one client sees them through its selectors.

An object that stops matching a selector is DELETED for that client (in its last matching state, at the revision of the
change), one that starts matching is ADDED. Events come in batches, everything that happened since the last look, so
that a busy cluster costs a write per batch and not one per event. Records travel, not objects: the in-process client
takes the parsed form from them and HTTP the bytes, and neither pays for the other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

import orjson

from liqolab.apimachinery.errors import ApiError, expired
from liqolab.kube.api import listing
from liqolab.kube.api.list_options import ListOptions
from liqolab.kube.api.listing import Matcher
from liqolab.kube.api.options import revision, too_large
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import Storage, storage_of
from liqolab.kube.store.errors import ExpiredError, FutureError
from liqolab.kube.store.record import Change, Record
from liqolab.kube.store.subscription import Subscription

BOOKMARK_SECONDS: Final = 60.0
_MIN_TIMEOUT: Final = 1800.0
"""Without `timeoutSeconds` a watch lasts half an hour to an hour, at random, as upstream's."""

INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a watch.

    Attributes:
        type: what the client is told.
        record: the object; for a BOOKMARK an object with nothing but its revision; None for an ERROR.
        revision: of the change.
        error: the Status of an ERROR.
        initial_end: marks the BOOKMARK after the initial objects of a streaming list.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    record: Record | None
    revision: int
    error: ApiError | None = None
    initial_end: bool = False


class Watch:
    """One open watch. Use as an async context manager; take `batch` until it is empty."""

    def __init__(
        self,
        storage: Storage,
        options: ListOptions,
        subscription: Subscription,
        initial: list[Event],
        revision_now: int,
        *,
        after: int = 0,
        convert: Callable[[list[Record]], Awaitable[None]] | None = None,
    ) -> None:
        self.storage = storage
        self._matcher = listing.matcher(storage, options)
        self._subscription = subscription
        self._convert = convert
        self._pending = initial
        self._bookmarks = options.bookmarks
        self._seen = revision_now
        self._after = after
        loop = asyncio.get_running_loop()
        lifetime = options.timeout or _MIN_TIMEOUT * (1 + random.random())  # noqa: S311 (spreads reconnects)
        self._end = loop.time() + lifetime
        self._next_bookmark = loop.time() + BOOKMARK_SECONDS
        self._said_last = False

    async def __aenter__(self) -> Watch:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop; a waiting `batch` returns empty."""
        self._subscription.close()

    async def batch(self) -> list[Event]:
        """The next events, at least one; waits for them.

        Returns:
            An empty list when the watch is over.
        """
        try:
            events = await self._batch()
            if self._convert is None or not events:
                return events
            # One question for all; but of each object only one state is remembered.
            await self._convert([event.record for event in events if event.record is not None])
            return [await self._converted(event) for event in events]
        except ApiError as error:
            self._said_last = True
            self.close()
            return [Event("ERROR", None, self._seen, error=error)]

    async def _converted(self, event: Event) -> Event:
        """An event whose object is in the version of the watch."""
        if event.record is None or self._convert is None:
            return event
        await self._convert([event.record])
        return replace(event, record=self.storage.current(event.record))

    async def _batch(self) -> list[Event]:
        loop = asyncio.get_running_loop()
        while True:
            if self._pending:
                events, self._pending = self._pending, []
                return events
            limit = min(self._end, self._next_bookmark) if self._bookmarks else self._end
            changes: list[Change] | None
            try:
                async with asyncio.timeout_at(limit):
                    changes = await self._subscription.batch()
            except TimeoutError:
                changes = None
            if changes is None:
                if loop.time() >= self._end:
                    return self._last_words()
                self._next_bookmark = loop.time() + BOOKMARK_SECONDS
                return [self._bookmark()]
            if not changes:
                return self._cut_off()
            self._seen = max(self._seen, changes[-1].revision)
            new = changes if not self._after else [change for change in changes if change.revision > self._after]
            self._pending = [event for change in new if (event := await self._event(change)) is not None]

    async def _event(self, change: Change) -> Event | None:
        if self._matcher is None:
            return Event(change.type, change.record, change.revision)
        before = change.previous is not None and await self._matches(self._matcher, change.previous)
        if change.type == "DELETED":
            return Event("DELETED", change.record, change.revision) if before else None
        if await self._matches(self._matcher, change.record):
            return Event("MODIFIED" if before else "ADDED", change.record, change.revision)
        if not before or change.previous is None:
            return None
        return Event("DELETED", _at(change.previous, change.revision), change.revision)

    async def _matches(self, matcher: Matcher, record: Record) -> bool:
        # What is selected are fields of this version, and of each object only one state is remembered in it.
        if self._convert is not None:
            await self._convert([record])
        return matcher.matches(record)

    def _bookmark(self, *, initial_end: bool = False) -> Event:
        return Event("BOOKMARK", None, self._seen, initial_end=initial_end)

    def _last_words(self) -> list[Event]:
        """A bookmark just before the end spares the client a long catching up."""
        if not self._bookmarks or self._said_last:
            self.close()
            return []
        self._said_last = True
        return [self._bookmark()]

    def _cut_off(self) -> list[Event]:
        if not self._subscription.overflowed or self._said_last:
            return []
        self._said_last = True
        error = expired("the watch fell too far behind; list again")
        return [Event("ERROR", None, self._seen, error=error)]


def _at(record: Record, at: int) -> Record:
    """An old version that says it is of revision `at`."""
    obj = record.copy()
    obj["metadata"]["resourceVersion"] = str(at)
    return Record(record.key, at, orjson.dumps(obj), obj)


def _refused(storage: Storage, options: ListOptions, subscription: Subscription, error: ApiError) -> Watch:
    """A watch of one event, an error: nobody looks at a revision before the answer has begun."""
    subscription.close()
    return Watch(storage, options, subscription, [Event("ERROR", None, 0, error=error)], 0)


def watch(pipeline: Pipeline, request: ResourceRequest, options: ListOptions) -> Watch:
    """GET of a collection with ``watch=true``.

    Raises:
        ApiError: 403, 405, 504. That a revision is older than the window, the first event tells (410).
    """
    listing.authorize_collection(pipeline, request, options)
    storage, store = storage_of(request.spec), pipeline.store
    namespace, converter = request.namespace, pipeline.converter
    convert = partial(converter.prepare, request.spec) if request.spec.conversion is not None else None
    wanted = revision(options.resource_version)
    streaming = options.initial_events
    if wanted > store.revision and streaming:
        raise too_large(FutureError(wanted, store.revision))
    if wanted > store.revision:
        # It begins with what has not happened yet: a client of another cluster waits for long, as it would anywhere.
        subscription = store.subscribe(storage.collection, None, namespace)
        return Watch(storage, options, subscription, [], wanted, convert=convert, after=wanted)
    if wanted and not streaming:
        try:
            subscription = store.subscribe(storage.collection, wanted, namespace)
        except ExpiredError as error:
            return _refused(storage, options, store.subscribe(storage.collection, None, namespace), expired(str(error)))
        return Watch(storage, options, subscription, [], store.revision, convert=convert)
    subscription = store.subscribe(storage.collection, None, namespace)
    initial: list[Event] = []
    if streaming is not False:
        records = listing.select(storage, store.list(storage.collection, namespace), options)
        initial = [Event("ADDED", record, record.revision) for record in records]
        if options.bookmarks and (streaming or not options.resource_version):
            initial.append(Event("BOOKMARK", None, store.revision, initial_end=True))
    return Watch(storage, options, subscription, initial, store.revision, convert=convert)
