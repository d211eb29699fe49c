"""Faults of embedded clusters: signals to their processes, and a file that tells each what to do to itself.

What is wrong with links and clocks stands in ``faults.json`` of the clusters' own folders (see `liqolab.kube.faults`
for its form), so it outlives a cluster's restart and goes with the cluster. A link is broken at both of its ends, each
of which ends and refuses what it opens itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any, Final

from liqolab.controller.kubeconfig import write_private
from liqolab.playground.embedded import is_running, is_stopped, process_id, released
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.faults import Fault, Link
from liqolab.playground.provider import Provider

_HEED_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.02


class EmbeddedFaults:
    """The faults of one playground's clusters."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._clusters = provider.playground.clusters

    async def kill(self, name: str) -> None:
        await self._signal(name, signal.SIGKILL)
        if not await released(self._clusters / name):
            raise PlaygroundError(f"the process of {name} does not end", f"look for what holds {name}/lock")

    async def pause(self, name: str) -> None:
        await self._signal(name, signal.SIGSTOP)
        folder = self._clusters / name
        await _until(lambda: is_stopped(process_id(folder)), f"{name} does not stand still")

    async def clock(self, name: str, seconds: float) -> None:
        document = self._read(name)
        await self._write(name, {**document, "clock": seconds})

    async def link(self, link: Link, *, cut: bool = False, delay: float = 0.0) -> None:
        for name, peer in (link, link[::-1]):
            document = self._read(name)
            rows = [row for row in document.get("links", ()) if row["peer"] != peer]
            if cut or delay:
                rows.append({"peer": peer, "places": self._places(peer), "cut": cut, "delay": delay})
            await self._write(name, {**document, "links": rows})

    async def mend(self, name: str) -> None:
        folder = self._clusters / name
        if self._read(name).get("clock"):
            await self._write(name, {**self._read(name), "clock": 0})
        if is_stopped(process_id(folder)):
            await self._signal(name, signal.SIGCONT)
            await _until(lambda: not is_stopped(process_id(folder)), f"{name} does not go on")
            await self._heeded(name)
        await self._provider.start([name])

    async def in_effect(self) -> list[Fault]:
        statuses = await self._provider.status()
        found = [Fault(status.name, "killed") for status in statuses if status.state == "stopped"]
        found += [Fault(status.name, "paused") for status in statuses if status.state == "paused"]
        links: dict[str, Fault] = {}
        for status in statuses:
            document = self._read(status.name)
            if ahead := document.get("clock"):
                found.append(Fault(status.name, "clock", ahead))
            for row in document.get("links", ()):
                where = "-".join(sorted((status.name, row["peer"])))
                links[where] = Fault(where, "cut") if row["cut"] else Fault(where, "slow", row["delay"])
        return [*found, *links.values()]

    async def _signal(self, name: str, number: signal.Signals) -> None:
        process = process_id(self._clusters / name)
        if process is not None:
            try:
                os.kill(process, number)
            except ProcessLookupError:
                return

    def _read(self, name: str) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads((self._clusters / name / "faults.json").read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            path = self._clusters / name / "faults.json"
            raise PlaygroundError(f"{path} cannot be read: {error}", "remove it, and break things anew") from None
        return document

    async def _write(self, name: str, document: dict[str, Any]) -> None:
        """Have a cluster go by this; one that stands still or is gone does when it goes on."""
        path = self._clusters / name / "faults.json"
        try:
            if any(document.values()):
                write_private(path, json.dumps(document))
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise PlaygroundError(f"{path} cannot be written: {error.strerror}", "free some space") from None
        await self._signal(name, signal.SIGHUP)
        await self._heeded(name)

    async def _heeded(self, name: str) -> None:
        folder = self._clusters / name

        def heeded() -> bool:
            if not is_running(folder) or is_stopped(process_id(folder)):
                return True
            return _content(folder / "faults.json") == _content(folder / "faults.applied")

        await _until(heeded, f"{name} has not heeded what was asked of it")

    def _places(self, name: str) -> list[str]:
        """What belongs to a cluster on this machine, whatever else is there."""
        path = self._clusters / name / "endpoints.json"
        try:
            kept = json.loads(path.read_bytes())
            own = [kept["nodeAddress"]] if kept["nodeAddress"] != kept["address"] else []
            mapped = [f"{each['address']}:{each['host_port']}" for each in kept.get("mappedPorts") or ()]
            return [*own, f"{kept['address']}:{kept['port']}", *mapped]
        except (OSError, ValueError, KeyError, TypeError):
            raise PlaygroundError(f"{path} cannot be read", f"bring {name} up first: liqolab up") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b"{}"


async def _until(holds: Any, otherwise: str) -> None:
    """Wait for what a process of somebody else does, and nothing portable tells of."""
    try:
        async with asyncio.timeout(_HEED_SECONDS):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise PlaygroundError(f"{otherwise} within {_HEED_SECONDS:.0f}s", "its log may say why") from None
