"""One of the two clusters of an in-band command: what it says of itself, and what is done in it for the other one."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, NODES, SECRETS, SERVICES
from liqolab.apimachinery.resources import Object
from liqolab.controller.waiting import Store, wait_for
from liqolab.liqo import exposure
from liqolab.liqo.ctl.applying import apply
from liqolab.liqo.ctl.clusterinfo import Identity, read_identity, read_token
from liqolab.liqo.ctl.failures import CommandError
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.gen05 import inband, names, texts, tokens
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, IPAM_STORAGES, NETWORK_CONFIGS
from liqolab.liqo.identity import tenancy
from liqolab.liqo.network.ipamstore import IpamStore
from liqolab.liqo.network.mapping import effective, map_ip
from liqolab.liqo.replicator import replica

_PRIVATE: Final = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
_PROCESSING_SECONDS: Final = 60.0


@dataclass(slots=True)
class Endpoint:
    """A Service that the other cluster reaches through the tunnel.

    Attributes:
        ip, port: in its own cluster.
        mapped: its address in the other one, once it was mapped.
    """

    ip: str
    port: int
    mapped: str = ""


@dataclass(slots=True)
class Side:
    """One cluster, introduced.

    Attributes:
        network: ``podCIDR`` … of its NetworkConfigs, without whom they are for.
        endpoints: its authentication service and its proxy, by name.
        tenant: its namespace for the other cluster, once there is one.
    """

    session: Session
    namespace: str
    identity: Identity
    network: Object
    token: str
    endpoints: dict[str, Endpoint]
    tenant: str = ""

    @property
    def auth_url(self) -> str:
        """Where the other cluster reaches the authentication service."""
        return f"https://{self.endpoints[inband.AUTH_ENDPOINT].mapped}:{self.endpoints[inband.AUTH_ENDPOINT].port}"

    @property
    def proxy_url(self) -> str:
        """Where the other cluster reaches the proxy to the API server."""
        return f"http://{self.endpoints[inband.PROXY_ENDPOINT].mapped}:{self.endpoints[inband.PROXY_ENDPOINT].port}"

    async def foreign_cluster(self, other: Identity) -> Object | None:
        """What this cluster knows of the other one."""
        found = await self.session.list(FOREIGN_CLUSTERS, labels=f"{names.LABEL_CLUSTER_ID}={other.id}")
        return next(iter(found.items), None)

    # --- Making ---

    async def prepare_tenant(self, other: Identity) -> None:
        with self.session.step(inband.TENANT.about(remote=other.name, namespace="{namespace}")) as spinner:
            self.tenant = await tenancy.ensure_namespace(self.session, other.name, other.id)
            spinner.success(spinner.step.success.format(namespace=self.tenant))

    async def exchange_network(self, other: Side) -> None:
        """Tell the other cluster of this one's network, and take down how it remaps that."""
        about = {"local": self.identity.name, "remote": other.identity.name}
        config = self._network_config(other.identity)
        with self.session.step(inband.NETWORK_LOCAL.about(**about)):
            for side in (self, other):
                # What an out-of-band peering has left is still going.
                await wait_for(side.session, NETWORK_CONFIGS, _settled, side.tenant, seconds=_PROCESSING_SECONDS)
            await apply(self.session, NETWORK_CONFIGS, config)
        copy = replica.make(NETWORK_CONFIGS, config, self.identity.id, other.tenant)
        with self.session.step(inband.NETWORK_REMOTE.about(**about)):
            await apply(other.session, NETWORK_CONFIGS, copy)
        with self.session.step(inband.NETWORK_PROCESSED.about(**about)):
            status = await self._processed(other, meta.name(copy))
            place = meta.name(config), {"status": status}, self.tenant
            await self.session.patch(NETWORK_CONFIGS, *place, subresource="status")

    def _network_config(self, other: Identity) -> Object:
        """It belongs to no ForeignCluster: the network manager leaves it as it is."""
        return NETWORK_CONFIGS.manifest(
            names.unique_name(other.name, other.id),
            self.tenant,
            labels={names.LABEL_REPLICATION: "true", names.LABEL_REMOTE_ID: other.id},
            spec={"cluster": {"clusterID": other.id, "clusterName": other.name}, **self.network},
        )

    async def _processed(self, other: Side, name: str) -> Object:
        found: list[Object] = []

        def processed(store: Store) -> bool:
            found[:] = [item for item in store.values() if meta.get_path(item, "status", "processed")]
            return bool(found)

        try:
            await wait_for(
                other.session, NETWORK_CONFIGS, processed, other.tenant, name=name, seconds=_PROCESSING_SECONDS
            )
        except TimeoutError:
            text = inband.NETWORK_TIMEOUT.format(seconds=_PROCESSING_SECONDS, remote=other.identity.name)
            raise CommandError(text) from None
        status: Object = found[0]["status"]
        return status

    async def map_endpoint(self, what: str, other: Identity) -> None:
        """Give a Service an address under which the other cluster reaches it."""
        endpoint = self.endpoints[what]
        step = inband.MAP.about(what=what, ip=endpoint.ip, remote=other.name, mapped="{mapped}")
        with self.session.step(step) as spinner:
            external = await IpamStore(self.session).external_address(other.id, endpoint.ip)
            config = await self.session.get(NETWORK_CONFIGS, names.unique_name(other.name, other.id), self.tenant)
            seen = effective(self.network["externalCIDR"], str(config["status"].get("externalCIDRNAT", "")))
            endpoint.mapped = map_ip(seen, external)
            spinner.success(spinner.step.success.format(mapped=endpoint.mapped))

    async def know(self, other: Side, *, outgoing: bool) -> Object:
        """Make the ForeignCluster, or turn the present one into one whose traffic goes through the tunnel."""
        who = other.identity
        with self.session.step(inband.FOREIGN_CLUSTER.about(remote=who.name)):
            await apply(self.session, SECRETS, tokens.of_peer(self.namespace, who.id, other.token))
            spec = {
                "clusterIdentity": {"clusterID": who.id, "clusterName": who.name},
                "foreignAuthUrl": other.auth_url,
                "foreignProxyUrl": other.proxy_url,
                "outgoingPeeringEnabled": texts.PEERING_YES if outgoing else texts.PEERING_NO,
                "networkingEnabled": texts.PEERING_NO,
            }
            known = await self.foreign_cluster(who)
            if known is not None:
                return await self.session.patch(FOREIGN_CLUSTERS, meta.name(known), {"spec": spec})
            spec |= {"incomingPeeringEnabled": texts.PEERING_AUTO}
            body: Object = FOREIGN_CLUSTERS.manifest(who.name, labels={names.LABEL_CLUSTER_ID: who.id}, spec=spec)
            return await self.session.create(
                FOREIGN_CLUSTERS, {**body, "spec": {**spec, "insecureSkipTLSVerify": True}}
            )

    # --- Ending ---

    async def disable(self, other: Identity) -> str:
        """Stop using the other cluster; the name of its ForeignCluster, empty if there is none."""
        with self.session.step(inband.DISABLE.about(remote=other.name)) as spinner:
            known = await self.foreign_cluster(other)
            if known is None:
                spinner.warning(inband.REMOVED_ALREADY.format(remote=other.name))
                return ""
            wanted = {"spec": {"outgoingPeeringEnabled": texts.PEERING_NO}}
            await self.session.patch(FOREIGN_CLUSTERS, meta.name(known), wanted)
            return meta.name(known)

    async def unmap_endpoint(self, what: str, other: Identity) -> None:
        endpoint = self.endpoints[what]
        with self.session.step(inband.UNMAP.about(what=what, ip=endpoint.ip, remote=other.name)):
            await IpamStore(self.session).change(lambda ipam: ipam.unmap_endpoint(other.id, endpoint.ip))

    async def forget(self, other: Identity) -> None:
        """Delete the other cluster's ForeignCluster."""
        with self.session.step(inband.DELETE.about(remote=other.name)) as spinner:
            known = await self.foreign_cluster(other)
            if known is None:
                spinner.warning(inband.REMOVED_ALREADY.format(remote=other.name))
                return
            await self.session.remove(FOREIGN_CLUSTERS, meta.name(known))

    async def tear_down_tenant(self, other: Identity, seconds: float) -> None:
        namespace = names.tenant_namespace(other.name, other.id)
        with self.session.step(inband.TEAR_DOWN.about(remote=other.name, namespace=namespace)) as spinner:
            if await self.session.find(NAMESPACES, namespace) is None:
                spinner.warning(inband.TENANT_NOT_FOUND.format(remote=other.name, namespace=namespace))
                return
            await self.session.remove(NAMESPACES, namespace)
            try:
                await wait_for(self.session, NAMESPACES, lambda store: not store, name=namespace, seconds=seconds)
            except TimeoutError:
                raise CommandError(inband.TENANT_TIMEOUT.format(namespace=namespace)) from None


