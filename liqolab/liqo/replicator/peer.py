"""Replication to one peer: every original of this cluster has its replica there, for as long as it lives.

Both sides are watched. A change of an origin changes its replica, a change of a replica's status changes the origin's,
a replica that somebody deletes or edits is restored. A finalizer on the origin holds it until its replica is gone.

A peer whose ForeignCluster was deleted is *given up*: an origin does not wait for a peer that does not answer any more.
What is left in the peer is removed when it answers again, however long that takes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller
from liqolab.controller.rest import RestClient
from liqolab.liqo.foreigncluster.conditions import is_local
from liqolab.liqo.foreigncluster.phase import Phase
from liqolab.liqo.gen05.names import FINALIZER_REPLICATOR
from liqolab.liqo.gen05.resources import RESOURCE_REQUESTS
from liqolab.liqo.identity.secrets import Identity
from liqolab.liqo.replicator import replica
from liqolab.liqo.replicator.table import REPLICATED, Replicated

_WORKERS = 4
_STILL_THERE_SECONDS = 5.0
"""How soon a replica that is slow to go is looked at again, should its last event get lost."""
_FIRST_SWEEP_SECONDS = 1.0
_LONGEST_SWEEP_SECONDS = 30.0
"""Between two attempts to clean up in a peer that was given up and does not answer."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Remote:
    """The watch on one resource's replicas in the peer."""

    informer: Informer
    task: asyncio.Task[None]


