"""One container of a pod: started, watched, restarted, stopped.

A `ContainerUnit` outlives the runs of its container. Its `supervise` is the kubelet's treatment of one container, from
resolving the environment over back-off to the end that is not followed by another run. Cancelling it is stopping the
container, gracefully: the program is cancelled (as a process gets SIGTERM) and has the pod's grace period to end.
"""

from __future__ import annotations

import asyncio
import secrets
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now
from liqolab.kube.node import texts
from liqolab.kube.node.actions import Actions
from liqolab.kube.node.addons import dns_address
from liqolab.kube.node.back_off import BackOff, go_duration
from liqolab.kube.node.context import EventType
from liqolab.kube.node.environment import build_environment, check_sub_paths, expand
from liqolab.kube.node.images import ImageReference, Simulation, is_missing, parse_image, simulation
from liqolab.kube.node.logs import ContainerLog, last_lines, rotate
from liqolab.kube.node.lookups import MissingReferenceError
from liqolab.kube.node.machine.identity import host_names, identity_of
from liqolab.kube.node.machine.machine import Machine, NotStartedError
from liqolab.kube.node.machine.userlands import UNKNOWN, USERLANDS
from liqolab.kube.node.meter import Meter
from liqolab.kube.node.mirrors import mirror
from liqolab.kube.node.network import ContainerNetwork, may_route
from liqolab.kube.node.probes import Health, Kind, Observer
from liqolab.kube.node.programs import load
from liqolab.kube.node.sandbox import Sandbox
from liqolab.kube.node.simulated import simulate
from liqolab.kube.node.states import (
    KILLED_EXIT_CODE,
    START_ERROR_CODE,
    History,
    Running,
    State,
    Terminated,
    Waiting,
    ended,
)
from liqolab.kube.node.users import check_user
from liqolab.program import Container, Program

Role = Literal["init", "sidecar", "main", "ephemeral"]

FIELDS: Final[dict[Role, str]] = {
    "init": "initContainers",
    "sidecar": "initContainers",
    "main": "containers",
    "ephemeral": "ephemeralContainers",
}
"""Role → the field of the pod's spec that the container is in."""

_CONFIG_RETRY_SECONDS = 10.0

_PULL_ERROR_SECONDS = 2.0
"""How long a failed pull shows as such before it shows as being backed off."""


