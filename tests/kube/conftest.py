"""A real cluster process for the session, and ways of talking to it: plain HTTP and every kubectl of the machine."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml


@dataclass
class ClusterProcess:
    """A cluster's folder and the process that serves it."""

    folder: Path
    server: str = ""
    pid: int = 0

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def start(self) -> dict[str, Any]:
        """Start it; the line that the starter printed."""
        done = serve(self.folder)
        line: dict[str, Any] = json.loads(done.stdout)
        self.server, self.pid = line.get("server", ""), line.get("pid", 0)
        return line

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the process and wait until it has let go of its folder."""
        os.kill(self.pid, number)
        with (self.folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)


def serve(*folders: Path, check: bool = False) -> subprocess.CompletedProcess[str]:
    """``python -m liqolab.kube serve``."""
    command = [sys.executable, "-m", "liqolab.kube", "serve", *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=check)


def order(folder: Path, name: str = "venice", **fields: Any) -> ClusterProcess:
    """A folder with a ``cluster.json``, not started."""
    folder.mkdir(mode=0o700, exist_ok=True)
    document = {
        "name": name,
        "version": "v1.33.4",
        "podCIDR": "10.200.0.0/16",
        "serviceCIDR": "10.80.0.0/12",
        "nodes": [{"name": f"{name}-control-plane", "role": "control-plane", "labels": {}}],
        "apiServer": {"address": "127.0.0.1", "port": 0},
        "kubeconfigName": f"kind-{name}",
    }
    (folder / "cluster.json").write_text(json.dumps({**document, **fields}))
    return ClusterProcess(folder)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    """One running cluster for all tests; each test works in namespaces of its own."""
    process = order(tmp_path_factory.mktemp("clusters") / "venice")
    line = process.start()
    assert "error" not in line, (line, (process.folder / "log").read_text()[-4000:])
    yield process
    process.stop()


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[ClusterProcess]:
    """A cluster for one test, not started; stopped afterwards if it runs."""
    process = order(tmp_path / "own", "own")
    yield process
    if process.pid and (process.folder / "run.json").exists():
        with contextlib.suppress(ProcessLookupError):
            process.stop()


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

    async def lines(self, path: str, accept: str = "application/json") -> AsyncIterator[dict[str, Any]]:
        """The events of a watch, until its end."""
        async with self.session.get(self.server + path, headers={"Accept": accept}, ssl=self.tls) as answer:
            assert answer.status == 200, await answer.text()
            async for line in answer.content:
                yield json.loads(line)


@pytest.fixture
async def api(cluster: ClusterProcess) -> AsyncIterator[Api]:
    client = Api(cluster.kubeconfig)
    yield client
    await client.session.close()


@pytest.fixture
async def connect() -> AsyncIterator[Any]:
    """Opens an `Api` for a kubeconfig; closed after the test."""
    opened: list[Api] = []

    async def make(kubeconfig: Path) -> Api:
        opened.append(Api(kubeconfig))
        return opened[-1]

    yield make
    for client in opened:
        await client.session.close()


@pytest.fixture
def make_order() -> Any:
    return order


@pytest.fixture
def run_serve() -> Any:
    return serve


@pytest.fixture
def finish() -> Any:
    return ClusterProcess.stop


@pytest.fixture
async def namespace(api: Api) -> AsyncIterator[str]:
    """A namespace of the test's own."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": name}}, code=201)
    yield name
    await api("DELETE", f"/api/v1/namespaces/{name}", code=200)


def _kubectls() -> list[Path]:
    listed = [Path(text) for text in os.environ.get("LIQOLAB_KUBECTLS", "").split(os.pathsep) if text]
    found = shutil.which("kubectl")
    return [path for path in dict.fromkeys([*listed, *([Path(found)] if found else [])]) if path.exists()]


@dataclass
class Kubectl:
    """One kubectl of this machine with a home of its own (it caches discovery there)."""

    path: Path
    kubeconfig: Path
    home: Path

    def __call__(self, *arguments: str, stdin: str | None = None, code: int = 0) -> str:
        """Standard output (and, where `code` is not 0, standard error) of a command."""
        environment = {"HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [str(self.path), *arguments], input=stdin, capture_output=True, text=True, timeout=60, env=environment
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout + (done.stderr if code else "")


@pytest.fixture(params=_kubectls(), ids=lambda path: "-".join(path.parts[-4:]))
def kubectl(request: pytest.FixtureRequest, cluster: ClusterProcess, tmp_path: Path) -> Kubectl:
    """Each kubectl found on the PATH and in LIQOLAB_KUBECTLS."""
    return Kubectl(request.param, cluster.kubeconfig, tmp_path)
