"""``nc``, ``nslookup``, ``dig``, ``getent``, ``ping`` and ``ip``: what people look at a pod's network with.

Names are those that the cluster's DNS knows; nothing outside of the lab is ever asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from functools import partial
from typing import Final

from liqolab.kube.node.machine.commands import fail, piped_in, say
from liqolab.kube.node.machine.identity import Identity
from liqolab.kube.node.machine.interpreter import Command, Invocation
from liqolab.program import Network, Record

_NC_SECONDS = 60.0
_IDLE_SECONDS = 0.5
"""How long nc still reads when nothing more comes: a server that waits for more must not keep it."""

_SILENT: Final = ";; connection timed out; no servers could be reached"
_RECORDS: Final = frozenset({"A", "AAAA", "CNAME", "PTR", "SRV"})
_CHANGES: Final = frozenset({"add", "del", "delete", "set", "change", "replace", "flush"})
_CHUNK: Final = 64 * 1024


async def nc(network: Network, call: Invocation) -> int:
    """Carry out ``nc``: ``-z``, ``-v``, ``-w SECONDS``, ``-l -p PORT``; UDP is carried as a stream."""
    seconds, listens, scans, verbose, local, rest = _NC_SECONDS, False, False, False, "", []
    datagrams = False
    words = iter(call.argv)
    for word in words:
        if not word.startswith("-") or word == "-":
            rest.append(word)
            continue
        letters = word.lstrip("-")
        listens, scans, verbose = listens or "l" in letters, scans or "z" in letters, verbose or "v" in letters
        datagrams = datagrams or "u" in letters
        if letters[-1:] == "w":
            seconds = float(next(words, "") or 0)
        elif letters[:1] == "w" and letters[1:].isdigit():
            seconds = float(letters[1:])
        elif letters[-1:] == "p":
            local = next(words, "")
        elif set(letters) - set("lzvntuk46Nq0123456789"):
            return await fail(call, 1, f"unrecognized option: {letters}")
    if listens:
        return await _nc_listen(network, call, local or (rest[-1] if rest else ""))
    if len(rest) != 2 or not rest[1].isdigit():
        return await fail(call, 1, "usage: nc [-z] [-v] [-w SECONDS] HOST PORT")
    host, port = rest[0], int(rest[1])
    try:
        async with asyncio.timeout(seconds):
            connected = await network.dial(host, port, "UDP" if datagrams else "TCP")
    except socket.gaierror:
        return await fail(call, 1, f"bad address '{host}'")
    except TimeoutError:
        return await fail(
            call, 1, f"{host} ({host}:{port}): Connection timed out" if verbose or not scans else "timed out"
        )
    except OSError:
        return await fail(call, 1, f"{host} ({host}:{port}): Connection refused") if verbose or not scans else 1
    if verbose:
        await call.stderr.write(f"{host} ({host}:{port}) open\n".encode())
    if scans:
        connected.close()
        return 0
    return await _converse(call, connected, seconds)


async def _converse(call: Invocation, connected: socket.socket, seconds: float) -> int:
    reader, writer = await asyncio.open_connection(sock=connected)
    try:
        writer.write(await piped_in(call))
        with contextlib.suppress(OSError):
            await writer.drain()
        heard = False
        with contextlib.suppress(TimeoutError, OSError):
            while piece := await asyncio.wait_for(reader.read(_CHUNK), _IDLE_SECONDS if heard else seconds):
                heard = True
                await call.stdout.write(piece)
    finally:
        writer.close()
    return 0


async def _nc_listen(network: Network, call: Invocation, port: str) -> int:
    """Serve one connection: what is piped in goes out, what comes in is printed."""
    if not port.isdigit():
        return await fail(call, 1, "-l needs a port: nc -l -p PORT")
    content = await piped_in(call)
    served: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    class _Once(asyncio.Protocol):
        def __init__(self) -> None:
            self.received = b""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.received += data
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.write(content)
            self.transport.close()

        def eof_received(self) -> None:
            return None

        def connection_lost(self, exc: Exception | None) -> None:
            if not served.done():
                served.set_result(self.received)

    try:
        close = await network.listen(int(port), _Once)
    except OSError as error:
        return await fail(call, 1, f"bind: {error.strerror or error}")
    try:
        await call.stdout.write(await served)
    finally:
        if close is not None:
            close()
    return 0


async def nslookup(network: Network, call: Invocation) -> int:
    """Carry out ``nslookup`` for addresses of IPv4."""
    names = [word for word in call.argv if not word.startswith("-")]
    if not names:
        return await fail(call, 1, "usage: nslookup HOST [SERVER]")
    server = _nameserver(call)
    await say(call, f"Server:\t\t{server}\nAddress:\t{server}:53\n\n")
    try:
        canonical, addresses = await network.resolve(names[0])
    except OSError as error:
        unknown = f"** server can't find {names[0]}: NXDOMAIN"
        await say(call, f"{_SILENT if _is_silence(error) else unknown}\n\n")
        return 1
    await say(call, "".join(f"Name:\t{canonical}\nAddress: {address}\n" for address in addresses) + "\n")
    return 0


def _is_silence(error: OSError) -> bool:
    """Whether the name service did not answer at all."""
    return isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN


async def dig(network: Network, call: Invocation) -> int:
    """Carry out ``dig`` with ``+short``, ``+search``, ``+noall +answer`` and ``-x``, for records of `_RECORDS`."""
    name, kind = "", "A"
    words = iter(call.argv)
    for word in words:
        if word == "-x":
            name, kind = ".".join(reversed(next(words, "").split("."))) + ".in-addr.arpa", "PTR"
        elif word.upper() in _RECORDS:
            kind = word.upper()
        elif not word.startswith(("+", "@", "-")) and word not in ("IN", "ANY"):
            name = word
    if not name:
        return await fail(call, 1, "no name given")
    asked = name if "+search" in call.argv or name.endswith(".") else f"{name}."
    try:
        found = await network.query(asked, kind)
    except OSError as error:
        await say(call, f"{_SILENT}\n" if _is_silence(error) else "")
        return 9
    if "+short" in call.argv:
        await say(call, "".join(f"{record.data}\n" for record in found))
        return 0
    rows = "".join(f"{record.name}.\t30\tIN\t{record.kind}\t{record.data}\n" for record in found)
    await say(call, rows if "+noall" in call.argv else _dug(call, found, asked, kind, rows))
    return 0


def _dug(call: Invocation, found: list[Record], asked: str, kind: str, rows: str) -> str:
    """All that dig prints, but for what is different each time."""
    status, name = "NOERROR" if found else "NXDOMAIN", f"{asked.rstrip('.')}."
    return (
        f";; ->>HEADER<<- opcode: QUERY, status: {status}, id: 1\n\n;; QUESTION SECTION:\n;{name}\t\tIN\t{kind}\n\n"
        + (f";; ANSWER SECTION:\n{rows}\n" if rows else "")
        + f";; SERVER: {_nameserver(call)}#53\n"
    )


async def host(network: Network, call: Invocation) -> int:
    """Carry out ``host``."""
    names = [word for word in call.argv if not word.startswith("-")]
    try:
        canonical, addresses = await network.resolve(names[0] if names else "")
    except OSError as error:
        unknown = f"Host {names[0] if names else ''} not found: 3(NXDOMAIN)"
        await say(call, f"{_SILENT if _is_silence(error) else unknown}\n")
        return 1
    await say(call, "".join(f"{canonical} has address {address}\n" for address in addresses))
    return 0


async def getent(network: Network, call: Invocation) -> int:
    """Carry out ``getent``: ``hosts`` and ``ahosts``."""
    if len(call.argv) != 2 or call.argv[0] not in ("hosts", "ahosts", "ahostsv4"):
        return 1
    if known := _in_hosts(call, call.argv[1]):
        await say(call, known)
        return 0
    try:
        canonical, addresses = await network.resolve(call.argv[1])
    except OSError:
        return 2
    await say(call, "".join(f"{address:<15} {canonical}\n" for address in addresses))
    return 0


def _in_hosts(call: Invocation, name: str) -> str:
    """What ``/etc/hosts`` has for a name: address, and all the names of its row; empty where it has nothing."""
    try:
        rows = call.fs.read_file("/etc/hosts").decode(errors="replace").splitlines()
    except RuntimeError:
        return ""
    found = [words for row in rows if (words := row.partition("#")[0].split()) and name in words[1:]]
    return "".join(f"{words[0]:<15} {' '.join(words[1:])}\n" for words in found[:1])


async def ping(network: Network, call: Invocation) -> int:
    """Carry out ``ping`` of addresses and names: what answers is that somebody has the address."""
    count, names, words = 4, [], iter(call.argv)
    for word in words:
        if word == "-c":
            count = int(next(words, "") or 0)
        elif word in ("-w", "-W", "-i", "-s"):
            next(words, "")
        elif not word.startswith("-"):
            names.append(word)
    if not names:
        return await fail(call, 1, "usage: ping [-c COUNT] HOST")
    try:
        known = _in_hosts(call, names[0]).split()
        address = known[0] if known else (await network.resolve(names[0]))[1][0]
    except (OSError, IndexError):
        return await fail(call, 1, f"bad address '{names[0]}'")
    await say(call, f"PING {names[0]} ({address}): 56 data bytes\n")
    reached = await network.reaches(address)
    for number in range(count):
        if number:
            await asyncio.sleep(1)
        if reached:
            await say(call, f"64 bytes from {address}: seq={number} ttl=63 time=0.100 ms\n")
    received, lost = (count, 0) if reached else (0, 100)
    await say(
        call,
        f"\n--- {names[0]} ping statistics ---\n{count} packets transmitted, {received} packets received, "
        f"{lost}% packet loss\n",
    )
    return 0 if reached else 1


async def ip(identity: Identity, call: Invocation, *, may_change: bool = False) -> int:
    """Carry out ``ip``: ``addr`` and ``route``, to be read only; who may not change them is told so."""
    verb = next((word for word in call.argv if not word.startswith("-")), "")
    if not may_change and _CHANGES.intersection(call.argv):
        return await fail(call, 2, "RTNETLINK answers: Operation not permitted")
    prefix = identity.address.rpartition(".")[0]
    if verb.startswith("a"):
        await say(
            call,
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    inet 127.0.0.1/8 scope host lo\n"
            "2: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
            f"    inet {identity.address}/24 brd {prefix}.255 scope global eth0\n",
        )
    elif verb.startswith("r"):
        await say(
            call,
            f"default via {prefix}.1 dev eth0\n{prefix}.0/24 via {prefix}.1 dev eth0 src {identity.address}\n",
        )
    else:
        return await fail(call, 1, f"'{verb}' is not imitated in this lab")
    return 0


def _nameserver(call: Invocation) -> str:
    try:
        rows = call.fs.read_file("/etc/resolv.conf").decode().splitlines()
    except RuntimeError:
        rows = []
    return next((row.split()[1] for row in rows if row.startswith("nameserver ")), "127.0.0.1")


def network_commands(network: Network, identity: Identity, *, may_change: bool) -> dict[str, Command]:
    """The commands of this module, for one container, which may change its network or not."""
    commands = {"nc": nc, "netcat": nc, "nslookup": nslookup, "dig": dig, "host": host, "getent": getent, "ping": ping}
    return {
        **{name: partial(command, network) for name, command in commands.items()},
        "ip": partial(ip, identity, may_change=may_change),
    }
