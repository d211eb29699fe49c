"""Three clusters with Liqo installed, each a process of its own, as in the lesson: venice, florence, naples.

They are started once; every test brings the peering that it needs about by itself, so tests run in any order.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CONFIG_MAPS, SECRETS, SERVICES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.http import HttpClient
from liqolab.controller.informer import Informer
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS
from tests.clusters import ClusterProcess, start, with_liqo


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ClusterProcess]]:
    with with_liqo(tmp_path_factory.mktemp("peering")) as found:
        yield found


@dataclass
class Cluster:
    """A cluster as its administrator sees it."""

    process: ClusterProcess
    client: HttpClient
    _informers: dict[Resource, Informer] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.process.name

    async def identity(self) -> str:
        found = await self.client.get(CONFIG_MAPS, names.CLUSTER_ID_CONFIG_MAP, names.LIQO_NAMESPACE)
        return str(found["data"][names.CLUSTER_ID_KEY])

    async def token(self) -> str:
        found = await self.client.get(SECRETS, names.AUTH_TOKEN_SECRET, names.LIQO_NAMESPACE)
        return base64.b64decode(found["data"][names.TOKEN_KEY]).decode()

    async def auth_url(self) -> str:
        service = await self.client.get(SERVICES, names.AUTH, names.LIQO_NAMESPACE)
        return f"https://{self.process.node_address}:{service['spec']['ports'][0]['nodePort']}"

    async def until(
        self, resource: Resource, holds: Callable[[list[Object]], bool], seconds: float = 30
    ) -> list[Object]:
        """The objects of a kind once `holds` is true of them; driven by a watch."""
        informer = self._informers.get(resource)
        if informer is None:
            informer = self._informers[resource] = Informer(self.client, resource)
            self._tasks.append(asyncio.create_task(informer.run()))
        await informer.synced()
        changed = asyncio.Event()
        informer.add_handler(lambda *_: changed.set())
        try:
            async with asyncio.timeout(seconds):
                while not holds(informer.list()):
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            shown = json.dumps([{**item, "metadata": meta.name(item)} for item in informer.list()], indent=1)
            raise AssertionError(f"{self.name}: {resource.plural} stayed\n{shown}") from None
        return informer.list()

    async def until_conditions(self, peer: str, **wanted: str) -> Object:
        """The ForeignCluster called `peer` once its conditions have these statuses."""

        def holds(found: list[Object]) -> bool:
            return any(meta.name(fc) == peer and wanted.items() <= statuses(fc).items() for fc in found)

        found = await self.until(FOREIGN_CLUSTERS, holds)
        return next(fc for fc in found if meta.name(fc) == peer)

    async def peer_with(self, other: Cluster) -> None:
        """What ``liqoctl peer out-of-band`` does."""
        peer_id = await other.identity()
        secret = SECRETS.manifest(
            names.remote_token_secret(peer_id),
            names.LIQO_NAMESPACE,
            labels={names.LABEL_CLUSTER_ID: peer_id, names.LABEL_AUTH_TOKEN: ""},
            data={names.TOKEN_KEY: base64.b64encode((await other.token()).encode()).decode()},
        )
        await self._put(SECRETS, secret)
        spec = {
            "clusterIdentity": {"clusterID": peer_id, "clusterName": other.name},
            "foreignAuthUrl": await other.auth_url(),
            "outgoingPeeringEnabled": "Yes",
            "incomingPeeringEnabled": "Auto",
        }
        await self._put(FOREIGN_CLUSTERS, FOREIGN_CLUSTERS.manifest(other.name, spec=spec))

    async def peered_with(self, other: Cluster) -> Object:
        """Peer and wait until both the peering and the tunnel are established."""
        await self.peer_with(other)
        established = {texts.OUTGOING_PEERING: "Established", texts.NETWORK_STATUS: "Established"}
        return await self.until_conditions(other.name, **established)

    async def unpeered_from(self, other: Cluster) -> None:
        """Unpeer, whoever of the two uses the other, and wait until nothing is left, here and there."""
        pairs = ((self, other), (other, self))
        for cluster, peer in pairs:
            with suppress(ApiError):
                known = await cluster.client.get(FOREIGN_CLUSTERS, peer.name)
                if known["spec"]["outgoingPeeringEnabled"] == "Yes":
                    await cluster.client.patch(FOREIGN_CLUSTERS, peer.name, {"spec": {"outgoingPeeringEnabled": "No"}})
        for cluster, peer in pairs:
            await cluster.until(FOREIGN_CLUSTERS, partial(_is_stranger, peer.name))

    async def tenant(self, other: Cluster) -> str:
        """The namespace of the peering with `other`."""
        return names.tenant_namespace(other.name, await other.identity())

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.client.close()

    async def _put(self, resource: Resource, body: Object) -> None:
        metadata = body["metadata"]
        try:
            await self.client.create(resource, body, metadata.get("namespace"))
        except ApiError as error:
            assert error.already_exists, error
            await self.client.patch(resource, metadata["name"], body, metadata.get("namespace"))


def _is_stranger(name: str, known: list[Object]) -> bool:
    """Whether nothing stands between a cluster and the one of that name.

    A ForeignCluster that somebody made stays, one that came of itself with the other's peering goes.
    """
    left = [each for each in known if meta.name(each) == name]
    wanted = {texts.OUTGOING_PEERING: "None", texts.NETWORK_STATUS: "None"}
    return all(
        each["spec"]["outgoingPeeringEnabled"] == "No" and wanted.items() <= statuses(each).items() for each in left
    )


def statuses(foreign_cluster: Object) -> dict[str, str]:
    """Condition type → status."""
    conditions = meta.get_path(foreign_cluster, "status", "peeringConditions", default=[])
    return {condition["type"]: condition["status"] for condition in conditions}


@pytest.fixture
async def clusters(processes: dict[str, ClusterProcess]) -> AsyncIterator[dict[str, Cluster]]:
    opened = {
        name: Cluster(process, HttpClient.from_kubeconfig(process.kubeconfig)) for name, process in processes.items()
    }
    yield opened
    for cluster in opened.values():
        await cluster.close()


@pytest.fixture
def venice(clusters: dict[str, Cluster]) -> Cluster:
    return clusters["venice"]


@pytest.fixture
def florence(clusters: dict[str, Cluster]) -> Cluster:
    return clusters["florence"]


@pytest.fixture
def naples(clusters: dict[str, Cluster]) -> Cluster:
    return clusters["naples"]


@pytest.fixture
def restart() -> Callable[[Cluster], None]:
    """Starts a cluster that was killed."""
    return lambda cluster: start(cluster.process)
