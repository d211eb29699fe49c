"""Program liqo-crd-replicator: one replication for each identity that this cluster has in a peer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.dialing import Dial
from liqolab.controller.http import HttpClient
from liqolab.controller.informer import Change, Handler, Informer
from liqolab.controller.manager import Controller, Manager, split_key
from liqolab.liqo.foreigncluster.phase import Phase
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.chart.arguments import parse
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS
from liqolab.liqo.identity import secrets
from liqolab.liqo.identity.proxy import through_proxy
from liqolab.liqo.identity.secrets import Identity
from liqolab.liqo.logs import log_to
from liqolab.liqo.replicator.peer import PeerReplication
from liqolab.liqo.replicator.table import REPLICATED
from liqolab.program import Container

_DOUBT_SECONDS = 2.0
"""How long a peer may reject an identity before it is asked for a new certificate."""
_PATIENCE_SECONDS = 30.0
"""Between two such questions."""

_log = logging.getLogger(__name__)


async def run(container: Container) -> None:
    """Replicate until cancelled."""
    log_to(container)
    arguments = parse(container.args, container.env)
    async with HttpClient.in_cluster(container) as client:
        manager = Manager(client)
        _Replicator(client, arguments.cluster_id, container.network.dial, manager, container)
        container.ready.set()
        await manager.run()


@dataclass(slots=True)
class _Running:
    identity: Identity
    replication: PeerReplication
    task: asyncio.Task[None]


@dataclass(slots=True)
class _Doubt:
    """Rejections of one identity; a single one may be a matter of timing."""

    first: float = float("-inf")
    last: float = float("-inf")
    asked: float = float("-inf")

    def ripens(self, moment: float) -> bool:
        """Count a rejection; True when it is time to ask the peer anew."""
        if moment - self.last > _PATIENCE_SECONDS:
            self.first = moment
        self.last = moment
        if moment - self.first < _DOUBT_SECONDS or moment - self.asked < _PATIENCE_SECONDS:
            return False
        self.asked = moment
        return True


@dataclass(slots=True)
class _Replicator:
    """Starts and stops replications as identities appear, change and disappear."""

    client: Client
    local_id: str
    dial: Dial
    manager: Manager
    container: Container
    identities: Informer = field(init=False)
    foreign_clusters: Informer = field(init=False)
    origins: dict[Resource, Informer] = field(init=False)
    running: dict[str, _Running] = field(default_factory=dict)
    doubts: dict[str, _Doubt] = field(default_factory=dict)
    doubted: Controller = field(init=False)

    def __post_init__(self) -> None:
        self.identities = self.manager.informer(SECRETS, labels=secrets.SELECTOR)
        self.foreign_clusters = self.manager.informer(FOREIGN_CLUSTERS)
        self.origins = {
            row.resource: self.manager.informer(row.resource, labels=f"{names.LABEL_REPLICATION}=true")
            for row in REPLICATED
        }
        controller = Controller("identities", self._identity_changed).watches(self.identities)
        self.manager.add(controller)
        self.doubted = self.manager.add(Controller("doubted-identities", self._ask_anew))
        self.manager.add_runnable(self._stop_all)
        self.foreign_clusters.add_handler(self._foreign_cluster_changed)
        for resource, informer in self.origins.items():
            informer.add_handler(self._origin_handler(resource))

    # --- Identities ---

    async def _identity_changed(self, key: str) -> None:
        namespace, name = split_key(key)
        secret = self.identities.get(name, namespace)
        usable = secret is not None and secrets.is_complete(secret) and not meta.is_deleting(secret)
        identity = secrets.read(secret) if secret is not None and usable else None
        known = self.running.get(key)
        if known is not None and known.identity != identity:
            await self._stop(key)
            known = None
        if identity is not None and known is None:
            self._start(key, identity)

    def _start(self, key: str, identity: Identity) -> None:
        dial = through_proxy(self.dial, identity.proxy_url) if identity.proxy_url else self.dial
        replication = PeerReplication(
            local=self.client,
            local_id=self.local_id,
            remote=HttpClient(identity.access, dial=dial, user_agent=names.CRD_REPLICATOR),
            identity=identity,
            origins=self.origins,
            rejected=lambda: self._rejected(key),
        )
        task = asyncio.create_task(replication.run())
        self.running[key] = _Running(identity, replication, task)
        self._tell(replication, self._foreign_cluster(identity.cluster_id))
        self.container.log(f"replicating to cluster {identity.cluster_id} at {identity.access.server}")

    async def _stop(self, key: str) -> None:
        stopped = self.running.pop(key)
        stopped.task.cancel()
        await asyncio.gather(stopped.task, return_exceptions=True)
        self.container.log(f"replication to cluster {stopped.identity.cluster_id} has ended")

    async def _stop_all(self) -> None:
        """End the replications together with the manager."""
        try:
            await asyncio.Event().wait()
        finally:
            for key in list(self.running):
                await self._stop(key)

    def _rejected(self, key: str) -> None:
        """The peer does not honour the identity: it may have been reinstalled. After a while, ask it anew."""
        doubt = self.doubts.setdefault(key, _Doubt())
        if doubt.ripens(asyncio.get_running_loop().time()):
            self.doubted.queue.add(key)

    async def _ask_anew(self, key: str) -> None:
        """Take the mark of completeness off the Secret: the ForeignCluster controller then asks with the same key."""
        namespace, name = split_key(key)
        _log.warning("the peer of %s rejects this cluster's identity; asking it anew", key)
        patch: Object = {"metadata": {"labels": {names.LABEL_CERTIFICATE_AVAILABLE: None}}}
        with missing_ok:
            await self.client.patch(SECRETS, name, patch, namespace)

    # --- Changes in this cluster ---

    def _origin_handler(self, resource: Resource) -> Handler:
        def changed(_: Change, new: Object, old: Object | None) -> None:
            for running in self.running.values():
                running.replication.origin_changed(resource, new)

        return changed

    def _foreign_cluster_changed(self, change: Change, new: Object, old: Object | None) -> None:
        peer_id = meta.get_path(new, "spec", "clusterIdentity", "clusterID")
        for running in self.running.values():
            if running.identity.cluster_id == peer_id:
                self._tell(running.replication, self._foreign_cluster(peer_id) if change == "DELETED" else new)

    def _tell(self, replication: PeerReplication, foreign_cluster: Object | None) -> None:
        if foreign_cluster is None:
            replication.give_up()
        else:
            replication.phase_changed(Phase.of(foreign_cluster))

    def _foreign_cluster(self, peer_id: str) -> Object | None:
        for fc in self.foreign_clusters.list():
            if meta.get_path(fc, "spec", "clusterIdentity", "clusterID") == peer_id:
                return fc
        return None
