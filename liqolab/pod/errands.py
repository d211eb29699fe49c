"""Has `kernel` change the network in a process of its own, which ends with it.

What speaks netlink is ten megabytes of Python, routes change when peerings come and go, and a pod is there all day.
"""

from __future__ import annotations

import asyncio
import sys


async def add_route(cidr: str, via: str) -> None:
    """See `kernel.add_route`."""
    await _run("add_route", cidr, via)


async def remove_route(cidr: str) -> None:
    """See `kernel.remove_route`."""
    await _run("remove_route", cidr)


async def remove_routes() -> None:
    """See `kernel.remove_routes`."""
    await _run("remove_routes")


async def redirect(address: str, port: int) -> None:
    """See `kernel.redirect`."""
    await _run("redirect", address, str(port))


async def _run(*words: str) -> None:
    """Raises OSError with the number that is the process's exit code, and the text that it leaves."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "liqolab.pod.kernel", *words), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    if process.returncode:
        why = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise OSError(process.returncode, why)
