"""What tests run inside of network namespaces: ``python -m tests.pod.inside ROLE``, told by lines what to do next.

Each role says a line when it has done something, and goes on when it gets one.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import sys
from pathlib import Path

from pyroute2 import IPRoute

from liqolab.pod.network import PodNetwork

NODE, POD, GATEWAY = "10.244.0.1", "10.244.0.5", "10.244.0.9"
BEYOND = "10.204.0.0/16"
_PR_CAPBSET_DROP, _CAP_NET_ADMIN = 24, 12


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def heard() -> str:
    line: str = await asyncio.to_thread(sys.stdin.readline)
    return line.strip()


def network(address: str) -> PodNetwork:
    return PodNetwork(address, host_network=address == NODE, log=say)


async def node() -> None:
    """A node with links to two pods, and liqo-route's route on it."""
    await asyncio.to_thread(_links, dict(zip((POD, GATEWAY), map(int, (await heard()).split()), strict=True)))
    say("linked")
    await heard()
    mine = network(NODE)
    await mine.add_route(BEYOND, GATEWAY)
    say(await asyncio.to_thread(_routes))
    if await heard() == "die":
        # As by SIGKILL: nothing is cleaned up.
        mine = network(NODE)
        await mine.add_route("10.205.0.0/16", GATEWAY)
        say(await asyncio.to_thread(_routes))
        await heard()
    await mine.remove_route("10.99.0.0/16")
    await mine.close()
    say(await asyncio.to_thread(_routes))


def _links(pods: dict[str, int]) -> None:
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    with IPRoute() as links:
        links.link("set", index=1, state="up")
        for number, (address, pid) in enumerate(pods.items()):
            links.link("add", ifname=f"pod{number}", kind="veth", peer={"ifname": "eth0", "net_ns_pid": pid})
            (index,) = links.link_lookup(ifname=f"pod{number}")
            links.addr("add", index=index, address=NODE, prefixlen=32)
            links.link("set", index=index, state="up")
            links.route("add", dst=f"{address}/32", oif=index, scope="link")


def _routes() -> str:
    with IPRoute() as routes:
        found = [each for each in routes.get_routes(family=socket.AF_INET) if each.get_attr("RTA_GATEWAY")]
        return " ".join(
            f"{each.get_attr('RTA_DST')}/{each['dst_len']} via {each.get_attr('RTA_GATEWAY')}" for each in found
        )


def _connect(address: str) -> None:
    """A pod's side of its link."""
    with IPRoute() as links:
        links.link("set", index=1, state="up")
        (index,) = links.link_lookup(ifname="eth0")
        links.addr("add", index=index, address=address, prefixlen=32)
        links.link("set", index=index, state="up")
        links.route("add", dst=f"{NODE}/32", oif=index, scope="link")
        links.route("add", dst="default", gateway=NODE)


async def gateway() -> None:
    """A pod that is a router: port 80 of everybody beyond answers with its address, nothing else is there."""
    say(str(os.getpid()))
    await heard()
    await asyncio.to_thread(_connect, GATEWAY)

    async def forwarder(host: str, port: int, _: str) -> socket.socket:
        if port != 80:
            raise ConnectionRefusedError(111, "connection refused")
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        tasks.add(asyncio.create_task(_echo(far, f"{host}:{port} ")))
        return near

    tasks: set[asyncio.Task[None]] = set()
    mine = network(GATEWAY)
    # Twice, as when the process before was killed: its rule is still there, and must not count.
    await mine.forward(forwarder)
    await mine.close()
    mine = network(GATEWAY)
    await mine.forward(forwarder)
    say("forwarding")
    await heard()
    await mine.close()


async def _echo(far: socket.socket, greeting: str) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(far, greeting.encode())
    while block := await loop.sock_recv(far, 65536):
        await loop.sock_sendall(far, block)
    far.close()


async def pod() -> None:
    """A pod that connects to what it is told."""
    say(str(os.getpid()))
    await heard()
    await asyncio.to_thread(_connect, POD)
    say("connected")
    loop = asyncio.get_running_loop()
    while target := await heard():
        host, _, port = target.partition(":")
        try:
            near = await network(POD).dial(host, int(port))
            await loop.sock_sendall(near, b"x" * 300_000)
            near.shutdown(socket.SHUT_WR)
            got = b""
            while block := await loop.sock_recv(near, 65536):
                got += block
            say(got.replace(b"x" * 300_000, b"all").decode())
        except OSError as error:
            say(type(error).__name__)


async def powerless() -> None:
    """Whoever may not change the network is told what it was that it may not."""
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_NET_ADMIN)

    async def forwarder(host: str, port: int, _: str) -> socket.socket:
        raise ConnectionRefusedError

    for action in (network(NODE).remove_route(BEYOND), network(GATEWAY).forward(forwarder)):
        try:
            await action
        except PermissionError as error:
            say(str(error))


if __name__ == "__main__":
    asyncio.run({"node": node, "gateway": gateway, "pod": pod, "powerless": powerless}[sys.argv[1]]())