class ContainerUnit:
    """See the module.

    Attributes:
        spec: the container of the pod's spec.
        state, last_state, restarts, ready, started, container_id, image: as the status shows them.
        meter: what the container uses.
        log: of the current or last run; None before the first.
    """

    def __init__(self, sandbox: Sandbox, spec: Object, role: Role, past: History, changed: Callable[[], None]) -> None:
        self.spec = spec
        self.name: str = spec["name"]
        self.role = role
        self.state: State = past.finished or Waiting(sandbox.waiting_reason)
        self.last_state = None if past.finished else past.last
        self.restarts = past.restarts
        self.ready = False
        self.started = False
        self.container_id = past.last.container_id if past.last else ""
        self.image: ImageReference | None = None
        self.log: ContainerLog | None = None
        self.meter = Meter()
        self._sandbox = sandbox
        self._changed = changed
        self._back_off = BackOff(free=True)
        self._program: asyncio.Task[int | None] | None = None
        self._machine: Machine | None = None
        self._killed = False
        self._again = False
        self._startup = asyncio.Event()

    @property
    def machine(self) -> Machine | None:
        """Where commands beside the container's own are carried out; None for programs, which have no shell."""
        return self._machine

    @property
    def running(self) -> bool:
        return isinstance(self.state, Running)

    async def has_started(self) -> None:
        """Wait until the container runs and its startup probe, if any, has succeeded."""
        await self._startup.wait()

    async def supervise(self) -> int:
        """Run the container until its policy does not want another run.

        Returns:
            The last exit code.
        """
        if isinstance(self.state, Terminated):
            # It ended before the node's process was restarted.
            if not self._wants_restart(self.state.exit_code):
                return self.state.exit_code
            self._again = True
        while True:
            image = await self._pull()
            container, network = await self._create()
            began = time.monotonic()
            code = await self._run(image, container, network)
            if not self._wants_restart(code):
                return code
            await self._wait_back_off(time.monotonic() - began)
            self._again = True

    def _wants_restart(self, code: int) -> bool:
        policy = self._sandbox.pod["spec"].get("restartPolicy") or "Always"
        if self.role in ("sidecar", "ephemeral"):
            return self.role == "sidecar"
        if self.role == "init":
            return code != 0 and policy != "Never"
        return policy == "Always" or (policy == "OnFailure" and code != 0)

    async def _pull(self) -> ImageReference:
        """Have the image; one that does not exist is asked for again and again, as on a real node."""
        back_off = BackOff(free=False)
        text = self.spec.get("image") or ""
        while True:
            try:
                image = parse_image(text)
            except ValueError as error:
                self._wait("InvalidImageName", texts.INVALID_IMAGE.format(image=text, why=error))
                self._say("Warning", "InspectFailed", texts.INVALID_IMAGE.format(image=text, why=error))
                await asyncio.Event().wait()
                raise
            if not is_missing(image):
                self.image = image
                self._say("Normal", "Pulled", texts.PULLED.format(image=text))
                return image
            why = texts.IMAGE_NOT_FOUND.format(image=image.canonical)
            self._say("Normal", "Pulling", texts.PULLING.format(image=text))
            self._say("Warning", "Failed", texts.PULL_FAILED.format(image=text, why=why))
            self._say("Warning", "Failed", "Error: ErrImagePull")
            self._wait("ErrImagePull", why)
            # These delays are what the status speaks of: people watch a back-off pass.
            await asyncio.sleep(_PULL_ERROR_SECONDS)
            self._wait("ImagePullBackOff", texts.PULL_BACK_OFF_WAITING.format(image=text, why=why))
            self._say("Normal", "BackOff", texts.PULL_BACK_OFF.format(image=text))
            await asyncio.sleep(back_off.failed())

    async def _create(self) -> tuple[Container, ContainerNetwork]:
        """Resolve what the container is started with; waits for config maps and secrets that do not exist."""
        sandbox = self._sandbox
        env = await self._environment()
        network = ContainerNetwork(
            sandbox.context.fabric,
            sandbox.pod_ip,
            meta.namespace(sandbox.pod),
            privileged=may_route(self.spec),
            owner=f"container {self.name} of pod {meta.key(sandbox.pod)}",
            hosts=host_names(sandbox.pod, identity_of(sandbox.pod, self.spec, sandbox.pod_ip)),
        )
        self.log = self._open_log()
        words = [*(self.spec.get("command") or ()), *(self.spec.get("args") or ())]
        container = Container(
            name=self.name,
            image=self.spec.get("image") or "",
            args=tuple(expand(word, env) for word in words),
            env=env,
            namespace=meta.namespace(sandbox.pod),
            pod=meta.name(sandbox.pod),
            pod_uid=meta.uid(sandbox.pod),
            pod_ip=sandbox.pod_ip,
            node=sandbox.context.config.name,
            host_ip=sandbox.context.address,
            service_account=sandbox.pod["spec"].get("serviceAccountName") or "default",
            network=network,
            log=self.log.write,
            log_unended=partial(self.log.write, ended=False),
            mounts=sandbox.volumes.mounts(self.spec, env),
        )
        self.container_id = f"containerd://{secrets.token_hex(32)}"
        self._say("Normal", "Created", texts.CREATED.format(container=self.name))
        return container, network

    async def _environment(self) -> dict[str, str]:
        sandbox = self._sandbox
        while True:
            try:
                env = await build_environment(
                    sandbox.pod, self.spec, sandbox.context.lookups, sandbox.addresses, sandbox.allocatable
                )
                check_sub_paths(self.spec, env)
                check_user(sandbox.pod, self.spec, self.image)
            except (MissingReferenceError, ApiError, OSError) as error:
                self._wait("CreateContainerConfigError", str(error))
                self._say("Warning", "Failed", texts.CONFIG_ERROR.format(why=error))
                await sandbox.references_changed(_CONFIG_RETRY_SECONDS)
            else:
                return env

    def _open_log(self) -> ContainerLog:
        if self.log is not None:
            self.log.close()
        current = self._sandbox.log_path(self.name)
        current.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        rotate(current, self._sandbox.log_path(self.name, previous=True))
        return ContainerLog(current)

    async def _run(self, image: ImageReference, container: Container, network: ContainerNetwork) -> int:
        """One run, from start to end; cancelling it stops the program gracefully."""
        where, imitation = self._sandbox.program(image) or mirror(image, self._remark), simulation(image)
        self._machine = None if where else self._new_machine(imitation, container)
        program = simulate(self._machine, imitation, self._remark) if self._machine is not None else where
        assert program is not None
        self._killed = False
        started_at, health = now(), None
        self._program = asyncio.create_task(_execute(program, container))
        try:
            # The program takes its first step here, so that one that is ready at once is reported as ready at once.
            await asyncio.sleep(0)
            self._remember_end()
            self.restarts += self._again
            if not _start_error(self._program):
                self.state = Running(started_at)
                self._say("Normal", "Started", texts.STARTED.format(container=self.name))
                actions = Actions(self.spec, container, self._machine, self._sandbox.context.fabric)
                await self._hook("postStart", actions)
                health = self._watch_health(actions, network, imitated=where is None and not imitation.serves)
                self._changed()
                await self._outcome(self._program, actions)
        finally:
            if health is not None:
                health.cancel()
                await asyncio.gather(health, return_exceptions=True)
            network.close()
            self.ready = self.started = False
            if self.log is not None:
                self.log.close()
            self.state = self._ended(self._program, started_at)
            self._changed()
        return self.state.exit_code

    def _ended(self, program: asyncio.Task[int | None], started_at: str) -> Terminated:
        """How a run ended, with what the container has left as its last words."""
        if why := _start_error(program):
            self._say("Warning", "Failed", texts.CONFIG_ERROR.format(why=why))
            return Terminated(START_ERROR_CODE, "StartError", started_at, now(), self.container_id, why)
        code = _exit_code(program, self._killed)
        words = self._machine.last_words() if self._machine is not None else ""
        if not words and code and self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            words = last_lines(self._sandbox.log_path(self.name))
        return Terminated(code, ended(code), started_at, now(), self.container_id, words)

    def _new_machine(self, imitation: Simulation, container: Container) -> Machine:
        """The machine that stands for a container whose image has no program."""
        sandbox = self._sandbox
        return Machine(
            sandbox.pod,
            self.spec,
            container,
            USERLANDS.get(imitation.userland, UNKNOWN),
            dns_address(sandbox.context.cluster.service_cidr),
            partial(self._remark, "Warning"),
            places=sandbox.storage.mounts(self.spec, container.env),
            meter=self.meter,
        )

    async def _hook(self, name: str, actions: Actions) -> None:
        """Carry a lifecycle hook out; one that fails after the start ends the container."""
        handler = (self.spec.get("lifecycle") or {}).get(name)
        if not handler:
            return
        why = await actions.attempt(handler, self._sandbox.grace_seconds)
        if why is None:
            return
        failed = {"postStart": "FailedPostStartHook", "preStop": "FailedPreStopHook"}[name]
        self._say("Warning", failed, texts.HOOK_FAILED[name])
        if name == "postStart" and self._program is not None:
            self._say("Normal", "Killing", texts.KILLING_UNHOOKED)
            self._killed = True
            self._program.cancel()

    async def _outcome(self, program: asyncio.Task[int | None], actions: Actions) -> None:
        """Wait until the program ends; when cancelled, have it end within the grace period."""
        try:
            await asyncio.wait({program})
        except asyncio.CancelledError:
            begun = time.monotonic()
            await self._hook("preStop", actions)
            program.cancel()
            left = self._sandbox.grace_seconds - (time.monotonic() - begun)
            await asyncio.wait({program}, timeout=max(left, 0))
            raise

    def _watch_health(
        self, actions: Actions, network: ContainerNetwork, *, imitated: bool
    ) -> asyncio.Task[None] | None:
        observer = Observer(self._on_started, self._on_ready, self._on_failed, self._on_unhealthy)
        health = Health(self.spec, actions, network, observer, imitated=imitated)
        return None if health.immediate() else asyncio.create_task(health.run())

    def _on_started(self) -> None:
        self.started = True
        self._startup.set()
        self._changed()

    def _on_ready(self, ready: bool) -> None:
        self.ready = ready
        self._changed()

    def _on_failed(self, kind: Kind) -> None:
        template = texts.KILLING_UNSTARTED if kind == "Startup" else texts.KILLING_UNHEALTHY
        self._say("Normal", "Killing", template.format(container=self.name))
        self._killed = True
        if self._program is not None:
            self._program.cancel()

    def _on_unhealthy(self, kind: Kind, why: str) -> None:
        self._say("Warning", "Unhealthy", texts.UNHEALTHY.format(probe=kind, why=why))

    async def _wait_back_off(self, ran_for: float) -> None:
        seconds = self._back_off.failed(ran_for)
        if not seconds:
            return
        pod = self._sandbox.pod
        names = {"container": self.name, "pod": meta.name(pod), "namespace": meta.namespace(pod), "uid": meta.uid(pod)}
        self._wait("CrashLoopBackOff", texts.BACK_OFF_WAITING.format(seconds=go_duration(seconds), **names))
        self._say("Warning", "BackOff", texts.BACK_OFF.format(**names))
        # The delay is the back-off itself.
        await asyncio.sleep(seconds)

    def _wait(self, reason: str, message: str) -> None:
        self._remember_end()
        self.state = Waiting(reason, message)
        self._changed()

    def _remember_end(self) -> None:
        """What comes now makes the last end the last state."""
        if isinstance(self.state, Terminated):
            self.last_state = self.state

    def _remark(self, type: EventType, message: str) -> None:
        """Tell of the simulation, once: what is restarted is simulated as before."""
        if not self._again:
            self._say(type, "Simulated", message)

    def _say(self, type: EventType, reason: str, message: str) -> None:
        self._sandbox.say(f"spec.{FIELDS[self.role]}{{{self.name}}}", type, reason, message)


async def _execute(where: str | Program, container: Container) -> int | None:
    """Run a program; what it raises ends in its own log, and only there."""
    try:
        return await load(where)(container)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else (0 if end.code is None else 1)
    except NotStartedError:
        raise
    except Exception:
        # Programs are other people's: what breaks one is its own affair.
        container.log(traceback.format_exc().rstrip())
        return 1


def _start_error(program: asyncio.Task[int | None]) -> str:
    """Why the program could not be started at all; empty when it was."""
    if not program.done() or program.cancelled():
        return ""
    error = program.exception()
    return f"{texts.START_FAILED}{error}" if isinstance(error, NotStartedError) else ""


def _exit_code(program: asyncio.Task[int | None], killed: bool) -> int:
    """The exit code that a task stands for; one that is cancelled has obeyed SIGTERM."""
    if not program.done():
        return KILLED_EXIT_CODE
    if program.cancelled():
        return KILLED_EXIT_CODE if killed else 0
    return int(program.result() or 0)
