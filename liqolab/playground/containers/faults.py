"""Faults of KinD's clusters: their containers are killed and paused; network and clock are the machine's."""

from __future__ import annotations

from liqolab.playground.containers.engine import find_engine
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.faults import Fault, Link
from liqolab.playground.provider import Provider


class KindFaults:
    """The faults of one playground's clusters."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def kill(self, name: str) -> None:
        engine = find_engine()
        if running := [node.name for node in await engine.nodes(name) if node.running or node.paused]:
            await engine.call("kill", *running)

    async def pause(self, name: str) -> None:
        engine = find_engine()
        if running := [node.name for node in await engine.nodes(name) if node.running]:
            await engine.call("pause", *running)

    async def clock(self, name: str, seconds: float) -> None:
        raise PlaygroundError(
            f"the clock of {name} is this machine's: containers have none of their own",
            "move the clock of an embedded cluster: liqolab up --provider embedded --playground another",
        )

    async def link(self, link: Link, *, cut: bool = False, delay: float = 0.0) -> None:
        if not cut and not delay:
            return
        one, other = link
        raise PlaygroundError(
            f"links between KinD clusters are not cut or slowed from here: {one} and {other} share this machine's "
            "bridge",
            "pause one of them instead, or do it in a node (docker exec NODE iptables …, tc …), or use embedded "
            "clusters",
        )

    async def mend(self, name: str) -> None:
        await self._provider.start([name])

    async def in_effect(self) -> list[Fault]:
        words = {"stopped": "killed", "paused": "paused"}
        statuses = await self._provider.status()
        return [Fault(each.name, words[each.state]) for each in statuses if each.state in words]  # type: ignore[arg-type]
