"""``netstat`` and ``ss``: who listens in the pod, for the probes and the people that look with them.

What the lab's network knows is who accepts connections; established ones and datagrams' sockets are not told apart from
nothing, so these lists hold servers only. Every one of them listens on all of the pod's addresses.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from liqolab.kube.node.machine.commands import fail, say
from liqolab.kube.node.machine.interpreter import Command, Invocation
from liqolab.program import Network

_KNOWN: Final = frozenset("alntuxpWre4o6HOi")
_LONG: Final = {"all": "a", "listening": "l", "numeric": "n", "tcp": "t", "udp": "u", "programs": "p", "processes": "p"}
_TITLE: Final = "Proto Recv-Q Send-Q Local Address           Foreign Address         State       "


async def netstat(network: Network, call: Invocation) -> int:
    """Carry out ``netstat``: ``-a``, ``-l``, ``-t``, ``-u``, ``-n``, ``-p``."""
    letters = _letters(call)
    if unknown := letters - _KNOWN:
        return await fail(call, 1, f"unrecognized option: {min(unknown)}")
    kind = "only servers" if "l" in letters else "servers and established" if "a" in letters else "w/o servers"
    program = "PID/Program name" if "p" in letters else ""
    rows = [f"Active Internet connections ({kind})", _TITLE + program]
    for port in await _ports(network, letters) if letters & {"a", "l"} else ():
        local = f"0.0.0.0:{port}"
        rows.append(f"tcp        0      0 {local:<23} 0.0.0.0:*               LISTEN      {'-' if program else ''}")
    await say(call, "\n".join(rows) + "\n")
    return 0


async def ss(network: Network, call: Invocation) -> int:
    """Carry out ``ss``: ``-a``, ``-l``, ``-t``, ``-u``, ``-n``, ``-p``."""
    letters = _letters(call)
    if unknown := letters - _KNOWN:
        return await fail(call, 1, f"unrecognized option: {min(unknown)}")
    rows = ["State      Recv-Q Send-Q      Local Address:Port          Peer Address:Port"]
    for port in await _ports(network, letters) if letters & {"a", "l"} else ():
        rows.append(f"LISTEN     0      4096              0.0.0.0:{port:<13}       0.0.0.0:*")
    await say(call, "\n".join(rows) + "\n")
    return 0


def _letters(call: Invocation) -> set[str]:
    """All options as letters; one that has only a long form stands as it is."""
    found: set[str] = set()
    for word in call.argv:
        if word.startswith("--"):
            found.add(_LONG.get(word[2:], word[2:]))
        elif word.startswith("-"):
            found.update(word[1:])
    return found


async def _ports(network: Network, letters: set[str]) -> list[int]:
    """Servers of TCP, unless only those of another protocol are asked for."""
    return [] if letters & {"u", "x"} and "t" not in letters else await network.listened()


def socket_commands(network: Network) -> dict[str, Command]:
    """The commands of this module, for one container."""
    return {"netstat": partial(netstat, network), "ss": partial(ss, network)}
