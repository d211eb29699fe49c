"""Commands that belong to the container rather than to the sandbox: they wait, or say who one is.

What waits here can be interrupted, which the sandbox's own `sleep` cannot; it keeps no thread and costs nothing.
"""

from __future__ import annotations

import asyncio
import posixpath
import re
from functools import partial

from liqolab.kube.node.machine.identity import Identity
from liqolab.kube.node.machine.interpreter import Command, Invocation

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d++\.?\d*+|\.\d++)([smhd]?)")
_FOLLOW_SECONDS = 0.2
"""How often ``tail -f`` looks for more: no one reads a lab's log quicker, and it asks a file in memory."""


async def say(call: Invocation, text: str) -> None:
    await call.stdout.write(text.encode())


async def fail(call: Invocation, code: int, text: str) -> int:
    """End a command with an error message in its name."""
    await call.stderr.write(f"{call.name}: {text}\n".encode())
    return code


async def forever() -> int:
    await asyncio.Event().wait()
    return 0


async def sleep(call: Invocation) -> int:
    """Carry out ``sleep`` with units, fractions, several durations and ``infinity``."""
    seconds = 0.0
    for word in call.argv:
        if word in ("inf", "infinity"):
            return await forever()
        found = _DURATION.fullmatch(word)
        if found is None:
            return await fail(call, 1, f"invalid number '{word}'")
        seconds += float(found[1]) * _UNITS.get(found[2], 1)
    if not call.argv:
        return await fail(call, 1, "missing operand")
    await asyncio.sleep(seconds)
    return 0


async def tail(call: Invocation) -> int:
    """Carry out ``tail``: ``-n``, ``-c``, ``-q``, ``-f`` and ``-F``, of files or of what is piped in."""
    count, unit, follows, files = "10", "lines", False, []
    words = iter(call.argv)
    for word in words:
        if word in ("-n", "-c", "--lines", "--bytes"):
            count, unit = next(words, ""), "bytes" if "c" in word or "b" in word else "lines"
        elif found := re.fullmatch(r"-(?:n|-lines=)?(\+?\d+)|-(?:c|-bytes=)(\+?\d+)", word):
            count, unit = found[1] or found[2], "lines" if found[1] else "bytes"
        elif word in ("-f", "-F", "--follow", "-qf", "-fq", "-nf"):
            follows = True
        elif word.startswith("-f") and word[2:].startswith("n"):
            follows, count = True, word[3:] or next(words, "")
        elif word not in ("-q", "-v", "-s", "--"):
            files.append(word)
    if not count.lstrip("+").isdigit():
        return await fail(call, 1, f"invalid number '{count}'")
    cut = partial(_end_of, count=count, unit=unit)
    if not files:
        await call.stdout.write(cut(await piped_in(call)))
        return await forever() if follows else 0
    code = 0
    for index, name in enumerate(files):
        content = read_file(call, name)
        if content is None:
            code = await fail(call, 1, f"can't open '{name}': No such file or directory")
            continue
        if len(files) > 1:
            await say(call, f"{chr(10) if index else ''}==> {name} <==\n")
        await call.stdout.write(cut(content))
    return await _follow(call, files) if follows else code


async def touch(call: Invocation) -> int:
    """Carry out ``touch``: files that are not there are made; the time of others is what it is, since volumes keep
    none that is set.
    """
    code, makes = 0, True
    words = iter(call.argv)
    for word in words:
        if word in ("-d", "-t", "-r", "--date", "--reference"):
            next(words, "")
        elif word in ("-c", "--no-create"):
            makes = False
        elif not word.startswith("-"):
            path = posixpath.normpath(posixpath.join(call.cwd, word))
            try:
                if not call.fs.exists(path):
                    if makes:
                        call.fs.write_file(path, b"")
                elif read_file(call, word) is not None:
                    call.fs.append_file(path, b"")
            except RuntimeError as error:
                code = await fail(call, 1, f"{word}: {_reason(error)}")
    return code


def _reason(error: RuntimeError) -> str:
    text = str(error)
    if "read-only" in text:
        return "Read-only file system"
    return "No such file or directory" if "not found" in text.lower() else text


async def sysctl(call: Invocation) -> int:
    """Carry out ``sysctl``: settings are read as their files are, and cannot be changed."""
    names, bare, code = [word for word in call.argv if not word.startswith("-")], "-n" in call.argv, 0
    for name in names:
        if "=" in name:
            code = await fail(call, 1, f"error setting key '{name.partition('=')[0]}': Read-only file system")
            continue
        content = read_file(call, "/proc/sys/" + name.replace(".", "/"))
        if content is None:
            code = await fail(call, 1, f"error: '{name}' is an unknown key")
            continue
        value = content.decode().strip()
        await say(call, f"{value}\n" if bare else f"{name} = {value}\n")
    return code


