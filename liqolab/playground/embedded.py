"""The default provider: embedded clusters, one operating-system process each, made of nothing but Python.

This side of the wall knows a cluster as a folder and a command line, not as a Python object: it writes
``cluster.json``, starts ``python -m liqolab.kube serve FOLDER…`` (which forks one daemon a cluster from one warm
process) and finds running clusters by the lock that each daemon holds on its folder for its whole life. A lock cannot
go stale, so a process that died is never mistaken for a living one, nor a stranger's process id for ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.kind_config.unsupported import loopback
from liqolab.playground.kind_config.versions import version_of
from liqolab.playground.provider import ClusterStatus, Provider, State, unknown_cluster
from liqolab.playground.topology import ClusterSpec, NodeSpec

_STOP_SECONDS = 10.0
_KUBE_PROGRAM = (sys.executable, "-m", "liqolab.kube", "serve")


class EmbeddedProvider(Provider):
    """Clusters of one playground, as processes of this machine."""

    name = "embedded"
    keeps_clusters = False
    has_snapshots = True

    def __init__(self, playground: Playground, *, node_image: str = "") -> None:
        """`node_image` stands in for the image of every node: its tag says which version is to be shown."""
        self._playground = playground
        self._version = version_of(node_image) if node_image else None

    @property
    def playground(self) -> Playground:
        """Where the clusters live."""
        return self._playground

    def begins(self, spec: ClusterSpec) -> str:
        return f"Starting an embedded control plane that shows itself as {self._shown(spec).version}"

    async def create(self, specs: Sequence[ClusterSpec], *, retain: bool = False) -> None:
        self._playground.create()
        made: list[Path] = []
        try:
            for spec in specs:
                made.append(self._make_folder(self._shown(spec)))
            await self._serve(made)
        except BaseException as error:
            if retain:
                raise
            # All or nothing, also when Ctrl-C arrives while clusters are coming up.
            await asyncio.shield(self._remove(made))
            if isinstance(error, PlaygroundError):
                raise PlaygroundError(str(error), error.hint or "no cluster was left; try again") from None
            raise

    async def start(self, names: Sequence[str]) -> None:
        folders = [self._folder(name) for name in names]
        try:
            await self._serve([folder for folder in folders if not is_running(folder)])
        except PlaygroundError as error:
            raise PlaygroundError(str(error), f"what it said is in {self._playground.clusters}/NAME/log") from None

    async def stop(self, names: Sequence[str]) -> None:
        """End the processes and keep the folders."""
        await asyncio.gather(*(_stop(self._folder(name)) for name in names))

    async def delete(self, names: Sequence[str]) -> None:
        await self._remove([self._folder(name) for name in names])

    async def delete_all(self) -> None:
        await self.delete([status.name for status in await self.status()])

    async def status(self) -> list[ClusterStatus]:
        folder = self._playground.clusters
        if not folder.is_dir():
            return []
        return [_status(entry) for entry in sorted(folder.iterdir()) if (entry / "cluster.json").exists()]

    async def kubeconfig(self, name: str) -> Path:
        path = self._playground.kubeconfig(name)
        if not path.exists():
            raise unknown_cluster(self._playground, name, await self.status())
        return path

    async def load(self, names: Sequence[str], images: Sequence[str]) -> None:
        """There is nothing to do: embedded nodes know images by their names and pull nothing."""

    def _shown(self, spec: ClusterSpec) -> ClusterSpec:
        """The cluster with the version that the chosen node image says."""
        if self._version is None:
            return spec
        nodes = tuple(replace(node, version=self._version) for node in spec.nodes)
        return replace(spec, version=self._version, nodes=nodes)

    def _folder(self, name: str) -> Path:
        return self._playground.clusters / name

    def _make_folder(self, spec: ClusterSpec) -> Path:
        folder = self._folder(spec.name)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            raise PlaygroundError(
                f'a cluster "{spec.name}" already exists in playground "{self._playground.name}"',
                f"delete it (kind delete cluster --name {spec.name}), or use another name or playground",
            ) from None
        except OSError as error:
            raise PlaygroundError(f"{folder} cannot be created: {error.strerror}", "free some space") from None
        try:
            (folder / "cluster.json").write_text(json.dumps(_settings(spec), indent=2) + "\n")
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise PlaygroundError(f"{folder} cannot be written: {error.strerror}", "free some space") from None
        return folder

    async def _serve(self, folders: Sequence[Path]) -> None:
        if not folders:
            return
        process = await asyncio.create_subprocess_exec(
            *_KUBE_PROGRAM,
            *(str(folder) for folder in folders),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Ctrl-C is for the command that waits here; it cleans up what it started.
            start_new_session=True,
        )
        try:
            output, errors = await process.communicate()
        except asyncio.CancelledError:
            # It ends the daemons that it has started, and only then itself.
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            raise
        failures = [text for line in output.splitlines() if (text := _failure(line))]
        if process.returncode != 0 and not failures:
            failures = [
                errors.decode(errors="replace").strip().splitlines()[-1] if errors else "it ended without a word"
            ]
        if failures:
            raise PlaygroundError("; ".join(failures))

    async def _remove(self, folders: Sequence[Path]) -> None:
        await asyncio.gather(*(_stop(folder) for folder in folders))
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def is_running(folder: Path) -> bool:
    """Whether a cluster's process holds the lock of its folder."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def process_id(folder: Path) -> int | None:
    """The process of a running cluster; None when it is not running."""
    if not is_running(folder):
        return None
    try:
        # Not run.json's: after a kill -9 that is of the process before, until the next one is ready.
        return int((folder / "lock").read_text())
    except (OSError, ValueError):
        return None


