"""Breaking things on purpose: a cluster that is gone or stands still, a link that is cut or slow, a clock that jumps.

One vocabulary for the command line, for features and for the chaos suite. What is in effect is asked of the clusters
each time, and is noted nowhere else: a cluster that somebody else has started again is not "killed" because a note of
ours says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.faults import Fault, Faults, Link, link
from liqolab.playground.home import Playground
from liqolab.playground.provider import Provider, unknown_cluster
from liqolab.playground.providers import EMBEDDED, KIND, provider_of


class Chaos:
    """What can be broken and mended in one playground."""

    def __init__(self, playground: Playground) -> None:
        """Raises `PlaygroundError` if the clusters are somebody else's."""
        self._playground = playground
        self._provider = provider_of(playground)
        self._faults = _faults_of(self._provider)

    async def kill(self, name: str) -> None:
        """End what runs of a cluster, as a power cut does."""
        await self._faults.kill(await self._cluster(name))

    async def pause(self, name: str) -> None:
        """Freeze a cluster: it answers nobody, and its connections stay open."""
        states = {status.name: status.state for status in await self._provider.status()}
        if states.get(await self._cluster(name)) == "stopped":
            raise PlaygroundError(f"{name} does not run, so it cannot be paused", f"first: liqolab chaos heal {name}")
        await self._faults.pause(name)

    async def clock(self, name: str, seconds: float) -> None:
        """Move a cluster's clock; 0 sets it right."""
        await self._faults.clock(await self._cluster(name), seconds)

    async def cut(self, link: str) -> None:
        """Have nothing pass between two clusters."""
        await self._faults.link(await self.link_named(link), cut=True)

    async def slow(self, link: str, seconds: float) -> None:
        """Have every round trip between two clusters take that much longer."""
        await self._faults.link(await self.link_named(link), delay=seconds)

    async def heal(self, where: str) -> None:
        """Mend a cluster, or a link."""
        if where in await self.clusters():
            await self._faults.mend(where)
        else:
            await self._faults.link(await self.link_named(where))

    async def heal_all(self) -> list[Fault]:
        """Mend everything; what there was to mend."""
        found = await self.in_effect()
        for where in dict.fromkeys(fault.where for fault in found):
            await self.heal(where)
        return found

    async def in_effect(self) -> list[Fault]:
        """What is not as it should be."""
        return await self._faults.in_effect()

    async def clusters(self) -> list[str]:
        return [status.name for status in await self._provider.status()]

    async def link_named(self, text: str) -> Link:
        """The link that is meant by ``venice-naples`` or ``venice:naples``, in either order.

        Raises:
            PlaygroundError: no two clusters of the playground are called so.
        """
        known = await self.clusters()
        found = {link(a, b) for a in known for b in known if a != b and text in (f"{a}-{b}", f"{a}:{b}")}
        if len(found) == 1:
            return found.pop()
        if found:
            raise PlaygroundError(f'"{text}" may mean several links', "write the two clusters with a colon: NAME:NAME")
        raise PlaygroundError(
            f'there is no cluster and no link "{text}" in playground "{self._playground.name}"',
            f"known: {', '.join(known) or 'no clusters'}; a link is two of them: {_example(known)}",
        )

    async def _cluster(self, name: str) -> str:
        statuses = await self._provider.status()
        if name not in (status.name for status in statuses):
            raise unknown_cluster(self._playground, name, statuses)
        return name


def _faults_of(provider: Provider) -> Faults:
    if provider.name == EMBEDDED:
        from liqolab.playground.embedded_faults import EmbeddedFaults

        return EmbeddedFaults(provider)
    if provider.name == KIND:
        from liqolab.playground.containers.faults import KindFaults

        return KindFaults(provider)
    raise PlaygroundError(
        f"the clusters of the provider {provider.name} are somebody else's: nothing of them is broken on purpose",
        "use clusters of the lab's own: liqolab up --playground another",
    )


def _example(known: Sequence[str]) -> str:
    return f"{known[0]}-{known[1]}" if len(known) > 1 else "venice-naples"
