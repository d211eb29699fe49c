"""Pod addresses of one node."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network


class AddressesExhaustedError(Exception):
    """A node has no address left for another pod."""


class AddressPool:
    """Hands out the addresses of a node's slice of the pod network, ``.2`` first.

    A freed address is not handed out again until the others had their turn: connections to a pod that is gone should
    fail rather than reach its successor.
    """

    def __init__(self, cidr: str) -> None:
        self._network = IPv4Network(cidr)
        self._taken: set[str] = set()
        self._last = self._network.network_address + 1

    def reserve(self, address: str) -> bool:
        """Take a certain address, as a pod that lived before a restart does; False when that is impossible."""
        if not address or address in self._taken or IPv4Address(address) not in self._network:
            return False
        self._taken.add(address)
        self._last = max(self._last, IPv4Address(address))
        return True

    def allocate(self) -> str:
        """Take the next free address.

        Raises:
            AddressesExhaustedError: all are taken.
        """
        size = self._network.num_addresses
        for _ in range(size):
            self._last += 1
            if self._last >= self._network.broadcast_address:
                self._last = self._network.network_address + 2
            if self.reserve(str(self._last)):
                return str(self._last)
        raise AddressesExhaustedError(f"no IP addresses available in range set: {self._network}")

    def release(self, address: str) -> None:
        """Give an address back."""
        self._taken.discard(address)