async def introduce(session: Session, namespace: str) -> Side:
    """Ask a cluster for everything that the other one has to know."""
    with session.step(inband.IDENTITY):
        identity = await read_identity(session, namespace)
    with session.step(inband.NETWORK):
        stored = (await session.get(IPAM_STORAGES, names.IPAM_STORAGE))["spec"]
    with session.step(inband.WIREGUARD) as spinner:
        gateway = await _gateway(session, namespace)
        if _is_private(gateway["endpointIP"]):
            spinner.warning(inband.WIREGUARD_PRIVATE.format(ip=gateway["endpointIP"]))
    with session.step(inband.TOKEN):
        token = await read_token(session, namespace)
    with session.step(inband.AUTH):
        auth = await _endpoint(session, names.AUTH, namespace)
    with session.step(inband.PROXY):
        proxy = await _endpoint(session, names.PROXY, namespace)
    network = {"podCIDR": stored["podCIDR"], "externalCIDR": stored["externalCIDR"], **gateway}
    endpoints = {inband.AUTH_ENDPOINT: auth, inband.PROXY_ENDPOINT: proxy}
    return Side(session, namespace, identity, network, token, endpoints)


def _settled(store: Store) -> bool:
    """Whether no NetworkConfig is on its way out, or belongs to a ForeignCluster, with whose peering it goes."""
    return not any(meta.is_deleting(item) or item["metadata"].get("ownerReferences") for item in store.values())


async def _gateway(session: Session, namespace: str) -> Object:
    """The part of a NetworkConfig that is about the gateway."""
    service, secret, nodes = await asyncio.gather(
        session.get(SERVICES, names.GATEWAY, namespace),
        session.get(SECRETS, names.WIREGUARD_SECRET, namespace),
        session.list(NODES),
    )
    try:
        host, port = exposure.endpoint(service, nodes.items)
    except exposure.NotExposedError as error:
        raise CommandError(str(error)) from None
    public = meta.secret_value(secret, names.BACKEND_PUBLIC_KEY).decode()
    return {
        "endpointIP": host,
        "backendType": names.BACKEND_WIREGUARD,
        "backend_config": {names.BACKEND_PUBLIC_KEY: public, names.BACKEND_PORT: str(port)},
    }


async def _endpoint(session: Session, name: str, namespace: str) -> Endpoint:
    spec = (await session.get(SERVICES, name, namespace))["spec"]
    return Endpoint(spec["clusterIP"], int(spec["ports"][0]["port"]))


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE if network.version == address.version)