async def _follow(call: Invocation, files: list[str]) -> int:
    sizes = {name: len(read_file(call, name) or b"") for name in files}
    while any(name != "/dev/null" for name in files):
        await asyncio.sleep(_FOLLOW_SECONDS)
        for name in files:
            content = read_file(call, name) or b""
            if len(content) != sizes[name]:
                await call.stdout.write(content[sizes[name] :] if len(content) > sizes[name] else content)
                sizes[name] = len(content)
    return await forever()


def _end_of(content: bytes, count: str, unit: str) -> bytes:
    number = int(count.lstrip("+"))
    rows = content.splitlines(keepends=True) if unit == "lines" else [content[i : i + 1] for i in range(len(content))]
    if count.startswith("+"):
        return b"".join(rows[max(number - 1, 0) :])
    return b"".join(rows[len(rows) - number :] if number < len(rows) else rows) if number else b""


def read_file(call: Invocation, name: str) -> bytes | None:
    """A file's content; None when there is none."""
    if name == "/dev/null":
        return b""
    try:
        return call.fs.read_file(posixpath.normpath(posixpath.join(call.cwd, name)))
    except RuntimeError:
        return None


async def piped_in(call: Invocation) -> bytes:
    """All of standard input."""
    return b"".join([piece async for piece in call.stdin])


async def identify(identity: Identity, call: Invocation) -> int:
    """Carry out ``id``: ``-u``, ``-g``, ``-G``, ``-n``."""
    flags = "".join(word.lstrip("-") for word in call.argv if word.startswith("-"))
    user, group = (identity.user_name, identity.group_name) if "n" in flags else (str(identity.uid), str(identity.gid))
    groups = " ".join(str(number) for number in identity.groups)
    single = {"u": user, "g": group, "G": groups}
    for flag, text in single.items():
        if flag in flags:
            await say(call, text + "\n")
            return 0
    shown = [f"uid={_named(identity.uid, identity.user_name)}", f"gid={_named(identity.gid, identity.group_name)}"]
    if identity.groups:
        shown.append("groups=" + ",".join(_named(number, "root" if number == 0 else "") for number in identity.groups))
    await say(call, " ".join(shown) + "\n")
    return 0


def _named(number: int, name: str) -> str:
    return f"{number}({name})" if name else str(number)


async def whoami(identity: Identity, call: Invocation) -> int:
    """Carry out ``whoami``: a user without a name is an error, as where /etc/passwd does not have it."""
    if not identity.user_name:
        return await fail(call, 1, f"unknown uid {identity.uid}")
    await say(call, identity.user_name + "\n")
    return 0


async def hostname(identity: Identity, call: Invocation) -> int:
    """Carry out ``hostname``: ``-i``, ``-I``, ``-f``, ``-s``, ``-d``."""
    flag = call.argv[0] if call.argv else ""
    short, _, domain = identity.fqdn.partition(".")
    answers = {
        "": identity.hostname, "-s": short, "-f": identity.fqdn, "-d": domain,
        "-i": identity.address, "-I": identity.address + " ",
    }  # fmt: skip
    if flag not in answers:
        return await fail(call, 1, "sethostname: Operation not permitted")
    await say(call, answers[flag] + "\n")
    return 0


async def no_packages(call: Invocation) -> int:
    """Carry out ``apk``: there is no archive to install from."""
    verb = next((word for word in call.argv if not word.startswith("-")), "")
    if verb in ("", "list", "info", "search", "--version"):
        return 0
    what = "apk update: temporary error" if call.name == "apk" else "Unable to fetch"
    return await fail(
        call, 100 if call.name != "apk" else 1, f"{what}: this container is simulated, nothing can be installed"
    )


async def unavailable(call: Invocation) -> int:
    """A program that the image has and nobody here can imitate."""
    return await fail(call, 127, "not imitated in this lab")


def local_commands(identity: Identity) -> dict[str, Command]:
    """The commands of this module, for one container."""
    return {
        "sleep": sleep,
        "usleep": sleep,
        "sysctl": sysctl,
        "tail": tail,
        "touch": touch,
        "id": partial(identify, identity),
        "whoami": partial(whoami, identity),
        "hostname": partial(hostname, identity),
        "apk": no_packages,
        "apt": no_packages,
        "apt-get": no_packages,
    }
