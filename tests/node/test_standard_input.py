"""What a command is told while it runs: lines as they come, without a terminal and at one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from liqolab.kube.node.machine.attending import attend
from liqolab.kube.node.machine.session import Session
from liqolab.kube.node.machine.userlands import BUSYBOX
from tests.node.machines import machine

_SECONDS = 10


class Talk:
    """Somebody who runs a command in a container, and waits for what it says before going on."""

    def __init__(self, folder: Path, *words: str, terminal: bool = False) -> None:
        self.printed = ""
        self._news = asyncio.Event()
        self.session = Session(self._take, self._take, terminal)
        self.ending = asyncio.ensure_future(attend(machine(folder, print, BUSYBOX), list(words), self.session))

    async def _take(self, data: bytes) -> None:
        self.printed += data.decode()
        self._news.set()

    def type(self, text: str) -> None:
        self.session.input.put_nowait(text.encode())

    def close(self) -> None:
        self.session.input.put_nowait(None)

    async def until(self, text: str) -> None:
        async with asyncio.timeout(_SECONDS):
            while text not in self.printed:
                self._news.clear()
                await self._news.wait()

    async def ended(self) -> int:
        async with asyncio.timeout(_SECONDS):
            return await self.ending


SCRIPTS = {
    "read": ('read x; echo "got $x"; read y; echo "got $y"; exit 3', 3),
    "while read": ('while read x; do echo "got $x"; [ $x = two ] && exit 3; done', 3),
    "cat": ("cat | sed -u 's/^/got /'", 0),
}


@pytest.mark.parametrize(("script", "code"), SCRIPTS.values(), ids=list(SCRIPTS))
async def test_a_script_reads_lines_as_they_come(tmp_path: Path, script: str, code: int) -> None:
    talk = Talk(tmp_path, "sh", "-c", script)
    talk.type("one\n")
    if "sed" not in script:
        await talk.until("got one\n")
    talk.type("two\n")
    if code == 0:
        talk.close()
    # One that has heard enough ends, though nobody has closed its input.
    assert await talk.ended() == code
    assert talk.printed == "got one\ngot two\n"


async def test_commands_that_read_nothing_leave_it_to_the_next(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "sh", "-c", "whoami; x=$(hostname); id -u; sleep 0 && cat; exit 3")
    talk.type("one\n")
    talk.close()
    assert await talk.ended() == 3
    assert talk.printed == "root\n0\none\n"


AFTER = {
    "sleep 0.01; nslookup nowhere >/dev/null; cat": ("one\ntwo", 0),
    "while read x; do hostname; echo $x; done; echo $x": ("web-0\none\ntwo\n", 0),
    "true && (id >/dev/null); x=$(whoami); echo $x; cat; exit 3": ("root\none\ntwo", 3),
    "wget -q http://nowhere 2>/dev/null; cat": ("one\ntwo", 0),
}


@pytest.mark.parametrize("script", AFTER)
async def test_what_a_command_does_not_read_is_for_the_next_one(tmp_path: Path, script: str) -> None:
    talk = Talk(tmp_path, "sh", "-c", script)
    talk.type("one\ntwo")
    talk.close()
    code = await talk.ended()
    printed = "\n".join(line for line in talk.printed.split("\n") if not line.startswith("**"))
    assert (printed, code) == AFTER[script]


async def test_input_of_any_size_arrives_whole(tmp_path: Path) -> None:
    pieces = [f"{number:07}\n" * 8192 for number in range(80)]
    talk = Talk(tmp_path, "sh", "-c", "hostname >/dev/null; cat")
    for piece in pieces:
        talk.type(piece)
    talk.close()
    assert await talk.ended() == 0
    assert talk.printed == "".join(pieces)


async def test_input_that_ends_at_once_is_none(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "sh", "-c", "hostname; cat; wc -c")
    talk.close()
    assert (await talk.ended(), talk.printed) == (0, "web-0\n0\n")


async def test_a_command_without_a_shell_reads_too(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "cat")
    talk.type("one\n")
    await talk.until("one\n")
    talk.close()
    assert await talk.ended() == 0


async def test_a_shell_without_a_terminal_carries_out_what_it_is_told(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "sh")
    talk.type("X=1; for i in a b; do\n")
    talk.type("echo $i; done\n")
    await talk.until("a\nb\n")
    talk.type("echo $X; exit 4\n")
    assert await talk.ended() == 4
    assert talk.printed == "a\nb\n1\n"


async def test_a_piped_script_is_carried_out_as_a_whole(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "sh")
    talk.type("set -e\ncat <<EOF\nhere\nEOF\n")
    talk.type("false\necho never\n")
    talk.close()
    assert (await talk.ended(), talk.printed) == (1, "here\n")


async def test_a_terminal_shows_what_is_typed_and_ctrl_d_ends_it(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "sh", terminal=True)
    await talk.until("/ # ")
    talk.type("cat > /tmp/f\r")
    talk.type("helo\x7flo\r")
    await talk.until("lo\r\n")
    talk.type("\x04")
    talk.type("cat /tmp/f\r")
    talk.type("read x\r")
    talk.type("typed in\r")
    talk.type('echo "[$x]"\r')
    await talk.until("[typed in]")
    talk.type("cat\r")
    talk.type("echo\r")
    await talk.until("echo\r\necho\r\n")
    talk.type("\x03")
    talk.type("echo $?\r")
    await talk.until("130\r\n")
    talk.type("exit 5\r")
    assert await talk.ended() == 5
    assert "hello\r\n" in talk.printed
