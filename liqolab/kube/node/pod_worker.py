"""The life of one pod on its node: admitted, given an address and files, initialised, run, ended.

The life is one coroutine that reads from top to bottom. Deleting the pod cancels it, which stops whatever is running;
what follows (the last status, the final DELETE) happens outside of it.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable

from liqolab.apimachinery import clock, meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now, parse
from liqolab.kube.node import texts
from liqolab.kube.node.addresses import AddressesExhaustedError
from liqolab.kube.node.container import FIELDS, ContainerUnit, Role
from liqolab.kube.node.context import NodeContext
from liqolab.kube.node.sandbox import Sandbox
from liqolab.kube.node.states import Running, ended_history, history
from liqolab.kube.node.status import PodFacts, pod_status
from liqolab.kube.node.status_writer import StatusWriter
from liqolab.kube.node.storage import MountError

_MOUNT_RETRY_SECONDS = 10.0
_FIRST_RETRY_SECONDS = 0.1
_LONGEST_RETRY_SECONDS = 10.0

_log = logging.getLogger(__name__)


class PodWorker:
    """One pod; run `run` as a task, tell it of every change.

    Args:
        context: the node's.
        pod: the pod as first seen.
        admit: the node's refusal of the pod, if any; see `admission.refusal`.
    """

    def __init__(self, context: NodeContext, pod: Object, admit: Callable[[Object], tuple[str, str] | None]) -> None:
        self._context = context
        self._admit = admit
        self._sandbox = Sandbox(context, pod)
        known = pod.get("status") or {}
        self._seen_before = bool(known.get("startTime"))
        self._start_time: str = known.get("startTime") or now()
        self._initialised = False
        self._ended = False
        self._verdict: tuple[str, str] | None = None
        self._deletion = asyncio.Event()
        self._foreign_end = asyncio.Event()
        self._limit: asyncio.Timeout | None = None
        self._sidecars: list[asyncio.Task[int]] = []
        self._status = StatusWriter(context.client, lambda: self.pod, self._compute_status, self.update)
        self.units = self._units(pod)
        self.ephemeral: list[ContainerUnit] = []
        self._group: asyncio.TaskGroup | None = None
        self._debugging: list[asyncio.Task[int]] = []
        self._take_ephemeral(pod)
        if meta.is_deleting(pod):
            self._deletion.set()

    @property
    def pod(self) -> Object:
        return self._sandbox.pod

    def update(self, pod: Object) -> None:
        """The pod has changed."""
        known = self._sandbox.pod
        if meta.uid(pod) != meta.uid(known) or not _newer(pod, known):
            return
        self._sandbox.pod = self._sandbox.volumes.pod = pod
        if meta.is_deleting(pod):
            self._deletion.set()
        if pod["metadata"].get("labels") != known["metadata"].get("labels") or (
            pod["metadata"].get("annotations") != known["metadata"].get("annotations")
        ):
            self._sandbox.note_change()
        self._take_ephemeral(pod)
        left = self._seconds_left()
        if self._limit is not None and left is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + left)
        if meta.pod_is_terminal(pod) and not self._ended:
            # Somebody has declared it over (phases never go back): so it is.
            self._foreign_end.set()
        self._status.check()

    def references_changed(self) -> None:
        """A config map or secret of the pod's namespace has changed."""
        self._sandbox.note_change()

    def unit(self, container: str) -> ContainerUnit | None:
        return next((unit for unit in (*self.units, *self.ephemeral) if unit.name == container), None)

    async def run(self) -> None:
        """Live. Cancelling it ends the containers without a word to the API server: the pod is gone, or the node is."""
        writing = asyncio.create_task(self._status.run())
        living = asyncio.create_task(self._live())
        deletion = asyncio.create_task(_wait(self._deletion))
        foreign_end = asyncio.create_task(_wait(self._foreign_end))
        try:
            await asyncio.wait({living, deletion, foreign_end}, return_when=asyncio.FIRST_COMPLETED)
            if not self._deletion.is_set() and living.done() and not living.cancelled() and living.exception():
                _log.error("pod %s: %s", meta.key(self.pod), living.exception(), exc_info=living.exception())
            if self._deletion.is_set():
                # One write says how everything ended; the steps on the way there are of no interest.
                writing.cancel()
                await self._end(living)
                return
            if not living.done():
                living.cancel()
                await asyncio.gather(living, return_exceptions=True)
                self._ended = True
            await self._status.flush()
            await deletion
            await self._delete()
        finally:
            tasks = (living, deletion, foreign_end, writing)
            for task in tasks:
                task.cancel()
            try:
                await asyncio.gather(*tasks, return_exceptions=True)
            finally:
                # The watch may tell of the pod's end, and so cancel this very wait.
                self._release()

    def remove_files(self) -> None:
        """The pod is gone for good."""
        shutil.rmtree(self._sandbox.directory, ignore_errors=True)
        self._sandbox.storage.forget()

    def _units(self, pod: Object) -> list[ContainerUnit]:
        spec, status = pod["spec"], pod.get("status") or {}
        statuses = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
        past = {row["name"]: history(row, now()) for row in statuses}
        rows: list[tuple[Object, Role]] = [
            (row, "sidecar" if row.get("restartPolicy") == "Always" else "init")
            for row in spec.get("initContainers") or ()
        ]
        rows += [(row, "main") for row in spec.get("containers") or ()]
        return [
            ContainerUnit(self._sandbox, row, role, past.get(row["name"]) or history(None, ""), self._status.changed)
            for row, role in rows
        ]

    def _compute_status(self) -> Object:
        return pod_status(
            PodFacts(
                pod=self.pod,
                units=self.units,
                start_time=self._start_time,
                pod_ip=self._sandbox.pod_ip,
                host_ip=self._context.address,
                initialised=self._initialised,
                ephemeral=self.ephemeral,
                verdict=self._verdict,
                ended=self._ended,
            )
        )

    async def _live(self) -> None:
        refused = None if self._seen_before else self._admit(self.pod)
        if refused is not None:
            self._fail(*refused)
            return
        try:
            self._set_up_network()
        except AddressesExhaustedError as error:
            self._fail("FailedCreatePodSandBox", str(error))
            return
        # `kubectl get --watch` shows ContainerCreating because it is written before anything is created.
        await self._status.flush()
        try:
            async with asyncio.timeout(self._seconds_left()) as self._limit:
                await self._mount()
                await self._run_containers()
        except TimeoutError:
            self._fail("DeadlineExceeded", texts.DEADLINE)
        finally:
            self._limit = None

    async def _run_containers(self) -> None:
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self._keep_volumes())
            self._group = group
            self._take_ephemeral(self.pod)
            try:
                if await self._initialise(group):
                    self._initialised = True
                    mains = [group.create_task(unit.supervise()) for unit in self.units if unit.role == "main"]
                    await asyncio.gather(*mains)
            finally:
                self._group = None
                keeper.cancel()
            companions = [*self._debugging, *reversed(self._sidecars)]
            for companion in companions:
                companion.cancel()
            await asyncio.gather(*companions, return_exceptions=True)
            self._ended = True
            self._status.changed()

    async def _initialise(self, group: asyncio.TaskGroup) -> bool:
        """Run the init containers one after the other; False when one has failed for good."""
        for unit in self.units:
            if unit.role == "sidecar":
                self._sidecars.append(group.create_task(unit.supervise()))
                await unit.has_started()
            elif unit.role == "init" and await unit.supervise() != 0:
                return False
        return True

    def _take_ephemeral(self, pod: Object) -> None:
        """Take on the ephemeral containers that have been added to the spec, and start them if the pod runs."""
        statuses = (pod.get("status") or {}).get("ephemeralContainerStatuses") or ()
        past = {row["name"]: ended_history(history(row, now())) for row in statuses}
        known = {unit.name for unit in self.ephemeral}
        for row in pod["spec"].get("ephemeralContainers") or ():
            if row["name"] in known:
                continue
            before = past.get(row["name"]) or history(None, "")
            self.ephemeral.append(ContainerUnit(self._sandbox, row, "ephemeral", before, self._status.changed))
        if self._group is not None:
            for unit in self.ephemeral[len(self._debugging) :]:
                self._debugging.append(self._group.create_task(unit.supervise()))

    def _set_up_network(self) -> None:
        if self._sandbox.host_network:
            self._sandbox.set_address(self._context.address)
            return
        pool = self._context.addresses
        known = (self.pod.get("status") or {}).get("podIP") or ""
        address = known if pool.reserve(known) else pool.allocate()
        self._sandbox.set_address(address)
        self._context.fabric.attach(address)

    async def _mount(self) -> None:
        """Materialise the volumes; waits for what they refer to."""
        while True:
            try:
                await self._sandbox.volumes.materialise(clock.time())
                await self._sandbox.storage.prepare()
            except MountError as error:
                text = texts.MOUNT_FAILED.format(volume=error.volume, why=error)
                self._sandbox.say("", "Warning", "FailedMount", text)
            except ApiError as error:
                self._sandbox.say("", "Warning", "FailedMount", error.message)
            except OSError as error:
                _log.warning("volumes of pod %s: %s", meta.key(self.pod), error)
            else:
                return
            await self._sandbox.references_changed(_MOUNT_RETRY_SECONDS)

    async def _keep_volumes(self) -> None:
        """Follow the sources of the volumes, and renew tokens before they expire."""
        volumes = self._sandbox.volumes
        while True:
            due = volumes.renew_at
            seconds = 3600.0 if due is None else max(due - clock.time(), 1.0)
            await self._sandbox.references_changed(seconds)
            try:
                await volumes.materialise(clock.time())
            except (MountError, ApiError, OSError) as error:
                # What is there stays as it is, as on a real node; a change or the next round brings it up to date.
                _log.debug("volumes of pod %s: %s", meta.key(self.pod), error)

    def _seconds_left(self) -> float | None:
        deadline = self.pod["spec"].get("activeDeadlineSeconds")
        if deadline is None:
            return None
        return float(deadline) - (clock.time() - parse(self._start_time).timestamp())

    def _fail(self, reason: str, message: str) -> None:
        self._verdict = (reason, message)
        self._ended = True
        self._sandbox.say("", "Warning", reason, message)
        self._status.changed()

    async def _end(self, living: asyncio.Task[None]) -> None:
        """The pod is being deleted: stop its containers, report how they ended, let the API server forget it."""
        for unit in (*self.units, *self.ephemeral):
            if isinstance(unit.state, Running):
                text = texts.KILLING.format(container=unit.name)
                self._sandbox.say(f"spec.{FIELDS[unit.role]}{{{unit.name}}}", "Normal", "Killing", text)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        self._ended = True
        await self._status.flush()
        await self._delete()

    async def _delete(self) -> None:
        """Have the API server forget the pod, however often it takes: a pod that stays can only be forced away."""
        delay = _FIRST_RETRY_SECONDS
        while not await self._deleted():
            # Whatever refuses (a webhook, a full disk) gives no sign when it has changed its mind.
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_RETRY_SECONDS)

    async def _deleted(self) -> bool:
        try:
            await self._context.client.delete(
                PODS, meta.name(self.pod), meta.namespace(self.pod), grace_seconds=0, uid=meta.uid(self.pod)
            )
        except (ApiError, OSError) as error:
            if isinstance(error, ApiError) and (error.not_found or error.conflict):
                return True
            _log.warning("deletion of pod %s: %s", meta.key(self.pod), error)
            return False
        return True

    def _release(self) -> None:
        address = self._sandbox.pod_ip
        if address and not self._sandbox.host_network:
            self._context.fabric.detach(address)
            self._context.addresses.release(address)


def _newer(pod: Object, known: Object) -> bool:
    """False for what a watch brings after the answer to a write has told of it, or of something later."""
    return int(meta.resource_version(pod)) > int(meta.resource_version(known))


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
