"""Startup, readiness and liveness probes of one running container.

What a probe does is in `actions`. Until one has succeeded it is not only tried every period, but also whenever the
container opens a port: a lab should not wait for a clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from liqolab.apimachinery.resources import Object
from liqolab.kube.node.actions import Actions
from liqolab.kube.node.network import ContainerNetwork
from liqolab.program import HEALTH_PORT

Kind = Literal["Startup", "Readiness", "Liveness"]

_FIELDS: dict[Kind, str] = {"Startup": "startupProbe", "Readiness": "readinessProbe", "Liveness": "livenessProbe"}


@dataclass(frozen=True, slots=True)
class Observer:
    """Whom the probes tell.

    Attributes:
        started, ready: the container has started; is ready or is not.
        kill: a startup or liveness probe has failed for good.
        unhealthy: one attempt failed, and why.
    """

    started: Callable[[], None]
    ready: Callable[[bool], None]
    kill: Callable[[Kind], None]
    unhealthy: Callable[[Kind, str], None]


class Health:
    """The probes of one run of a container.

    Args:
        spec: the container of the pod's spec.
        actions: what a probe can do to the container.
        network: the container's network.
        observer: whom to tell.
        imitated: the container only imitates its image and serves nothing, so its probes are taken to succeed, but for
            commands, where commands are carried out. Where the image's contents are known as well, nobody listens who
            is not seen to, and all of them are tried.
    """

    def __init__(
        self, spec: Object, actions: Actions, network: ContainerNetwork, observer: Observer, *, imitated: bool
    ) -> None:
        self._actions = actions
        self._container = actions.container
        self._network = network
        self._observer = observer
        commands = actions.machine is not None and actions.machine.carries_out
        seen = actions.machine is not None and commands and actions.machine.userland.known
        self._probes: dict[Kind, Object] = {
            kind: spec[name]
            for kind, name in _FIELDS.items()
            if spec.get(name)
            and (not imitated or seen or (commands and "exec" in spec[name]))
            # What a program of ours would answer there in a real pod is known here: it has said that it is ready.
            and not (actions.machine is None and _port(spec[name]) == HEALTH_PORT)
        }

    def immediate(self) -> bool:
        """Tell the observer at once if there is nothing to wait for; False when `run` is needed."""
        if self._probes:
            return False
        self._observer.started()
        if self._container.ready.is_set():
            self._observer.ready(True)
        return self._container.ready.is_set()

    async def run(self) -> None:
        """Probe until cancelled."""
        startup = self._probes.get("Startup")
        if startup is not None and not await self._start(startup):
            return
        self._observer.started()
        async with asyncio.TaskGroup() as group:
            if (liveness := self._probes.get("Liveness")) is not None:
                group.create_task(self._watch_liveness(liveness))
            if (readiness := self._probes.get("Readiness")) is not None:
                group.create_task(self._watch_readiness(readiness))
            else:
                await self._container.ready.wait()
                self._observer.ready(True)

    async def _start(self, probe: Object) -> bool:
        failures = 0
        await self._begin(probe)
        while (why := await self._attempt(probe)) is not None:
            failures += 1
            self._observer.unhealthy("Startup", why)
            if failures >= _threshold(probe, "failureThreshold", 3):
                self._observer.kill("Startup")
                return False
            await self._pause(probe, eager=True)
        return True

    async def _watch_liveness(self, probe: Object) -> None:
        failures = 0
        await self._begin(probe)
        while True:
            why = await self._attempt(probe)
            failures = 0 if why is None else failures + 1
            if why is not None:
                self._observer.unhealthy("Liveness", why)
            if failures >= _threshold(probe, "failureThreshold", 3):
                self._observer.kill("Liveness")
                return
            await self._pause(probe, eager=False)

    async def _watch_readiness(self, probe: Object) -> None:
        ready, streak, last = False, 0, False
        await self._begin(probe)
        while True:
            why = await self._attempt(probe)
            succeeded = why is None
            streak = streak + 1 if succeeded == last else 1
            last = succeeded
            if why is not None:
                self._observer.unhealthy("Readiness", why)
            needed = ("successThreshold", 1) if succeeded else ("failureThreshold", 3)
            if succeeded != ready and streak >= _threshold(probe, *needed):
                ready = succeeded
                self._observer.ready(ready)
            await self._pause(probe, eager=not ready)

    async def _begin(self, probe: Object) -> None:
        """Wait out the initial delay, and not longer than a period for the container to show a sign of life."""
        await asyncio.sleep(float(probe.get("initialDelaySeconds") or 0))
        if not self._container.ready.is_set() and not self._network.listening:
            await self._pause(probe, eager=True)

    async def _pause(self, probe: Object, *, eager: bool) -> None:
        """Wait for a period, or when `eager` for the container to open a port or call itself ready."""
        period = float(probe.get("periodSeconds") or 10)
        if not eager:
            await asyncio.sleep(period)
            return
        signs = [asyncio.create_task(self._network.opened())]
        if not self._container.ready.is_set():
            signs.append(asyncio.create_task(_event(self._container.ready)))
        try:
            await asyncio.wait(signs, timeout=period, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for sign in signs:
                sign.cancel()
            await asyncio.gather(*signs, return_exceptions=True)

    async def _attempt(self, probe: Object) -> str | None:
        return await self._actions.attempt(probe, float(probe.get("timeoutSeconds") or 1))


def _port(probe: Object) -> object:
    return (probe.get("httpGet") or {}).get("port")


def _threshold(probe: Object, name: str, default: int) -> int:
    return int(probe.get(name) or default)


async def _event(event: asyncio.Event) -> None:
    await event.wait()
