"""Commands that tell of the machine: what is mounted and how full it is, what runs; and ``tee``, which tells of what
cannot be written instead of ending the script.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import partial

from liqolab.kube.node.machine.commands import fail, piped_in, say
from liqolab.kube.node.machine.interpreter import Command, Invocation
from liqolab.kube.node.machine.machine_files import MEMORY_KIB
from liqolab.kube.node.storage import Place

_TOTAL_KIB, _USED_KIB = 105_089_260, 31_526_778


def _devices(places: Mapping[str, Place]) -> list[tuple[str, str, str, bool]]:
    """Device, path, kind and whether it is read-only, of everything that is mounted."""
    rows = [("overlay", "/", "overlay", False), ("tmpfs", "/dev", "tmpfs", False)]
    return rows + [("/dev/vda1", path, "ext4", place.read_only) for path, place in sorted(places.items())]


async def mount(places: Mapping[str, Place], call: Invocation) -> int:
    """Carry out ``mount`` without arguments; nothing can be mounted."""
    if call.argv and not call.argv[0].startswith("-"):
        return await fail(call, 1, "permission denied (are you root?)")
    for device, path, kind, read_only in _devices(places):
        await say(call, f"{device} on {path} type {kind} ({'ro' if read_only else 'rw'},relatime)\n")
    return 0


async def df(places: Mapping[str, Place], call: Invocation) -> int:
    """Carry out ``df``: ``-h``, ``-k``, ``-P``, of all or of what the paths lie on."""
    human = any(word.startswith("-") and "h" in word for word in call.argv)
    paths = [posixpath.join(call.cwd, word) for word in call.argv if not word.startswith("-")]
    rows = _devices(places)
    chosen = [
        max((r for r in rows if f"{p}/".startswith(r[1].rstrip("/") + "/")), key=lambda r: len(r[1])) for p in paths
    ]
    head = ("Size", "Used", "Available") if human else ("1K-blocks", "Used", "Available")
    await say(call, f"{'Filesystem':<20} {head[0]:>9} {head[1]:>9} {head[2]:>9} Use% Mounted on\n")
    for device, path, _, _ in chosen or rows:
        sizes = ("100.2G", "30.1G", "65.0G") if human else (_TOTAL_KIB, _USED_KIB, _TOTAL_KIB - _USED_KIB)
        await say(call, f"{device:<20} {sizes[0]:>9} {sizes[1]:>9} {sizes[2]:>9}  30% {path}\n")
    return 0


async def top(call: Invocation) -> int:
    """Carry out ``top -bn1``: one look; nothing is measured."""
    if not any(word.startswith("-") and "b" in word for word in call.argv):
        return await fail(call, 1, "no full-screen programs in this lab: try top -bn1")
    await say(
        call,
        f"Mem: {MEMORY_KIB // 2}K used, {MEMORY_KIB // 2}K free, 0K shrd, 0K buff, 0K cached\n"
        "CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\nLoad average: 0.10 0.08 0.05 1/100 1\n"
        "  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n    1     0 root     S     4400   0%   0   0% sh\n",
    )
    return 0


async def tee(call: Invocation) -> int:
    """Carry out ``tee``: ``-a``; a file that cannot be written is told, and the others get all."""
    content = await piped_in(call)
    adds = any(word in ("-a", "--append") for word in call.argv)
    code = 0
    for word in call.argv:
        if word.startswith("-"):
            continue
        path = posixpath.normpath(posixpath.join(call.cwd, word))
        try:
            (call.fs.append_file if adds else call.fs.write_file)(path, content)
        except RuntimeError as error:
            code = await fail(call, 1, f"{word}: {str(error).removeprefix('io error: ')}")
    await call.stdout.write(content)
    return code


def system_commands(places: Mapping[str, Place]) -> dict[str, Command]:
    """The commands of this module, for one container."""
    return {
        "mount": partial(mount, places),
        "df": partial(df, places),
        "top": top,
        "tee": tee,
    }
