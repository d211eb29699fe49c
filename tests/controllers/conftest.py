"""An API server of our own, the controllers beside it over HTTPS, and a kubelet that does what a test tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from liqolab.apimachinery import meta, names, timestamps
from liqolab.apimachinery.builtin import EVENTS, NAMESPACES, NODES, PODS, SERVICE_ACCOUNTS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.http import HttpClient
from liqolab.controller.manager import Manager
from liqolab.kube.controllers.installation import install
from liqolab.kube.controllers.settings import ControllerSettings
from tests.clusters import LESSON_VERSION, in_process

PATIENCE = 20.0
"""Seconds after which something that should happen at once counts as never happening."""


class Lab:
    """What tests do with the cluster."""

    def __init__(self, client: HttpClient, ca: bytes) -> None:
        self.client = client
        self.ca = ca

    async def namespace(self) -> str:
        """A new namespace, ready for pods."""
        made = await self.client.create(NAMESPACES, {"metadata": {"generateName": "test-"}})
        await self.until(SERVICE_ACCOUNTS, meta.name(made), lambda item: meta.name(item) == "default")
        return meta.name(made)

    async def until(self, resource: Resource, namespace: str | None, wanted: Callable[[Object], object]) -> Object:
        """The first object (present or to come) that is as `wanted`."""
        async for item in self.follow(resource, namespace):
            if wanted(item):
                return item
        raise AssertionError("the watch ended")

    async def until_gone(self, resource: Resource, name: str, namespace: str | None = None) -> None:
        async with asyncio.timeout(PATIENCE):
            listed = await self.client.list(resource, namespace)
            if all(meta.name(item) != name for item in listed.items):
                return
            async for event in self.client.watch(resource, namespace, resource_version=listed.resource_version):
                if event.type == "DELETED" and meta.name(event.object) == name:
                    return

    async def follow(self, resource: Resource, namespace: str | None) -> AsyncIterator[Object]:
        """Present objects, then every state that follows, for as long as patience lasts."""
        async with asyncio.timeout(PATIENCE):
            listed = await self.client.list(resource, namespace)
            for item in listed.items:
                yield item
            async for event in self.client.watch(resource, namespace, resource_version=listed.resource_version):
                if event.type in ("ADDED", "MODIFIED"):
                    yield event.object

    async def node(self, name: str, **spec: object) -> Object:
        """A node that is ready."""
        body = {"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}, "spec": spec}
        await self.client.create(NODES, body)
        await self.heartbeat(name)
        return await self.until(
            NODES, None, lambda node: meta.name(node) == name and not _has_taint(node, "node.kubernetes.io/not-ready")
        )

    async def heartbeat(self, name: str, status: str = "True") -> None:
        now = timestamps.now_micro()
        row = {"type": "Ready", "status": status, "reason": "KubeletReady", "message": now, "lastHeartbeatTime": now}
        row["lastTransitionTime"] = timestamps.now()
        await self.client.patch(NODES, name, {"status": {"conditions": [row]}}, subresource="status")

    @asynccontextmanager
    async def kubelet(self, namespace: str, ready: int | None = None, node: str = "here") -> AsyncIterator[Kubelet]:
        """Runs the pods of a namespace for the length of a ``with`` block; see `Kubelet`."""
        agent = Kubelet(self, namespace, ready, node)
        task = asyncio.create_task(agent.run())
        try:
            yield agent
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def events(self, namespace: str, reason: str = "") -> list[str]:
        """Messages of the namespace's events, oldest first."""
        items = (await self.client.list(EVENTS, namespace)).items
        items.sort(key=lambda item: int(meta.resource_version(item)))
        return [item["message"] for item in items if reason in ("", item["reason"])]


def _has_taint(node: Object, key: str) -> bool:
    return any(taint["key"] == key for taint in node["spec"].get("taints") or [])


