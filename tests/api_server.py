"""The API server of a cluster that runs as a process, asked in plain HTTP and with every kubectl of the machine.

The fixtures are for the folders whose conftest takes them in; all of these share one cluster.
"""

from __future__ import annotations

import base64
import json
import ssl
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.clusters import ClusterProcess, order
from tests.kubectls import Kubectl, each_kubectl


class Api:
    """Plain HTTP with the administrator's certificate."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = cluster["server"]
        self.tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        self.anonymous_tls = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
        )
        for suffix in ("certificate", "key"):
            path = kubeconfig.parent / f"test-client.{suffix}"
            path.write_bytes(base64.b64decode(user[f"client-{suffix}-data"]))
        folder = kubeconfig.parent
        self.tls.load_cert_chain(folder / "test-client.certificate", folder / "test-client.key")
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector())

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        type: str = "application/json",
        accept: str = "application/json",
        code: int | None = None,
        tls: ssl.SSLContext | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The decoded answer; with `code`, after checking the status."""
        data = body if isinstance(body, (bytes, str)) or body is None else json.dumps(body)
        sent = {"Accept": accept, **({"Content-Type": type} if body is not None else {}), **(headers or {})}
        url = self.server + path
        async with self.session.request(method, url, data=data, headers=sent, ssl=tls or self.tls) as answer:
            raw = await answer.read()
            self.status, self.headers = answer.status, answer.headers
        if code is not None:
            assert self.status == code, (self.status, raw)
        return json.loads(raw) if "json" in answer.headers.get("Content-Type", "") and raw else raw.decode()

    async def lines(self, path: str, accept: str = "application/json") -> AsyncGenerator[dict[str, Any], None]:
        """The events of a watch, until its end."""
        async with self.session.get(self.server + path, headers={"Accept": accept}, ssl=self.tls) as answer:
            assert answer.status == 200, await answer.text()
            async for line in answer.content:
                yield json.loads(line)


@pytest.fixture(scope="session")
def cluster(venice: ClusterProcess) -> ClusterProcess:
    """One running cluster for all tests; each test works in namespaces of its own."""
    return venice


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[ClusterProcess]:
    """A cluster for one test, not started; stopped afterwards if it runs."""
    process = order(tmp_path / "own")
    yield process
    process.stop()


@pytest.fixture
async def api(cluster: ClusterProcess) -> AsyncIterator[Api]:
    client = Api(cluster.kubeconfig)
    yield client
    await client.session.close()


@pytest.fixture
async def namespace(api: Api) -> AsyncIterator[str]:
    """A namespace of the test's own."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": name}}, code=201)
    yield name
    await api("DELETE", f"/api/v1/namespaces/{name}", code=200)


@pytest.fixture(params=each_kubectl())
def kubectl(request: pytest.FixtureRequest, cluster: ClusterProcess, tmp_path: Path) -> Kubectl:
    """Each kubectl found; it caches discovery in a home of its own."""
    return Kubectl(request.param, cluster.kubeconfig, tmp_path)