@dataclass(slots=True)
class PeerReplication:
    """Replication to one peer; `run` it, and tell it of changes with `phase_changed` and `give_up`.

    Attributes:
        local: client of this cluster.
        local_id: this cluster.
        remote: client of the peer, with this cluster's identity there.
        identity: that identity.
        origins: informer of each replicated resource in this cluster.
        rejected: called when the peer does not honour the identity (any more).
    """

    local: Client
    local_id: str
    remote: RestClient
    identity: Identity
    origins: dict[Resource, Informer]
    rejected: Callable[[], None]
    phase: Phase = field(default_factory=Phase)
    _controller: Controller = field(init=False)
    _table: dict[str, Replicated] = field(init=False)
    _remotes: dict[Resource, _Remote] = field(init=False, default_factory=dict)
    _ending: set[asyncio.Task[None]] = field(init=False, default_factory=set)
    _sweeper: asyncio.Task[None] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        name = f"replication-{self.identity.cluster_id}"
        self._controller = Controller(name, self._reconcile, workers=_WORKERS)
        self._table = {row.resource.plural: row for row in REPLICATED}

    async def run(self) -> None:
        """Replicate until cancelled."""
        self._follow()
        try:
            await self._controller.run()
        finally:
            self._stop_sweeping()
            for resource in list(self._remotes):
                self._unwatch(resource)
            await asyncio.gather(*self._ending, return_exceptions=True)
            await self.remote.close()

    def origin_changed(self, resource: Resource, item: Object) -> None:
        """An object of this cluster changed; it may or may not be one that goes to this peer."""
        if meta.namespace(item) == self.identity.local_namespace and is_local(item, self.identity.cluster_id):
            self._follow()
            self._controller.queue.add(_key(resource, item))

    def phase_changed(self, phase: Phase) -> None:
        """The peering has come to another phase, or the peer can be reached again."""
        self._stop_sweeping()
        self._enter(phase)

    def give_up(self) -> None:
        """Nobody here wants anything of the peer any more."""
        self._enter(Phase())
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._follow()
        for row in REPLICATED:
            for item in self._originals(row.resource):
                self._controller.queue.add(_key(row.resource, item))

    # --- Giving up ---

    def _stop_sweeping(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._ending.add(self._sweeper)
            self._sweeper.add_done_callback(self._ending.discard)
            self._sweeper = None

    async def _sweep(self) -> None:
        """Once the peer answers, find every replica that has lost its origin: it goes."""
        pause = _FIRST_SWEEP_SECONDS
        while True:
            try:
                for row in REPLICATED:
                    await self._sweep_one(row.resource)
                return
            except (ApiError, OSError) as error:
                _log.debug("cluster %s was given up: %s", self.identity.cluster_id, error)
            # Nothing tells when a peer can be reached again.
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_SWEEP_SECONDS)

    async def _sweep_one(self, resource: Resource) -> None:
        try:
            found = await self.remote.list(
                resource, self.identity.remote_namespace, labels=replica.selector(self.local_id)
            )
        except ApiError as error:
            if error.code in (401, 403, 404):
                # The right has been withdrawn together with the peering: what is left there is the peer's business.
                return
            raise
        for item in found.items:
            self._controller.queue.add(_key(resource, item))

    # --- Watching the peer ---

    def _follow(self) -> None:
        """Watch those replicas that matter now: the peer allows it only while the phase lasts."""
        for row in REPLICATED:
            needed = row.enabled(self.phase) or bool(self._originals(row.resource))
            watched = self._remotes.get(row.resource)
            if needed and watched is None:
                self._remotes[row.resource] = self._watch(row.resource)
            elif not needed and watched is not None:
                self._unwatch(row.resource)

    def _watch(self, resource: Resource) -> _Remote:
        informer = Informer(
            self.remote, resource, self.identity.remote_namespace, labels=replica.selector(self.local_id)
        )
        informer.add_handler(lambda change, new, old: self._controller.queue.add(_key(resource, new)))
        return _Remote(informer, asyncio.create_task(informer.run()))

    def _unwatch(self, resource: Resource) -> None:
        task = self._remotes.pop(resource).task
        task.cancel()
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _originals(self, resource: Resource) -> list[Object]:
        found = self.origins[resource].list(self.identity.local_namespace)
        return [item for item in found if is_local(item, self.identity.cluster_id)]

    # --- One object ---

    async def _reconcile(self, key: str) -> float | None:
        plural, name = key.split("/", 1)
        row = self._table[plural]
        origin = self.origins[row.resource].get(name, self.identity.local_namespace)
        try:
            if origin is None or not is_local(origin, self.identity.cluster_id):
                await self._remove_replica(row.resource, name)
                return None
            if meta.is_deleting(origin):
                return await self._finish(row.resource, origin)
            if row.enabled(self.phase):
                await self._replicate(row.resource, origin)
        except ApiError as error:
            if row.resource == RESOURCE_REQUESTS and error.code in (401, 403):
                self.rejected()
            raise
        return None

    async def _replicate(self, resource: Resource, origin: Object) -> None:
        if not meta.has_finalizer(origin, FINALIZER_REPLICATOR):
            origin = await self.local.update(resource, meta.with_finalizer(origin, FINALIZER_REPLICATOR))
        found = await self._replica(resource, meta.name(origin))
        if found is None:
            await self._create(resource, origin)
            return
        if meta.is_deleting(found):
            return
        change = replica.correction(origin, found, self.local_id)
        if change:
            await self.remote.patch(resource, meta.name(found), change, self.identity.remote_namespace)
        if note := replica.note(origin, found):
            await self.local.patch(resource, meta.name(origin), note, self.identity.local_namespace)
        status = replica.report(origin, found)
        if status:
            await self.local.patch(
                resource, meta.name(origin), status, self.identity.local_namespace, subresource="status"
            )

    async def _create(self, resource: Resource, origin: Object) -> None:
        body = replica.make(resource, origin, self.local_id, self.identity.remote_namespace)
        try:
            await self.remote.create(resource, body, self.identity.remote_namespace)
        except ApiError as error:
            if not error.already_exists:
                raise
            # Our own one, of which the watch has yet to tell, will bring itself back here.
            await self._ask(resource, meta.name(origin))

    async def _replica(self, resource: Resource, name: str) -> Object | None:
        """The replica as last seen, or as the peer says when it is not watched yet."""
        watched = self._remotes.get(resource)
        if watched is not None and watched.informer.has_synced:
            return watched.informer.get(name, self.identity.remote_namespace)
        return await self._ask(resource, name)

    async def _ask(self, resource: Resource, name: str) -> Object | None:
        """The replica as the peer has it.

        Raises:
            FileExistsError: the peer has an object of that name that is none of ours.
        """
        found = await self.remote.find(resource, name, self.identity.remote_namespace)
        if found is not None and not replica.is_from(found, self.local_id):
            raise FileExistsError(f"{resource.kind} {name} exists in the peer and is no replica of ours")
        return found

    async def _finish(self, resource: Resource, origin: Object) -> float | None:
        """The origin is being deleted: remove the replica, then let the origin go."""
        if not meta.has_finalizer(origin, FINALIZER_REPLICATOR):
            return None
        try:
            if not await self._remove_replica(resource, meta.name(origin)):
                return _STILL_THERE_SECONDS
        except OSError:
            if self._sweeper is None:
                raise
            _log.warning("%s %s goes without the peer's word: it was given up", resource.kind, meta.name(origin))
        await self.local.update(resource, meta.without_finalizer(origin, FINALIZER_REPLICATOR))
        return None

    async def _remove_replica(self, resource: Resource, name: str) -> bool:
        """Delete a replica; True when it is gone.

        A peer that forbids it has withdrawn the right together with the peering: what is left there is its business.
        """
        try:
            found = await self.remote.get(resource, name, self.identity.remote_namespace)
            if not replica.is_from(found, self.local_id):
                return True
            if not meta.is_deleting(found):
                await self.remote.delete(resource, name, self.identity.remote_namespace, uid=meta.uid(found))
                if not found["metadata"].get("finalizers"):
                    return True
        except ApiError as error:
            if error.not_found or error.code == 403:
                return True
            raise
        return False


def _key(resource: Resource, item: Object) -> str:
    return f"{resource.plural}/{meta.name(item)}"
