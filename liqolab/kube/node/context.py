"""What all pods of a node share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.events import EventRecorder
from liqolab.kube.config import ClusterConfig, NodeConfig
from liqolab.kube.endpoints import Endpoints
from liqolab.kube.node.addresses import AddressPool
from liqolab.kube.node.disks import Disks
from liqolab.kube.node.fabric import Fabric
from liqolab.kube.node.lookups import Lookups
from liqolab.kube.node.programs import Programs

_YIELD_SECONDS = 0.01
"""A little longer than a pod takes to be ready once it is bound, so that the three events of its start, each a write
through the API server on the same event loop, come after it; for the measurements see `scheduler/scheduler.py`.
"""

CAPACITY: Final = {"cpu": "8", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi"}
"""Of every simulated machine."""

EventType = Literal["Normal", "Warning"]


class Announcer:
    """Writes events in the order in which they happened, beside the work that causes them.

    A pod must not run later because its events are being written; run `run` as a task of the node.
    """

    def __init__(self, client: Client, node: str) -> None:
        self._recorder = EventRecorder(client, "kubelet", node)
        self._queue: asyncio.Queue[tuple[Object, EventType, str, str]] = asyncio.Queue()

    def say(self, about: Object, type: EventType, reason: str, message: str) -> None:
        """Record an event soon."""
        self._queue.put_nowait((about, type, reason, message))

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            event = await self._queue.get()
            if self._queue.empty():
                # The first event of a burst: what causes the burst goes first.
                await asyncio.sleep(_YIELD_SECONDS)
            await self._recorder.event(*event)


@dataclass(frozen=True, slots=True)
class NodeContext:
    """See the attributes' types.

    Attributes:
        config, cluster: what the node, and its cluster, were ordered to be.
        endpoints: where the cluster listens.
        disks: what volumes hold.
        pods_directory: where each pod has a folder named by its uid.
    """

    config: NodeConfig
    cluster: ClusterConfig
    endpoints: Endpoints
    client: Client
    fabric: Fabric
    lookups: Lookups
    programs: Programs
    announcer: Announcer
    addresses: AddressPool
    disks: Disks
    pods_directory: Path

    @property
    def address(self) -> str:
        """The node's InternalIP, on the machine's loopback network."""
        return self.endpoints.node_address
