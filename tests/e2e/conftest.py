"""A laboratory of a test's own, and a look at everything that it has running, listening and lying about."""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes
import pytest

from liqolab.steps.clusters import Cluster, Object

PEER_AND_OFFLOAD = """
set -e
export KUBECONFIG="$PWD/liqo_kubeconf_venice"
liqoctl generate peer-command --only-command --kubeconfig liqo_kubeconf_florence | bash
liqoctl generate peer-command --only-command --kubeconfig liqo_kubeconf_naples | bash
kubectl create namespace liqo-demo
liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName \
  --pod-offloading-strategy LocalAndRemote --selector 'topology.liqo.io/region=south'
kubectl apply -f ./manifests/deploy.yaml -n liqo-demo
kubectl wait --for=condition=Available deployment/app-south -n liqo-demo --timeout=30s
"""

_REPORTED = ("events", "leases", "componentstatuses", "endpoints", "endpointslices")
_COUNTED = ("resourceVersion", "managedFields")

_LISTENING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}


@dataclass(frozen=True)
class Running:
    """A command that runs as the leader of a process group of its own, as one typed into a terminal does."""

    process: subprocess.Popen[str]

    def until(self, text: str) -> None:
        """Read what it prints up to a line with `text` in it."""
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if text in line:
                return
        pytest.fail(f"it ended without {text!r}:\n{''.join(seen)}")

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; exit code, and what it had left to say."""
        os.killpg(self.process.pid, signal.SIGINT)
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said


class Laboratory:
    """`liqolab` with a home, a person and a folder for temporary files that nobody else uses."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.scratch = root / "scratch"
        self.person = root / "person"
        for folder in (self.scratch, self.person):
            folder.mkdir()
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.person),
            "TMPDIR": str(self.scratch),
            "LIQOLAB_HOME": str(self.home),
            "LANG": "C.UTF-8",
        }

    def start(self, *arguments: str, **settings: Any) -> Running:
        command = [sys.executable, "-m", "liqolab.launch", "liqolab.cli", "liqolab", *arguments]
        standard: dict[str, Any] = {"stdin": subprocess.DEVNULL, "env": self.environment}
        return Running(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                **standard | settings,
            )
        )

    def liqolab(self, *arguments: str, code: int = 0, **settings: Any) -> str:
        """Standard output and error of a command that ends with `code`; never a traceback."""
        process = self.start(*arguments, **settings).process
        said, _ = process.communicate(timeout=120)
        assert process.returncode == code, f"{arguments}: exit code {process.returncode}:\n{said}"
        assert "Traceback" not in said, said
        return said

    def shell(self, commands: str, code: int = 0) -> str:
        return self.liqolab("shell", "-c", commands, code=code)

    def status(self, playground: str = "default") -> dict[str, dict[str, Any]]:
        """Cluster → what `liqolab status` says of it."""
        found = json.loads(self.liqolab("status", "-o", "json"))
        return {
            cluster["name"]: cluster
            for entry in found
            if entry["playground"] == playground
            for cluster in entry["clusters"]
        }

    def folder(self, cluster: str, playground: str = "default") -> Path:
        return self.home / "playgrounds" / playground / "clusters" / cluster

    def cluster(self, name: str) -> Cluster:
        """The cluster through a client that knows nothing from before."""
        scratch = self.person / f"client-{len(list(self.person.iterdir()))}"
        scratch.mkdir()
        return Cluster(name, self.folder(name) / "kubeconfig", scratch)

    def kill(self, cluster: str) -> None:
        """``kill -9``, and wait until the process is gone."""
        os.kill(self.status()[cluster]["pid"], signal.SIGKILL)
        with (self.folder(cluster) / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def processes(self) -> dict[int, str]:
        """Everything that was started in this laboratory and still runs: process id → command line."""
        mark = f"LIQOLAB_HOME={self.home}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                # Another user's, or gone meanwhile.
                continue
        return found

    def listening(self) -> set[tuple[str, int]]:
        """Address and port of every socket that waits for others, of all processes of this laboratory."""
        own: set[str] = set()
        for process in self.processes():
            for descriptor in Path(f"/proc/{process}/fd").iterdir():
                target = str(descriptor.readlink())
                if target.startswith("socket:["):
                    own.add(target.removeprefix("socket:[").removesuffix("]"))
        return {(address, port) for inode, address, port in listeners() if inode in own}

    def left_behind(self) -> list[str]:
        """What a laboratory that was taken down must not leave."""
        files = [self.home, *self.home.rglob("*")] if self.home.exists() else []
        return [*self.processes().values(), *map(str, files), *map(str, self.scratch.iterdir())]


def listeners() -> Iterator[tuple[str, str, int]]:
    """Inode, address and port of every listening socket of the machine."""
    for protocol, state in _LISTENING.items():
        table = Path(f"/proc/net/{protocol}")
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            fields = line.split()
            if fields[3] == state:
                address, port = fields[1].split(":")
                yield fields[9], _address(address), int(port, 16)


def _address(text: str) -> str:
    """An address as the kernel prints it: in words of the machine's own byte order."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    return str(ipaddress.ip_address(packed))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Laboratory]:
    """A laboratory for one test; whatever the test does, nothing may be left of it after `liqolab down`."""
    yield from _used(tmp_path)


@pytest.fixture(scope="module")
def module_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """A laboratory for the tests of one module, which go through it together."""
    yield from _used(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def peered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The lesson's clusters, peered, with the namespace offloaded and the applications deployed; tests put back what
    they change."""
    for laboratory in _used(tmp_path_factory.mktemp("peered")):
        laboratory.liqolab("up")
        laboratory.shell(PEER_AND_OFFLOAD)
        yield laboratory


@pytest.fixture(scope="session")
def peer_and_offload() -> str:
    return PEER_AND_OFFLOAD


@pytest.fixture
def inventory() -> Callable[[Cluster], dict[str, Object]]:
    return _inventory


def _inventory(cluster: Cluster) -> dict[str, Object]:
    """What people and controllers have written into a cluster: every object of every kind, by kind and name.

    What is observed and reported anew all the time is not part of it: status, and what follows from the readiness of
    pods and nodes.
    """
    api = kubernetes.config.new_client_from_config(str(cluster.kubeconfig))
    groups = kubernetes.client.ApisApi(api).get_api_versions().groups
    preferred = [f"/apis/{group.preferred_version.group_version}" for group in groups]
    found: dict[str, Object] = {}
    for path in ["/api/v1", *preferred]:
        for kind in _get(api, path)["resources"]:
            if "list" not in kind["verbs"] or kind["name"] in _REPORTED:
                continue
            for item in _get(api, f"{path}/{kind['name']}")["items"]:
                metadata = item["metadata"]
                place = "/".join([kind["name"], metadata.get("namespace", "-"), metadata["name"]])
                found[place] = _written(item)
    return found


def _written(item: Object) -> Object:
    metadata = {key: value for key, value in item["metadata"].items() if key not in _COUNTED}
    written = item | {"metadata": metadata, "status": {}}
    if taints := item.get("spec", {}).get("taints"):
        own = [taint for taint in taints if not taint["key"].startswith("node.kubernetes.io/")]
        written["spec"] = item["spec"] | {"taints": own}
    return written


@pytest.fixture
def changes() -> Callable[[dict[str, Object], dict[str, Object]], list[str]]:
    return _changes


def _changes(before: dict[str, Object], after: dict[str, Object]) -> list[str]:
    """What is in one inventory and not, or not so, in the other."""
    gone = [f"{place} is gone" for place in before.keys() - after.keys()]
    new = [f"{place} is new" for place in after.keys() - before.keys()]
    changed = [
        f"{place}{path}: {value!r} has become {now.get(path, missing)!r}"
        for place in before.keys() & after.keys()
        for missing in ("nothing",)
        for then, now in [(dict(_leaves(before[place])), dict(_leaves(after[place])))]
        for path, value in [*then.items(), *((path, missing) for path in now.keys() - then.keys())]
        if now.get(path, missing) != value
    ]
    return sorted(gone + new + changed)


def _leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    entries = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in entries:
        if isinstance(value, dict | list) and value:
            yield from _leaves(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", value


def _get(api: kubernetes.client.ApiClient, path: str) -> Object:
    answer = api.rest_client.pool_manager.request("GET", api.configuration.host + path)
    assert answer.status == 200, answer.data
    document: Object = json.loads(answer.data)
    return document


def _used(root: Path) -> Iterator[Laboratory]:
    laboratory = Laboratory(root)
    try:
        yield laboratory
    finally:
        sockets = laboratory.listening()
        if laboratory.home.exists():
            laboratory.liqolab("down", "--all")
        remaining = laboratory.processes()
        for process in remaining:
            os.kill(process, signal.SIGKILL)
    assert not remaining
    assert laboratory.left_behind() == []
    assert not sockets & {(address, port) for _, address, port in listeners()}
