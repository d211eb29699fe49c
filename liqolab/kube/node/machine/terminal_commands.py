"""Commands that ask about the terminal that somebody sits at; it may change its size at any time."""

from __future__ import annotations

from liqolab.kube.node.machine.commands import say
from liqolab.kube.node.machine.interpreter import Command, Invocation
from liqolab.kube.node.machine.session import Session

_NAME = "/dev/pts/0"


def terminal_commands(session: Session) -> dict[str, Command]:
    """Name → command, for a session at a terminal."""

    async def stty(call: Invocation) -> int:
        """``size`` and ``-a`` tell; modes are set by whoever shows the terminal, and taken as set."""
        rows, columns = session.size
        if call.argv == ["size"]:
            await say(call, f"{rows} {columns}\n")
        elif call.argv in ([], ["-a"]):
            await say(call, f"speed 38400 baud; rows {rows}; columns {columns};\n")
        return 0

    async def tty(call: Invocation) -> int:
        await say(call, f"{_NAME}\n")
        return 0

    async def resize(call: Invocation) -> int:
        rows, columns = session.size
        await say(call, f"COLUMNS={columns};LINES={rows};export COLUMNS LINES;\n")
        return 0

    return {"stty": stty, "tty": tty, "resize": resize}
