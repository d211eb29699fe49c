"""A node's presence in the API: its Node object, its status and its heartbeat.

The Lease is renewed every ten seconds; the status is written when it is wrong (the node lifecycle controller may have
given the node up while the process slept) and otherwise every five minutes, as kubelets do.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import platform
import uuid

import liqolab
from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import LEASES, NODES
from liqolab.apimachinery.errors import ApiError, existing_ok, missing_ok
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now, now_micro
from liqolab.controller.informer import Change, Informer
from liqolab.kube.config import control_plane_roles
from liqolab.kube.node import texts
from liqolab.kube.node.back_off import Corrections
from liqolab.kube.node.context import CAPACITY, NodeContext

_LEASE_NAMESPACE = "kube-node-lease"
_LEASE_SECONDS = 40
_HEARTBEAT_SECONDS = 10.0
_RETRY_SECONDS = 0.2
_BEATS_PER_STATUS = 30

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

_log = logging.getLogger(__name__)


class Registration:
    """One node's registration; `register` once, then `run`."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._client = context.client
        self._name = context.config.name
        self._boot = str(uuid.uuid4())
        self._lost = asyncio.Event()
        self._corrections = Corrections()
        self._lease: Object | None = None

    async def register(self) -> Object:
        """Create the Node, or bring the one that is there up to date; returns it. Waits for the API server."""
        while True:
            try:
                return await self._register()
            except (ApiError, OSError) as error:
                _log.warning("node %s cannot register: %s", self._name, error)
            # A server that is away gives no sign when it is back.
            await asyncio.sleep(_RETRY_SECONDS)

    def watch(self, nodes: Informer) -> None:
        """Notice when the Node says something else of this node than is true, for instance that it is not ready."""
        nodes.add_handler(self._on_node)

    async def run(self) -> None:
        """Beat until cancelled."""
        beats = 0
        while True:
            await self._renew()
            if self._lost.is_set() or beats % _BEATS_PER_STATUS == _BEATS_PER_STATUS - 1:
                await self._write_status()
            beats += 1
            try:
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    await self._lost.wait()
                    # What others write gives no sign when they have given up.
                    await asyncio.sleep(self._corrections.pause(asyncio.get_running_loop().time()))
            except TimeoutError:
                continue

    def _on_node(self, change: Change, new: Object, _: Object | None) -> None:
        if change != "DELETED" and meta.name(new) == self._name and not self._is_true(new):
            self._lost.set()

    def _is_true(self, node: Object) -> bool:
        """Whether the node's status is what this node would report, whenever it did."""
        status = node.get("status") or {}
        wanted = node_status(self._context, self._boot, node)
        known = {row["type"]: row for row in status.get("conditions") or ()}
        claims = ("status", "reason", "message")
        return all(
            {field: known.get(row["type"], {}).get(field) for field in claims}
            == {field: row[field] for field in claims}
            for row in wanted.pop("conditions")
        ) and all(status.get(field) == value for field, value in wanted.items())

    async def _register(self) -> Object:
        with existing_ok:
            return await self._client.create(NODES, node_object(self._context, self._boot))
        node = node_object(self._context, self._boot)
        labels = {"metadata": {"labels": node["metadata"]["labels"]}}
        await self._client.patch(NODES, self._name, labels, type="merge")
        return await self._patch_status()

    async def _write_status(self) -> None:
        try:
            await self._patch_status()
        except (ApiError, OSError) as error:
            _log.debug("status of node %s: %s", self._name, error)

    async def _patch_status(self) -> Object:
        self._lost.clear()
        node = await self._client.get(NODES, self._name)
        status = node_status(self._context, self._boot, node)
        return await self._client.patch(NODES, self._name, {"status": status}, type="strategic", subresource="status")

    async def _renew(self) -> None:
        try:
            if self._lease is not None:
                renewed = self._lease | {"spec": self._lease["spec"] | {"renewTime": now_micro()}}
                # One that was deleted is taken as if for the first time.
                with missing_ok:
                    self._lease = await self._client.update(LEASES, renewed)
                    return
            self._lease = await self._take_lease()
        except (ApiError, OSError) as error:
            self._lease = None
            _log.debug("lease of node %s: %s", self._name, error)

    async def _take_lease(self) -> Object:
        name = self._name
        spec = {"holderIdentity": name, "leaseDurationSeconds": _LEASE_SECONDS, "renewTime": now_micro()}
        known = await self._client.find(LEASES, name, _LEASE_NAMESPACE)
        if known is None:
            node = await self._client.get(NODES, name)
            owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": meta.uid(node)}
            body = LEASES.manifest(name, _LEASE_NAMESPACE, owners=[owner], spec=spec)
            return await self._client.create(LEASES, body, _LEASE_NAMESPACE)
        return await self._client.update(LEASES, known | {"spec": known["spec"] | spec})


def node_object(context: NodeContext, boot: str) -> Object:
    """The Node as a kubelet registers it."""
    config = context.config
    architecture = _architecture()
    labels = {
        "beta.kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": config.name,
        "kubernetes.io/os": "linux",
    }
    if config.is_control_plane:
        labels |= {f"node-role.kubernetes.io/{role}": "" for role in control_plane_roles(config.version)}
        if len(context.cluster.nodes) > 1:
            # Without it a cluster of one node would have nowhere to balance to.
            labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
    spec: Object = {
        "podCIDR": config.pod_cidr,
        "podCIDRs": [config.pod_cidr],
        "providerID": f"liqolab://{context.cluster.name}/{context.config.name}",
    }
    if config.taints:
        spec["taints"] = [dict(taint) for taint in config.taints]
    return NODES.manifest(
        config.name,
        labels=labels | dict(config.labels),
        annotations={"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
        spec=spec,
        status=node_status(context, boot, None),
    )


def node_status(context: NodeContext, boot: str, node: Object | None) -> Object:
    """The status that a kubelet reports; transition times are taken over from `node` where nothing changed, and so are
    resources that others have advertised on it.
    """
    capacity = {**(meta.get_path(node, "status", "capacity", default={})), **CAPACITY}
    return {
        "addresses": [
            {"type": "InternalIP", "address": context.address},
            {"type": "Hostname", "address": context.config.name},
        ],
        "capacity": capacity,
        "allocatable": capacity,
        "conditions": _conditions(node),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": context.config.kubelet_port}},
        "nodeInfo": _node_info(context, boot),
    }


def _conditions(node: Object | None) -> list[Object]:
    rows = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", texts.READY),
    ]
    moment, found = now(), []
    for type_, status, reason, message in rows:
        known = meta.find_condition(node, type_) if node else None
        since = known.get("lastTransitionTime") if known and known.get("status") == status else None
        found.append(
            {
                "type": type_,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": moment,
                "lastTransitionTime": since or moment,
            }
        )
    return found


def _node_info(context: NodeContext, boot: str) -> Object:
    machine = hashlib.sha256(f"{context.cluster.name}/{context.config.name}".encode()).hexdigest()[:32]
    return {
        "machineID": machine,
        "systemUUID": str(uuid.UUID(machine)),
        "bootID": boot,
        "kernelVersion": platform.release(),
        "osImage": "Debian GNU/Linux 12 (simulated by liqolab)",
        "containerRuntimeVersion": f"liqolab://{liqolab.__version__}",
        "kubeletVersion": context.config.version,
        "kubeProxyVersion": context.config.version,
        "operatingSystem": "linux",
        "architecture": _architecture(),
    }


def _architecture() -> str:
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)