class Kubelet:
    """Binds and runs the pods of one namespace, and lets deleted ones go.

    Args:
        lab: the cluster.
        namespace: whose pods.
        ready: how many pods may become ready; None for all.
        node: the node to bind pods to that no scheduler has bound.
    """

    def __init__(self, lab: Lab, namespace: str, ready: int | None = None, node: str = "here") -> None:
        self._client = lab.client
        self._namespace = namespace
        self._node = node
        self._permits = asyncio.Semaphore(1_000_000 if ready is None else ready)
        self._started: set[str] = set()
        self._addresses = iter(f"10.200.1.{number}" for number in range(1, 250))

    def permit(self, pods: int = 1) -> None:
        """Let that many more pods become ready."""
        for _ in range(pods):
            self._permits.release()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            listed = await self._client.list(PODS, self._namespace)
            for pod in listed.items:
                await self._handle(group, pod)
            async for event in self._client.watch(PODS, self._namespace, resource_version=listed.resource_version):
                if event.type in ("ADDED", "MODIFIED"):
                    await self._handle(group, event.object)

    async def _handle(self, group: asyncio.TaskGroup, pod: Object) -> None:
        if meta.is_deleting(pod):
            if not meta.finalizers(pod):
                await _tolerant(self._client.delete(PODS, meta.name(pod), self._namespace, grace_seconds=0))
        elif meta.uid(pod) not in self._started:
            self._started.add(meta.uid(pod))
            group.create_task(self._start(pod))

    async def _start(self, pod: Object) -> None:
        name = meta.name(pod)
        if not pod["spec"].get("nodeName"):
            body = {"metadata": {"name": name}, "target": {"kind": "Node", "name": self._node}}
            await _tolerant(self._client.create(PODS, body, self._namespace, name=name, subresource="binding"))
        await self._permits.acquire()
        await _tolerant(self.report(name, "Running", ready=True))

    async def report(self, name: str, phase: str, *, ready: bool = False) -> None:
        """Post a pod's status."""
        row = {"type": "Ready", "status": str(ready), "lastTransitionTime": timestamps.now()}
        status: Object = {"phase": phase, "conditions": [row]}
        if phase == "Running":
            status["podIP"] = next(self._addresses)
        await self._client.patch(PODS, name, {"status": status}, self._namespace, subresource="status")


async def _tolerant(request: Awaitable[object]) -> None:
    """Await a request about a pod that may have gone meanwhile."""
    try:
        await request
    except ApiError as error:
        if not (error.not_found or error.conflict):
            raise


async def _issue_token(account: Object, secret: Object) -> str:
    return f"token of {meta.key(account)} in {meta.name(secret)}"


@asynccontextmanager
async def running_lab(folder: Path, clock: float = 0.01) -> AsyncIterator[Lab]:
    """A cluster with the controllers; their node grace periods pass `clock` times faster.

    By default hours long: the kubelet of these tests binds pods to nodes that do not exist, and pods of such nodes are
    collected after a quarantine that a session of tests on a busy machine outlives.
    """
    name = f"c-{names.random_suffix()}"
    async with in_process(folder, control_plane=False, name=name, version=LESSON_VERSION) as (cluster, client):
        authority = cluster.pki.authority
        settings = ControllerSettings(authority, issue_token=_issue_token, clock=clock)
        manager = Manager(client)
        install(manager, settings)
        async with manager.running():
            yield Lab(client, authority.pem)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """One cluster for all tests; each works in a namespace of its own."""
    async with running_lab(tmp_path_factory.mktemp("cluster") / "controllers") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def namespace(lab: Lab) -> str:
    return await lab.namespace()


@pytest_asyncio.fixture(loop_scope="session")
async def hasty_lab(tmp_path: Path) -> AsyncIterator[Lab]:
    """A cluster of its own, whose node grace periods pass in a moment."""
    async with running_lab(tmp_path / "hasty", clock=200.0) as made:
        yield made
