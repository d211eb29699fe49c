"""A whole cluster in the test's own event loop, reached over HTTPS like any other."""

from __future__ import annotations

import asyncio
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
from tests.clusters import ClusterProcess, in_process, order, serving
from tests.kubectls import Kubectl
from tests.node.people import NODES, Person

Object = dict[str, Any]
PATIENCE_SECONDS = 20
CONTROL_PLANE = ("venice-control-plane", "control-plane")


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


Running = Callable[..., AbstractAsyncContextManager[Lab]]


@asynccontextmanager
async def running_lab(folder: Path, *nodes: tuple[str, str]) -> AsyncIterator[Lab]:
    """A cluster in a folder, where it may have run before; `nodes` are names and roles."""
    rows = [{"name": name, "role": role, "labels": {"topology": "north"}} for name, role in nodes or [CONTROL_PLANE]]
    async with in_process(folder, name=f"venice-{uuid.uuid4().hex[:6]}", nodes=rows) as (cluster, client):
        yield Lab(folder, cluster, client)


@pytest.fixture(name="eventually")
def eventually_fixture() -> Any:
    """See `eventually`."""
    return eventually


@pytest.fixture
def own_lab(tmp_path: Path) -> Running:
    """A cluster of the test's own, to be entered as often as it likes; with nodes where it says so at first."""
    return lambda *nodes: running_lab(tmp_path / "venice", *nodes)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory, lab_programs: None) -> AsyncIterator[Lab]:
    """One cluster for all tests of this folder."""
    async with running_lab(tmp_path_factory.mktemp("node") / "venice") as lab:
        yield lab


@pytest_asyncio.fixture(loop_scope="session")
async def lab(running: Lab) -> AsyncIterator[Lab]:
    """The cluster, in a namespace of the test's own."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    await running.client.create(NAMESPACES, {"metadata": {"name": name}})
    yield Lab(running.folder, running.cluster, running.client, name)
    await running.client.delete(NAMESPACES, name)


@pytest.fixture(scope="session")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    """A cluster of two nodes, whose process may be killed; for all tests of this folder."""
    process = order(tmp_path_factory.mktemp("two-nodes") / "venice", nodes=NODES)
    with serving(process):
        yield process


@pytest.fixture
def person(two_nodes: ClusterProcess, tmp_path: Path) -> Iterator[Person]:
    """Somebody with a namespace of their own there."""
    found = shutil.which("kubectl")
    assert found is not None
    kubectl, space = Kubectl(Path(found), two_nodes.kubeconfig, tmp_path), f"t-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", space)
    yield Person(kubectl, space)
    kubectl("delete", "namespace", space, "--wait=false")


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
    await container.network.add_route("10.99.0.0/24", container.pod_ip)


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
