"""Venice with the providers Florence (center) and Naples (south), each a process of its own, with Liqo and peered.

They are started once; every test works in a namespace of its own, so tests run in any order.
"""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DEPLOYMENTS, NAMESPACES, NODES, PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.http import HttpClient
from liqolab.controller.waiting import wait_for
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS
from tests.clusters import ClusterProcess, peer, start, with_liqo

SOUTH = {"key": "topology.liqo.io/region", "operator": "In", "values": ["south"]}


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ClusterProcess]]:
    with with_liqo(tmp_path_factory.mktemp("offloading")) as found:
        for provider in ("florence", "naples"):
            peer(found["venice"], found[provider])
        yield found


def template(name: str, **spec: object) -> Object:
    """A pod's metadata and spec."""
    containers = [{"name": "c", "image": "nginx"}]
    return {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": containers, "terminationGracePeriodSeconds": 1, **spec},
    }


@dataclass
class Cluster:
    """A cluster as its administrator sees it, and the test's namespace in it."""

    process: ClusterProcess
    client: HttpClient
    namespace: str

    async def until(self, resource: Resource, name: str, holds: Callable[[Object], bool], **where: str) -> Object:
        """The object once `holds` is true of it."""
        found: list[Object] = []

        def done(store: dict[tuple[str, str], Object]) -> bool:
            found[:] = [item for item in store.values() if holds(item)]
            return bool(found)

        space = where.get("namespace", self.namespace) if resource.namespaced else None
        await wait_for(self.client, resource, done, space, name=name, seconds=60)
        return found[0]

    async def until_gone(self, resource: Resource, name: str) -> None:
        space = self.namespace if resource.namespaced else None
        await wait_for(self.client, resource, lambda store: not store, space, name=name, seconds=60)

    async def exists(self, resource: Resource, name: str) -> bool:
        try:
            await self.client.get(resource, name, self.namespace)
        except ApiError as error:
            assert error.not_found
            return False
        return True

    def kubectl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """A command of this machine's kubectl, in the test's namespace."""
        command = ["kubectl", "-n", self.namespace, f"--kubeconfig={self.process.kubeconfig}", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)

    async def pod(self, name: str, **spec: object) -> Object:
        body: Object = {"apiVersion": "v1", "kind": "Pod", **template(name, **spec)}
        body["metadata"]["name"] = name
        return await self.client.create(PODS, body, self.namespace)

    async def deploy(self, name: str, **spec: object) -> None:
        """A Deployment of one pod, up and running."""
        body: Object = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": template(name, **spec)},
        }
        await self.client.create(DEPLOYMENTS, body, self.namespace)
        await self.until(DEPLOYMENTS, name, lambda item: meta.get_path(item, "status", "readyReplicas") == 1)

    async def running(self, name: str) -> Object:
        return await self.until(PODS, name, lambda pod: meta.pod_is_ready(pod))


@dataclass
class Lab:
    """The three clusters."""

    venice: Cluster
    florence: Cluster
    naples: Cluster

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        return self.venice, self.florence, self.naples

    async def offload(self, strategy: str = "LocalAndRemote", *expressions: Object) -> Object:
        """Offload the test's namespace to the clusters in the south (or to what `expressions` say)."""
        body: Object = {
            "apiVersion": NAMESPACE_OFFLOADINGS.api_version,
            "kind": NAMESPACE_OFFLOADINGS.kind,
            "metadata": {"name": "offloading"},
            "spec": {
                "namespaceMappingStrategy": "EnforceSameName",
                "podOffloadingStrategy": strategy,
                "clusterSelector": {"nodeSelectorTerms": [{"matchExpressions": [*expressions] or [SOUTH]}]},
            },
        }
        await self.venice.client.create(NAMESPACE_OFFLOADINGS, body, self.venice.namespace)
        return await self.offloading_is("Ready")

    async def offloading_is(self, phase: str) -> Object:
        def reached(item: Object) -> bool:
            return bool(meta.get_path(item, "status", "offloadingPhase") == phase)

        return await self.venice.until(NAMESPACE_OFFLOADINGS, "offloading", reached)

    async def kill_and_restart(self, *clusters: Cluster) -> None:
        """``kill -9`` and what comes after it."""
        for cluster in clusters:
            cluster.process.kill()
        await asyncio.to_thread(start, *(cluster.process for cluster in clusters))
        await self.venice.until(NODES, "liqo-naples", lambda node: meta.condition_is_true(node, "Ready"))

    async def change(self, **spec: object) -> None:
        place = "offloading", {"spec": spec}, self.venice.namespace
        await self.venice.client.patch(NAMESPACE_OFFLOADINGS, *place)


@pytest.fixture
async def lab(processes: dict[str, ClusterProcess]) -> AsyncIterator[Lab]:
    """The clusters, with a fresh namespace in Venice."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    clusters = {
        process.name: Cluster(process, HttpClient.from_kubeconfig(process.kubeconfig), name)
        for process in processes.values()
    }
    found = Lab(**clusters)
    for provider in ("florence", "naples"):
        await found.venice.until(NODES, f"liqo-{provider}", lambda node: meta.condition_is_true(node, "Ready"))
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    await found.venice.client.create(NAMESPACES, body)
    try:
        yield found
    finally:
        with suppress(ApiError):
            await found.venice.client.delete(NAMESPACES, name)
        await asyncio.gather(*(cluster.client.close() for cluster in clusters.values()))
