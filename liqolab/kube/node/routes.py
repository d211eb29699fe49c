"""The node's extra routes: which pod carries traffic for which network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network


class RouteTable:
    """Longest prefix wins, as in any routing table. One table serves all nodes of a cluster."""

    def __init__(self) -> None:
        self._routes: dict[IPv4Network, str] = {}

    def add(self, cidr: str, via: str) -> None:
        """Send traffic for `cidr` to the pod with address `via`, replacing an earlier route for the same network.

        Raises:
            ValueError: `cidr` is not an IPv4 network.
        """
        self._routes[IPv4Network(cidr)] = via

    def remove(self, cidr: str) -> None:
        """Forget the route for `cidr`; one that is not there is fine."""
        self._routes.pop(IPv4Network(cidr), None)

    def remove_via(self, via: str) -> None:
        """Forget all routes through a pod that is gone."""
        for network in [network for network, hop in self._routes.items() if hop == via]:
            del self._routes[network]

    def find(self, address: IPv4Address, *, source: str = "") -> str | None:
        """The pod that carries traffic for `address`; never back to `source`, which would loop."""
        matching = [network for network, via in self._routes.items() if address in network and via != source]
        return self._routes[max(matching, key=lambda network: network.prefixlen)] if matching else None
