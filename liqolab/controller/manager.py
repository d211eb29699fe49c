"""Controllers and what they share: one informer a resource, one task a worker, one place where errors end.

A controller is a name, an async `reconcile(key)` and the informers that produce keys. `Manager` starts the informers,
waits for their first LIST, then lets the workers go; a reconcile that fails is tried again with exponential back-off, a
conflict at once, because the informer is about to bring the newer object.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.informer import Change, Informer
from liqolab.controller.queue import WorkQueue

Reconcile = Callable[[str], Awaitable[float | None]]
"""Brings the world of one key towards its desired state; returns seconds until it wants to look again, or None."""

Mapper = Callable[[Object], Iterable[str]]

_Selection = tuple[Resource, str | None, str, str]
"""Resource, namespace, label selector, field selector."""

_log = logging.getLogger(__name__)


def object_key(item: Object) -> str:
    """The usual key: ``namespace/name``, or ``name`` for cluster-scoped objects."""
    metadata = item["metadata"]
    space = metadata.get("namespace")
    return f"{space}/{metadata['name']}" if space else str(metadata["name"])


def split_key(key: str) -> tuple[str | None, str]:
    """(namespace or None, name) of a key made by `object_key`."""
    space, slash, name = key.rpartition("/")
    return (space if slash else None), name


class Controller:
    """One reconciler, its queue and its workers."""

    def __init__(self, name: str, reconcile: Reconcile, *, workers: int = 1) -> None:
        self.name = name
        self.queue = WorkQueue()
        self._reconcile = reconcile
        self._workers = workers

    def watches(self, informer: Informer, map: Mapper | None = None) -> Controller:
        """Enqueue the keys that `map` (default: the object's own key) yields for each changed object; for a
        modification, those of the state before as well.
        """
        mapper = map or (lambda item: (object_key(item),))

        def enqueue(_: Change, new: Object, old: Object | None) -> None:
            for key in mapper(new):
                self.queue.add(key)
            if old is not None and map is not None:
                for key in mapper(old):
                    self.queue.add(key)

        informer.add_handler(enqueue)
        return self

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._workers):
                    group.create_task(self._work())
        finally:
            self.queue.close()

    async def _work(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                again = await self._reconcile(key)
            except ApiError as error:
                self._failed(key, error, quiet=error.conflict or error.not_found)
            except OSError as error:
                self._failed(key, error, quiet=True)
            except Exception as error:
                _log.exception("%s: %s: %s", self.name, key, error)
                self.queue.retry(key)
            else:
                if again is None:
                    self.queue.forget(key)
                else:
                    self.queue.again(key, again)
            finally:
                self.queue.done(key)

    def _failed(self, key: str, error: Exception, *, quiet: bool) -> None:
        seconds = self.queue.retry(key)
        level = logging.DEBUG if quiet else logging.WARNING
        _log.log(level, "%s: %s: %s (again in %.3f s)", self.name, key, error, seconds)


class Manager:
    """Shares informers among controllers and runs all of them as one unit."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._informers: dict[_Selection, Informer] = {}
        self._controllers: list[Controller] = []
        self._runnables: list[Callable[[], Awaitable[None]]] = []
        self._group: asyncio.TaskGroup | None = None

    def informer(
        self, resource: Resource, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> Informer:
        """The shared informer of these objects; made on first use, and started at once if the manager runs."""
        key = (resource, namespace, labels, fields)
        known = self._informers.get(key)
        if known is None:
            known = Informer(self.client, resource, namespace, labels=labels, fields=fields)
            self._informers[key] = known
            if self._group is not None:
                self._group.create_task(self._run_informer(key))
        return known

    async def _run_informer(self, key: _Selection) -> None:
        """One watch serves all informers of a resource where one of them takes every object."""
        resource, namespace, labels, fields = key
        broadest = self._informers.get((resource, namespace, "", ""))
        if labels and not fields and broadest is not None:
            await self._informers[key].follow(broadest)
        else:
            await self._informers[key].run()

    def add(self, controller: Controller) -> Controller:
        """Run `controller` once the informers are synced."""
        self._controllers.append(controller)
        return controller

    def add_runnable(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run something that is no controller (a server, a heartbeat) for as long as the manager runs."""
        self._runnables.append(run)

    async def run(self) -> None:
        """Run everything until cancelled; a crash of one part ends all, as an ExceptionGroup."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                for key in self._informers:
                    group.create_task(self._run_informer(key))
                for informer in list(self._informers.values()):
                    await informer.synced()
                for runnable in self._runnables:
                    group.create_task(_owned(runnable))
                for controller in self._controllers:
                    group.create_task(controller.run())
                # The group waits for its tasks, which run until this one is cancelled.
                await asyncio.Event().wait()
            finally:
                self._group = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Manager]:
        """Run in the background for the length of a ``with`` block."""
        task = asyncio.create_task(self.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _owned(run: Callable[[], Awaitable[None]]) -> None:
    await run()
