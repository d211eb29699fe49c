"""`liqolab` as a person has it, with a home and folders that nobody else uses, and a look at everything that it has
running, listening and lying about.
"""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from liqolab.playground.embedded import process_id
from liqolab.steps.clusters import Cluster

LIQOLAB = [sys.executable, "-P", "-m", "liqolab.launch", "liqolab.cli", "liqolab"]
"""The console script, whether or not it is on the PATH."""

LESSON = "offloading-with-policies"


def peering(*providers: str) -> str:
    """The commands of the lesson that peer Venice with others."""
    peer = "liqoctl generate peer-command --only-command --kubeconfig liqo_kubeconf_{} | bash"
    before = ("set -e -o pipefail", "export KUBECONFIG=$PWD/liqo_kubeconf_venice")
    return "\n".join([*before, *map(peer.format, providers)])


OFFLOAD = """
kubectl create namespace liqo-demo
liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName \
  --pod-offloading-strategy LocalAndRemote --selector 'topology.liqo.io/region=south'
"""
DEPLOY = """
kubectl apply -f ./manifests/deploy.yaml -n liqo-demo
"""
AVAILABLE = """
kubectl wait --for=condition=Available deployment/app-south -n liqo-demo --timeout=60s
"""
PEER_AND_OFFLOAD = peering("florence", "naples") + OFFLOAD + DEPLOY + AVAILABLE
"""The lesson up to the applications; app-center waits for a node, as it does there."""

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
    """`liqolab` with a home, a person and a folder for temporary files.

    Args:
        root: an empty folder for all of them.
        patience: seconds that a command may take.
        environment: what is not as usual in the environment of its commands.
    """

    def __init__(self, root: Path, patience: int = 120, **environment: str) -> None:
        self.patience = patience
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
            **environment,
        }

    def start(self, *arguments: str, **settings: Any) -> Running:
        """Start a command; `settings` are those of `subprocess.Popen`."""
        standard: dict[str, Any] = {"stdin": subprocess.DEVNULL, "env": self.environment}
        return Running(
            subprocess.Popen(
                [*LIQOLAB, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                **standard | settings,
            )
        )

    def liqolab(self, *arguments: str, code: int = 0, typed: str = "", **settings: Any) -> str:
        """Standard output and error, in the order in which they came, of a command that ends with `code`; never a
        traceback.
        """
        given = {"stdin": subprocess.PIPE} if typed else {}
        process = self.start(*arguments, **given | settings).process
        said, _ = process.communicate(typed or None, timeout=self.patience)
        assert process.returncode == code, f"{arguments}: exit code {process.returncode}:\n{said}"
        assert "Traceback" not in said, said
        return said

    def shell(self, commands: str, code: int = 0) -> str:
        return self.liqolab("shell", "-c", commands, code=code)

    def kubectl(self, cluster: str, command: str) -> str:
        return self.shell(f"kubectl --kubeconfig {self.kubeconfig(cluster)} {command}")

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

    def kubeconfig(self, cluster: str) -> Path:
        return self.folder(cluster) / "kubeconfig"

    def kubeconfigs(self) -> dict[str, Path]:
        """Of the lesson's clusters."""
        return {name: self.kubeconfig(name) for name in ("venice", "florence", "naples")}

    def cluster(self, name: str) -> Cluster:
        """The cluster through a client that knows nothing from before."""
        scratch = self.person / f"client-{len(list(self.person.iterdir()))}"
        scratch.mkdir()
        return Cluster(name, self.kubeconfig(name), scratch)

    def signal(self, cluster: str, number: signal.Signals, playground: str = "default") -> None:
        process = process_id(self.folder(cluster, playground))
        assert process is not None, f"{cluster} does not run"
        os.kill(process, number)

    def kill(self, cluster: str, playground: str = "default") -> None:
        """``kill -9``, and wait until the process is gone."""
        self.signal(cluster, signal.SIGKILL, playground)
        with (self.folder(cluster, playground) / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def processes(self) -> dict[int, str]:
        """Everything that was started in this laboratory and still runs: process id → command line."""
        return processes(self.home)

    def listening(self) -> set[tuple[str, int]]:
        """Address and port of every socket that waits for others, of all processes of this laboratory."""
        own: set[str] = set()
        for process in self.processes():
            for descriptor in Path(f"/proc/{process}/fd").iterdir():
                try:
                    target = str(descriptor.readlink())
                except FileNotFoundError:
                    # Closed since the folder was read: nobody listens there any more.
                    continue
                if target.startswith("socket:["):
                    own.add(target.removeprefix("socket:[").removesuffix("]"))
        return {(address, port) for inode, address, port in listeners() if inode in own}

    def left_behind(self) -> list[str]:
        """What a laboratory that was taken down must not leave."""
        files = [self.home, *self.home.rglob("*")] if self.home.exists() else []
        return [*self.processes().values(), *map(str, files), *map(str, self.scratch.iterdir())]

    def down(self) -> None:
        """Take every playground down; nothing is left, whatever happened."""
        sockets = self.listening()
        try:
            if self.home.exists():
                # A program whose lab a test has left open uses it, and this is its end all the same.
                self.liqolab("down", "--all", "--yes")
        finally:
            remaining = self.processes()
            for process in remaining:
                os.kill(process, signal.SIGKILL)
        assert not remaining, remaining
        assert self.left_behind() == []
        assert not sockets & {(address, port) for _, address, port in listeners()}


@contextmanager
def used(root: Path, patience: int = 120, **environment: str) -> Iterator[Laboratory]:
    """A laboratory for the length of the block; whatever happens in it, nothing may be left afterwards."""
    laboratory = Laboratory(root, patience, **environment)
    try:
        yield laboratory
    finally:
        laboratory.down()


def processes(home: Path) -> dict[int, str]:
    """Everything that runs with that home: process id → command line."""
    mark = f"LIQOLAB_HOME={home}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            # Another user's, or gone meanwhile.
            continue
    return found


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
