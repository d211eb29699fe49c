"""A whole cluster in the test's own event loop, reached over HTTPS like any other."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from liqolab.apimachinery.builtin import NAMESPACES, PODS
from liqolab.apimachinery.resources import Resource
from liqolab.controller.http import HttpClient
from liqolab.kube.cluster import Cluster
from liqolab.kube.node import programs

Object = dict[str, Any]
PATIENCE_SECONDS = 20
ORDER = {
    "version": "v1.33.4",
    "podCIDR": "10.200.0.0/16",
    "serviceCIDR": "10.80.0.0/12",
    "apiServer": {"address": "127.0.0.1", "port": 0},
}


@dataclass
class Lab:
    """A running cluster and the administrator's client."""

    folder: Path
    cluster: Cluster
    client: HttpClient
    namespace: str = "default"

    @property
    def node_address(self) -> str:
        return self.cluster.endpoints.node_address

    async def pod(self, name: str, container: Object | None = None, **spec: Any) -> Object:
        """Create a pod with one container."""
        metadata = spec.pop("metadata", {})
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": name}} | metadata,
            "spec": {"containers": [{"name": "c", "image": "nginx"} | (container or {})]} | spec,
        }
        return await self.client.create(PODS, body, self.namespace)

    async def create(self, resource: Resource, body: Object) -> Object:
        """Create something in the test's namespace."""
        return await self.client.create(resource, body, self.namespace)

    async def until(self, name: str, reached: Callable[[Object], bool], resource: Resource = PODS) -> list[Object]:
        """Every state of an object that a watch shows up to the first that `reached` accepts."""
        seen: list[Object] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            fields = f"metadata.name={name}"
            found = await self.client.list(resource, self.namespace, fields=fields)
            seen += found.items
            if seen and reached(seen[-1]):
                return seen
            async for event in self.client.watch(
                resource, self.namespace, resource_version=found.resource_version, fields=fields
            ):
                seen.append(event.object | {"gone": event.type == "DELETED"})
                if reached(seen[-1]):
                    return seen
        raise AssertionError("the watch ended")

    async def ready(self, name: str) -> Object:
        """The pod once it is ready."""
        return (await self.until(name, is_ready))[-1]

    async def log(self, name: str, **query: str) -> str:
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/log"
        return (await self.client.raw(path, query=query)).decode()


def is_ready(pod: Object) -> bool:
    rows = pod["status"].get("conditions") or ()
    return any(row["type"] == "Ready" and row["status"] == "True" for row in rows)


async def eventually(attempt: Callable[[], Awaitable[Any]]) -> Any:
    """What `attempt` returns once it returns something true instead of raising OSError: for what no watch shows."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                if found := await attempt():
                    return found
            except OSError:
                pass
            await asyncio.sleep(0.01)


class Running:
    """A cluster in a folder, as an async context manager that can be entered again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes = [("venice-control-plane", "control-plane")]

    def _order(self) -> None:
        nodes = [{"name": name, "role": role, "labels": {"topology": "north"}} for name, role in self.nodes]
        self.folder.mkdir(mode=0o700)
        document = ORDER | {"name": f"venice-{uuid.uuid4().hex[:6]}", "nodes": nodes}
        (self.folder / "cluster.json").write_text(json.dumps(document))

    async def __aenter__(self) -> Lab:
        if not self.folder.exists():
            self._order()
        self.cluster = Cluster(self.folder)
        await self.cluster.start()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.cluster.ready()
        self.client = HttpClient.from_kubeconfig(self.folder / "kubeconfig")
        return Lab(self.folder, self.cluster, self.client)

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        await self.cluster.stop()


@pytest.fixture(name="eventually")
def eventually_fixture() -> Any:
    """See `eventually`."""
    return eventually


@pytest.fixture
def restartable(tmp_path: Path) -> Running:
    """A cluster of the test's own, to be entered as often as it likes."""
    return Running(tmp_path / "venice")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory, lab_programs: None) -> AsyncIterator[Lab]:
    """One cluster for all tests of this folder."""
    async with Running(tmp_path_factory.mktemp("node") / "venice") as lab:
        yield lab


@pytest_asyncio.fixture(loop_scope="session")
async def lab(running: Lab) -> AsyncIterator[Lab]:
    """The cluster, in a namespace of the test's own."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    await running.client.create(NAMESPACES, {"metadata": {"name": name}})
    yield Lab(running.folder, running.cluster, running.client, name)
    await running.client.delete(NAMESPACES, name)


PROGRAMS = '''
import asyncio
from aiohttp import web


async def server(container):
    """Answers with the file that it is told to; ready when it serves."""
    async def answer(request):
        return web.Response(text=container.path(container.args[0]).read_text())

    await container.network.listen(8080, web.Server(answer))
    container.log(f"serving {container.env['GREETING']} from {container.pod_ip}")
    container.ready.set()
    await asyncio.Event().wait()


async def broken(container):
    raise RuntimeError("the reason is in the log")


async def router(container):
    container.network.add_route("10.99.0.0/24", container.pod_ip)


TABLE = {f"lab/{name}": f"labprograms:{name}" for name in ("server", "broken", "router")}
'''


@pytest.fixture(scope="session")
def lab_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An installed distribution that brings programs for the images ``lab/server``, ``lab/broken``, ``lab/router``."""
    root = tmp_path_factory.mktemp("site")
    info = root / "labprograms-1.dist-info"
    info.mkdir()
    (root / "labprograms.py").write_text(PROGRAMS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: labprograms\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[liqolab.programs]\nlab = labprograms:TABLE\n")
    sys.path.insert(0, str(root))
    programs.installed.cache_clear()
    yield
    sys.path.remove(str(root))
    programs.installed.cache_clear()
    sys.modules.pop("labprograms", None)
