"""Which networks this cluster uses for its peers: the arithmetic behind the IpamStorage object.

Clusters are built without knowing each other, so their pod networks overlap. A peer's network that overlaps nothing is
kept; any other one is given a free network of the same size, under which this cluster will see it. Free networks are
taken best-fit: the smallest free block that is large enough, the lowest of equals, cut at its start. That keeps large
blocks whole, and it makes the outcome a function of the order of peerings alone.

Pure: `Ipam` is made from the spec of an IpamStorage and gives a new one back; who stores it is `manager`'s business.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.names import IPAM_POOLS, NOT_REMAPPED
from liqolab.liqo.gen05.texts import IPAM_EXHAUSTED

_OWN_TO_EVERYBODY = tuple(map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))
"""Networks that mean something to every machine by itself: a peer that says they are its own is remapped."""


class IpamError(Exception):
    """A network that cannot be provided; the message says which and why."""


def network(cidr: str) -> IPv4Network:
    """`cidr` with its host bits cleared, as API servers accept service networks (10.90.0.0/12 is 10.80.0.0/12).

    Raises:
        IpamError: it is no IPv4 network.
    """
    try:
        return IPv4Network(cidr, strict=False)
    except ValueError as error:
        raise IpamError(f'"{cidr}" is not an IPv4 network: {error}') from error


def free_blocks(pool: IPv4Network, used: Iterable[IPv4Network]) -> list[IPv4Network]:
    """What `used` leaves of `pool`, as the fewest possible networks in ascending order."""
    blocks = [pool]
    for taken in used:
        blocks = [rest for block in blocks for rest in _without(block, taken)]
    return list(collapse_addresses(blocks))


def _without(block: IPv4Network, taken: IPv4Network) -> Iterator[IPv4Network]:
    if not block.overlaps(taken):
        yield block
    elif block.supernet_of(taken):
        yield from block.address_exclude(taken)


def best_fit(pools: Iterable[IPv4Network], used: Iterable[IPv4Network], length: int) -> IPv4Network:
    """A free network of prefix `length` from the first pool that has one.

    Raises:
        IpamError: all pools are exhausted.
    """
    taken = list(used)
    for pool in pools:
        fitting = [block for block in free_blocks(pool, taken) if block.prefixlen <= length]
        if fitting:
            chosen = min(fitting, key=lambda block: (-block.prefixlen, block.network_address))
            return IPv4Network((chosen.network_address, length))
    raise IpamError(IPAM_EXHAUSTED)


@dataclass(slots=True)
class PeerNetworks:
    """One entry of ``clusterSubnets``.

    Attributes:
        remote_pod, remote_external: the peer's networks as this cluster sees them.
        local_nat_pod, local_nat_external: this cluster's networks as the peer sees them; ``None`` if it kept them.
    """

    remote_pod: str
    remote_external: str
    local_nat_pod: str = NOT_REMAPPED
    local_nat_external: str = NOT_REMAPPED

    @classmethod
    def from_object(cls, entry: Object) -> PeerNetworks:
        return cls(
            remote_pod=entry["remotePodCIDR"],
            remote_external=entry["remoteExternalCIDR"],
            local_nat_pod=entry["localNATPodCIDR"],
            local_nat_external=entry["localNATExternalCIDR"],
        )

    def to_object(self) -> Object:
        return {
            "remotePodCIDR": self.remote_pod,
            "remoteExternalCIDR": self.remote_external,
            "localNATPodCIDR": self.local_nat_pod,
            "localNATExternalCIDR": self.local_nat_external,
        }


@dataclass(slots=True)
class EndpointMapping:
    """The address `ip` of the external network that stands for one endpoint, and the peers it was offered to."""

    ip: str
    clusters: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Ipam:
    """The whole allocation of one cluster. Networks are kept as text, the way the API spells them."""

    pod_cidr: str
    service_cidr: str
    external_cidr: str
    pools: list[str]
    reserved: list[str]
    peers: dict[str, PeerNetworks] = field(default_factory=dict)
    endpoints: dict[str, EndpointMapping] = field(default_factory=dict)

    @classmethod
    def initial(
        cls, pod_cidr: str, service_cidr: str, reserved: Iterable[str] = (), additional_pools: Iterable[str] = ()
    ) -> Ipam:
        """The allocation of a fresh installation; chooses the external network, as large as the pod network.

        Raises:
            IpamError: a network is malformed, or no external network is left.
        """
        pods = network(pod_cidr)
        network(service_cidr)
        ipam = cls(
            pod_cidr=str(pods),
            service_cidr=service_cidr,
            external_cidr="",
            pools=[str(network(pool)) for pool in (*IPAM_POOLS, *additional_pools)],
            reserved=[str(network(cidr)) for cidr in reserved],
        )
        ipam.external_cidr = ipam._acquire(pods.prefixlen)
        return ipam

    @classmethod
    def from_spec(cls, spec: Object) -> Ipam:
        """The allocation that an IpamStorage's spec records."""
        return cls(
            pod_cidr=spec["podCIDR"],
            service_cidr=spec["serviceCIDR"],
            external_cidr=spec["externalCIDR"],
            pools=list(spec["pools"]),
            reserved=list(spec["reservedSubnets"]),
            peers={peer: PeerNetworks.from_object(entry) for peer, entry in spec["clusterSubnets"].items()},
            endpoints={
                ip: EndpointMapping(entry["ip"], set(entry["clusterMappings"]))
                for ip, entry in spec["endpointMappings"].items()
            },
        )

    def to_spec(self) -> Object:
        """The spec to store. ``prefixes`` repeats, for people who look, what each pool lacks: JSON, as bytes."""
        return {
            "podCIDR": self.pod_cidr,
            "serviceCIDR": self.service_cidr,
            "externalCIDR": self.external_cidr,
            "pools": list(self.pools),
            "reservedSubnets": list(self.reserved),
            "prefixes": {pool: self._taken_from(pool) for pool in self.pools},
            "clusterSubnets": {peer: networks.to_object() for peer, networks in sorted(self.peers.items())},
            "endpointMappings": {
                ip: {"ip": mapping.ip, "clusterMappings": {cluster: {} for cluster in sorted(mapping.clusters)}}
                for ip, mapping in sorted(self.endpoints.items())
            },
            "natMappingsConfigured": {peer: {} for peer in sorted(self.peers)},
        }

    def add_peer(self, cluster_id: str, pod_cidr: str, external_cidr: str) -> PeerNetworks:
        """Decide under which networks this cluster sees a peer's; a known peer keeps those that still fit.

        Raises:
            IpamError: a network is malformed, or nothing is left to remap to; the allocation is unchanged then.
        """
        known = self.peers.get(cluster_id)
        pods, external = network(pod_cidr), network(external_cidr)
        if known is not None:
            if _fits(known.remote_pod, pods) and _fits(known.remote_external, external):
                return known
            del self.peers[cluster_id]
        try:
            remote_pod = self._keep_or_remap(pods)
            remote_external = self._keep_or_remap(external, network(remote_pod))
        except IpamError:
            if known is not None:
                self.peers[cluster_id] = known
            raise
        self.peers[cluster_id] = PeerNetworks(remote_pod, remote_external)
        return self.peers[cluster_id]

    def remapped_by(self, cluster_id: str, pod_cidr: str, external_cidr: str) -> None:
        """Record under which networks a peer sees this cluster (``None``: under its own ones)."""
        if known := self.peers.get(cluster_id):
            known.local_nat_pod, known.local_nat_external = pod_cidr, external_cidr

    def remove_peer(self, cluster_id: str) -> None:
        """Release everything that was reserved for a peer."""
        self.peers.pop(cluster_id, None)
        for ip in list(self.endpoints):
            self.unmap_endpoint(cluster_id, ip)

    def map_endpoint(self, cluster_id: str, ip: str) -> str:
        """The address of the external network that stands for the endpoint `ip` towards peers.

        Raises:
            IpamError: the external network is full.
        """
        mapping = self.endpoints.get(ip)
        if mapping is None:
            mapping = self.endpoints[ip] = EndpointMapping(self._free_external_address())
        mapping.clusters.add(cluster_id)
        return mapping.ip

    def unmap_endpoint(self, cluster_id: str, ip: str) -> None:
        """Forget that a peer was offered the endpoint; its address is free again once no peer is left."""
        mapping = self.endpoints.get(ip)
        if mapping is None:
            return
        mapping.clusters.discard(cluster_id)
        if not mapping.clusters:
            del self.endpoints[ip]

    def endpoint_mappings(self, cluster_id: str) -> dict[str, str]:
        """Endpoint → address of the external network, for one peer."""
        return {ip: mapping.ip for ip, mapping in sorted(self.endpoints.items()) if cluster_id in mapping.clusters}

    def _used(self) -> list[IPv4Network]:
        cidrs = [self.pod_cidr, self.service_cidr, *self.reserved]
        if self.external_cidr:
            cidrs.append(self.external_cidr)
        for networks in self.peers.values():
            cidrs += [networks.remote_pod, networks.remote_external]
        return [network(cidr) for cidr in cidrs]

    def _acquire(self, length: int, *also_used: IPv4Network) -> str:
        return str(best_fit(map(network, self.pools), [*self._used(), *also_used], length))

    def _keep_or_remap(self, wanted: IPv4Network, *also_used: IPv4Network) -> str:
        if any(wanted.overlaps(used) for used in (*self._used(), *_OWN_TO_EVERYBODY, *also_used)):
            return self._acquire(wanted.prefixlen, *also_used)
        return str(wanted)

    def _taken_from(self, pool: str) -> str:
        inside = sorted(used for used in self._used() if network(pool).supernet_of(used))
        return base64.b64encode(orjson.dumps([str(used) for used in inside])).decode()

    def _free_external_address(self) -> str:
        taken = {mapping.ip for mapping in self.endpoints.values()}
        external = network(self.external_cidr)
        first, last = int(external.network_address) + 1, int(external.broadcast_address)
        for number in range(first, last):
            if (address := str(IPv4Address(number))) not in taken:
                return address
        raise IpamError(f"no address is left in the external network {self.external_cidr}")


def _fits(mapped: str, original: IPv4Network) -> bool:
    """Whether a network can stand for another one: remapping keeps host bits, so only the size matters."""
    return network(mapped).prefixlen == original.prefixlen


def remapped(original: str, mapped: str) -> str:
    """The value of a ``…CIDRNAT`` field: `mapped`, or ``None`` when it is the original itself."""
    return NOT_REMAPPED if network(original) == network(mapped) else mapped