def is_stopped(process: int | None) -> bool:
    """Whether a process stands still, as after SIGSTOP."""
    if process is None:
        return False
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        # No Linux, or gone.
        asked = ["ps", "-o", "state=", "-p", str(process)]
        state = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return state.startswith("T")


async def _stop(folder: Path) -> None:
    """Ask the process to end, then insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pid = process_id(folder)
        if pid is None:
            return
        try:
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if await released(folder):
            return
    raise PlaygroundError(f"the process of {folder.name} does not end", f"look for what holds {folder}/lock")


async def released(folder: Path) -> bool:
    """Wait until nobody holds the lock any more: the kernel wakes a blocking flock the moment the process is gone."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return True
    waiting = asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
    try:
        await asyncio.wait_for(waiting, _STOP_SECONDS)
    except TimeoutError:
        return False
    finally:
        os.close(descriptor)
    return True


def _settings(spec: ClusterSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "version": spec.version,
        "podCIDR": spec.pod_cidr,
        "serviceCIDR": spec.service_cidr,
        "nodes": [_node_settings(node, spec) for node in spec.nodes],
        "apiServer": {"address": spec.api_address, "port": spec.api_port},
        "addons": list(spec.addons),
        "kubeconfigName": f"kind-{spec.name}",
    }


def _node_settings(node: NodeSpec, cluster: ClusterSpec) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "name": node.name,
        "role": node.role,
        "labels": dict(node.labels),
        "version": node.version or cluster.version,
        "portMappings": [
            {
                "containerPort": mapping.container,
                "hostPort": max(mapping.host, 0),
                "listenAddress": loopback(mapping.address),
            }
            for mapping in node.ports
        ],
    }
    if node.taints is not None:
        settings["taints"] = [dict(taint) for taint in node.taints]
    return settings


def _status(folder: Path) -> ClusterStatus:
    pid = process_id(folder)
    server = ""
    with contextlib.suppress(OSError, ValueError, KeyError):
        server = json.loads((folder / "run.json").read_text())["server"]
    state: State = "stopped" if pid is None else "paused" if is_stopped(pid) else "running"
    return ClusterStatus(folder.name, state, server, pid)


def _failure(line: bytes) -> str:
    """What a line of the serve command's output says went wrong; empty when nothing did."""
    try:
        document = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(document, dict) or "error" not in document:
        return ""
    return f'cluster "{document.get("name", "?")}": {document["error"]}'
