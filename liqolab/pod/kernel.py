"""What a pod asks of the kernel's network, over netlink: routes of the node, and a rule that catches connections.

Netlink, so that an image needs no ``ip``, ``iptables`` or ``nft``, which slim images lack and which must fit the host's
flavour. nftables rather than iptables, because it is what netlink speaks: every kernel since 4.18 redirects with it,
and a table of one's own gets in nobody's way.

As a program, ``python -m liqolab.pod.kernel FUNCTION [ARGUMENT…]``, it ends with the number of the system's error,
having said what it is: see `errands`.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_PROTOCOL: Final = 159
"""Marks our routes as ours (``ip route show proto 159``), so that a new start finds what an old one has left."""

_TABLE: Final = "liqolab"
_CHAIN: Final = "redirect"
_DESTINATION_NAT: Final = -100
_ACCEPT: Final = 1
_CAP_NET_ADMIN: Final = 12
_POWERLESS: Final = "(the container has not the capability NET_ADMIN)"
_TCP: Final = b"\x06"
_NETWORK_HEADER, _DESTINATION, _ADDRESS_BYTES = 1, 16, 4
_EQUAL, _OTHER = 0, 1
_REGISTER: Final = 1


async def add_route(cidr: str, via: str) -> None:
    """Send what this host has for `cidr` towards the pod with address `via`, wherever that pod is.

    Raises:
        PermissionError: it takes CAP_NET_ADMIN.
        OSError: there is no way to `via`.
    """
    from pyroute2 import AsyncIPRoute

    with _errors(f"ip route replace {cidr} via {via}"):
        async with AsyncIPRoute() as routes:
            (way,) = await routes.route("get", dst=via)
            # A pod of another node is behind that node, which has a route like this one and takes it from there.
            gateway = way.get_attr("RTA_GATEWAY") or via
            device = way.get_attr("RTA_OIF")
            # A pod's address is in no network of its link's, so the kernel must be told that it is there.
            await routes.route("replace", dst=cidr, gateway=gateway, oif=device, flags=["onlink"], proto=_PROTOCOL)


async def remove_route(cidr: str) -> None:
    """Undo `add_route`; raises PermissionError without CAP_NET_ADMIN."""
    from pyroute2 import AsyncIPRoute

    with _errors(f"ip route del {cidr}", harmless=errno.ESRCH):
        async with AsyncIPRoute() as routes:
            await routes.route("del", dst=cidr, proto=_PROTOCOL)


async def remove_routes() -> None:
    """Remove every route that `add_route` has ever made on this host, in this process or in one before it."""
    from pyroute2 import AsyncIPRoute

    with _errors("ip route flush"):
        async with AsyncIPRoute() as routes:
            ours = [each async for each in await routes.route("dump", family=socket.AF_INET, proto=_PROTOCOL)]
            for each in ours:
                if each["proto"] == _PROTOCOL:
                    cidr = f"{each.get_attr('RTA_DST')}/{each['dst_len']}"
                    await routes.route("del", dst=cidr, proto=_PROTOCOL)


async def redirect(address: str, port: int) -> None:
    """Hand TCP connections that arrive for anybody but `address` to `port` here. The kernel tells for whom each was.
    What was redirected before, by a process that is gone, is forgotten.

    Raises:
        PermissionError: it takes CAP_NET_ADMIN.
        OSError: this kernel has no nftables that redirects.
    """
    from pyroute2.nftables.expressions import genex
    from pyroute2.nftables.main import AsyncNFTables

    def value(raw: bytes) -> dict[str, Any]:
        return {"attrs": [("NFTA_DATA_VALUE", raw)]}

    load = {"dreg": _REGISTER, "base": _NETWORK_HEADER, "offset": _DESTINATION, "len": _ADDRESS_BYTES}
    rule = [
        genex("meta", {"key": _l4_protocol(), "dreg": _REGISTER}),
        genex("cmp", {"sreg": _REGISTER, "op": _EQUAL, "data": value(_TCP)}),
        genex("payload", load),
        genex("cmp", {"sreg": _REGISTER, "op": _OTHER, "data": value(socket.inet_aton(address))}),
        genex("immediate", {"dreg": _REGISTER, "data": value(struct.pack("!H", port))}),
        genex("redir", {"reg_proto_min": _REGISTER}),
    ]
    what = f"nft add rule {_TABLE} {_CHAIN} redirect to :{port}"
    if not _may_change_networks():
        # The kernel refuses a whole transaction at its first message, and pyroute2 waits for an answer to the second.
        raise PermissionError(errno.EPERM, f"{what}: {os.strerror(errno.EPERM).lower()} {_POWERLESS}")
    with _errors(what):
        async with AsyncNFTables() as tables:
            with _errors(f"nft delete table {_TABLE}", harmless=errno.ENOENT):
                await tables.table("del", name=_TABLE)
            await tables.table("add", name=_TABLE)
            hook = {"hook": "prerouting", "type": "nat", "priority": _DESTINATION_NAT, "policy": _ACCEPT}
            await tables.chain("add", table=_TABLE, name=_CHAIN, **hook)
            await tables.rule("add", table=_TABLE, chain=_CHAIN, expressions=[rule])


def _may_change_networks() -> bool:
    """Whether this process has CAP_NET_ADMIN."""
    status = Path("/proc/self/status").read_text()
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> _CAP_NET_ADMIN & 1)


def main(words: Sequence[str]) -> int:
    """Do one thing; 0, or the number of what went wrong."""
    name, *arguments = words
    try:
        asyncio.run(_ERRANDS[name](*arguments))
    except OSError as error:
        sys.stderr.write(f"{error.strerror}\n")
        return error.errno or 1
    return 0


async def _redirect(address: str, port: str) -> None:
    await redirect(address, int(port))


_ERRANDS: Final[dict[str, Callable[..., Coroutine[Any, Any, None]]]] = {
    "add_route": add_route,
    "remove_route": remove_route,
    "remove_routes": remove_routes,
    "redirect": _redirect,
}


def _l4_protocol() -> int:
    from pyroute2.netlink.nfnetlink.nftsocket import Meta

    return int(Meta.NFT_META_L4PROTO.value)


@contextmanager
def _errors(what: str, harmless: int = 0) -> Iterator[None]:
    """Errors of netlink as the system's own, saying what was tried."""
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except NetlinkError as error:
        if harmless and error.code == harmless:
            return
        why = os.strerror(error.code).lower()
        if error.code in (errno.EPERM, errno.EACCES):
            raise PermissionError(error.code, f"{what}: {why} {_POWERLESS}") from error
        raise OSError(error.code, f"{what}: {why}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
