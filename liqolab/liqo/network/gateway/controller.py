"""Follows TunnelEndpoints: each gets a tunnel, and its status says how the tunnel is."""

from __future__ import annotations

import errno
import os
from socket import socket

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager, split_key
from liqolab.liqo.gen05 import texts
from liqolab.liqo.gen05.resources import NAT_MAPPINGS, TUNNEL_ENDPOINTS
from liqolab.liqo.network.gateway.links import Links, Target
from liqolab.liqo.network.gateway.translation import local_address, origin_address, towards
from liqolab.liqo.network.mapping import remote_external_cidr, remote_pod_cidr
from liqolab.liqo.network.tunnel.keys import GatewayKey
from liqolab.program import Container


class Gateway:
    """The gateway of this cluster, as controller of its TunnelEndpoints and as router of its pods' connections."""

    def __init__(self, manager: Manager, container: Container, local_id: str, key: GatewayKey) -> None:
        self._client = manager.client
        self._network = container.network
        self._address = container.pod_ip
        self._log = container.log
        self._endpoints = manager.informer(TUNNEL_ENDPOINTS)
        self._nat_mappings = manager.informer(NAT_MAPPINGS)
        self.links = Links(local_id, key, container.network.dial, self._open_for_peer, self._link_changed)
        self._controller = Controller("tunnel-endpoint", self._reconcile).watches(self._endpoints)
        self._peers: dict[str, str] = {}
        manager.add_runnable(self.links.run)
        manager.add(self._controller)

    async def forward(self, host: str, port: int, origin: str) -> socket:
        """A connection of `origin` to an address of a peer's; the `program.Forwarder` of the gateway's pod.

        Raises:
            OSError: no peer has the address, or its tunnel is down, or nobody listens there.
        """
        tep = towards(self._endpoints.list(), host)
        link = self.links.get(tep["spec"]["clusterID"]) if tep else None
        if link is None or link.session is None:
            number = errno.EHOSTUNREACH
            raise OSError(number, f"dial tcp {host}:{port}: connect: {os.strerror(number).lower()}")
        return await link.session.open(host, port, origin)

    async def _open_for_peer(self, peer_id: str, host: str, port: int, origin: str) -> socket:
        """A connection of a peer to an address of this cluster, as the peer spells it.

        Raises:
            OSError: the address means nothing here, or nobody listens there.
        """
        for tep in self._endpoints.list():
            if tep["spec"]["clusterID"] != peer_id:
                continue
            target = local_address(tep, self._nat_mapping(peer_id), host)
            if target is None:
                break
            if towards(self._endpoints.list(), target) is not None:
                # An endpoint in a third cluster: in through one tunnel, out through another.
                return await self.forward(target, port, "")
            return await self._network.dial(target, port, origin=origin_address(tep, origin))
        raise OSError(errno.EHOSTUNREACH, f"{host} is no address of this cluster's pods")

    def _nat_mapping(self, peer_id: str) -> Object | None:
        return next((item for item in self._nat_mappings.list() if item["spec"]["clusterID"] == peer_id), None)

    def _link_changed(self, peer_id: str) -> None:
        for tep in self._endpoints.list():
            if tep["spec"]["clusterID"] == peer_id:
                self._controller.queue.add(meta.key(tep))

    async def _reconcile(self, key: str) -> None:
        namespace, name = split_key(key)
        tep = self._endpoints.get(name, namespace)
        if tep is None or meta.is_deleting(tep):
            if peer_id := self._peers.pop(key, None):
                await self.links.drop(peer_id)
                self._log(f"the tunnel to cluster {peer_id} is closed")
            return
        try:
            target = Target.of(tep)
        except (KeyError, ValueError) as error:
            await self._report(tep, texts.TUNNEL_ERROR, f"the backend configuration is incomplete: {error}")
            return
        self._peers[key] = target.peer_id
        link = await self.links.keep(target)
        await self._report(tep, *link.state)

    async def _report(self, tep: Object, status: str, message: str) -> None:
        connection: Object = {"status": status, "statusMessage": message}
        if status == texts.TUNNEL_CONNECTED:
            connection["peerConfiguration"] = {
                "endpointIP": tep["spec"]["endpointIP"],
                "allowedIPs": f"{remote_pod_cidr(tep)}, {remote_external_cidr(tep)}",
                **tep["spec"]["backend_config"],
            }
        wanted: Object = {"gatewayIP": self._address, "connection": connection}
        known = tep.get("status") or {}
        if {field: known.get(field) for field in wanted} == wanted:
            return
        before = meta.get_path(known, "connection", "status")
        # A merge patch must name what it wants gone.
        connection.setdefault("peerConfiguration", None)
        with missing_ok:
            await self._client.patch(
                TUNNEL_ENDPOINTS, meta.name(tep), {"status": wanted}, meta.namespace(tep), subresource="status"
            )
        if before != status:
            self._log(f"tunnel to cluster {tep['spec']['clusterID']}: {status}: {message}")
