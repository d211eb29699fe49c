"""Lines on a terminal are broken between words; in a pipe, and where they are to be copied, they stay whole."""

from __future__ import annotations

import io
import os
import pty
import termios

from liqolab.plain.printing import Printer, Verbatim, wrapped

LONG = "Liqo merges such wishes with the namespace's policy; neither overrides the other, whatever anybody says."


def test_prose_is_broken_between_words_and_lists_hang() -> None:
    assert wrapped(LONG, 0) == [LONG] and wrapped(LONG, 200) == [LONG]
    lines = wrapped(LONG, 40)
    assert " ".join(lines) == LONG and max(map(len, lines)) <= 40
    assert all(line.startswith("  ") for line in wrapped(f"- {LONG}", 40)[1:])
    assert all(line.startswith("     ") for line in wrapped(f"  1. {LONG}", 40)[1:])


def test_a_terminal_decides_how_wide_lines_are() -> None:
    parent, child = pty.openpty()
    termios.tcsetwinsize(child, (24, 40))
    command = f"    kubectl get pods {'-x ' * 20}"
    with os.fdopen(child, "w", encoding="utf-8") as stream:
        Printer(stream).lines([LONG, Verbatim(command)])
        said = b""
        while command.encode() not in said:
            said += os.read(parent, 4096)
        shown = said.decode().replace("\r", "").splitlines()
    os.close(parent)
    assert shown == [*wrapped(LONG, 40), command]


def test_a_pipe_gets_whole_lines() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    Printer(stream).line(LONG)
    stream.seek(0)
    assert stream.read() == f"{LONG}\n"
