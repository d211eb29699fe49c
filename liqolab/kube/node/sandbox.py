"""What the containers of one pod have in common."""

from __future__ import annotations

import asyncio
from pathlib import Path

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.node.context import CAPACITY, EventType, NodeContext
from liqolab.kube.node.images import ImageReference, parse_image
from liqolab.kube.node.storage import Storage
from liqolab.kube.node.volumes import Volumes
from liqolab.program import Program


class Sandbox:
    """One pod on its node.

    Attributes:
        pod: its newest state.
        pod_ip: its address; empty until the network is set up.
        volumes: the files that the node writes for it.
        storage: its volumes that keep data.
    """

    def __init__(self, context: NodeContext, pod: Object) -> None:
        self.context = context
        self.pod = pod
        self.pod_ip = ""
        self.directory = context.pods_directory / meta.uid(pod)
        self.addresses = {"status.hostIP": context.address, "status.hostIPs": context.address}
        self.volumes = Volumes(
            pod,
            self.directory,
            context.client,
            context.lookups,
            self.addresses,
            self.allocatable,
            tokens=self._can_read(),
        )
        self.storage = Storage(pod, context.config.name, context.disks, context.client)
        self._changed = asyncio.Event()

    @property
    def allocatable(self) -> dict[str, str]:
        return CAPACITY

    @property
    def host_network(self) -> bool:
        return bool(self.pod["spec"].get("hostNetwork"))

    @property
    def waiting_reason(self) -> str:
        """What a container waits for that was not yet started."""
        return "PodInitializing" if self.pod["spec"].get("initContainers") else "ContainerCreating"

    @property
    def grace_seconds(self) -> float:
        """How long containers may take to end."""
        metadata, spec = self.pod["metadata"], self.pod["spec"]
        for value in (metadata.get("deletionGracePeriodSeconds"), spec.get("terminationGracePeriodSeconds")):
            if value is not None:
                return float(value)
        return 30.0

    def set_address(self, address: str) -> None:
        self.pod_ip = address
        self.addresses |= {"status.podIP": address, "status.podIPs": address}

    def program(self, image: ImageReference) -> str | Program | None:
        """The program to run for an image; None when the container can only be imitated."""
        return self.context.programs.find(image)

    def _can_read(self) -> bool:
        """Whether a container runs a program, or carries out commands, and so could look into its files."""
        spec = self.pod["spec"]
        containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
        return any(
            container.get("command") or container.get("args") or self._runs_program(container.get("image") or "")
            for container in containers
        )

    def _runs_program(self, image: str) -> bool:
        try:
            return self.context.programs.find(parse_image(image)) is not None
        except ValueError:
            return False

    def log_path(self, container: str, *, previous: bool = False) -> Path:
        return log_path(self.directory, container, previous=previous)

    def say(self, field_path: str, type: EventType, reason: str, message: str) -> None:
        """An event about the pod, or about one of its containers (``spec.containers{name}``)."""
        metadata = self.pod["metadata"]
        reference = {
            "kind": "Pod",
            "apiVersion": "v1",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
            "resourceVersion": metadata.get("resourceVersion", ""),
        }
        if field_path:
            reference["fieldPath"] = field_path
        self.context.announcer.say(reference, type, reason, message)

    def note_change(self) -> None:
        """A config map or secret that the pod may wait for has changed."""
        self._changed.set()

    async def references_changed(self, timeout: float) -> None:
        """Wait for `note_change`, but not longer than `timeout` seconds."""
        self._changed.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            return


def log_path(pod_directory: Path, container: str, *, previous: bool = False) -> Path:
    """Where the log of a container is."""
    return pod_directory / f"{container}{'.previous' if previous else ''}.log"
