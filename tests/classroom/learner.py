"""A learner who writes a journal without clusters: ``learner.py CODE FOLDER NICKNAME COUNT [DROP]``.

Says how far it is, and ends when it is told to on its standard input; what it wrote before, it goes on from.
"""

from __future__ import annotations

import sys
from pathlib import Path

from liqolab.classroom.codes import read_code
from liqolab.classroom.lessons import outline_of, version_of
from liqolab.classroom.seat import Seat
from liqolab.classroom.taking_part import over_folder, over_tls, taking_part
from liqolab.learn.journal import Journal, read_entries


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(code_text: str, folder: str, nickname: str, count: str, drop: str = "") -> None:
    code = read_code(code_text)
    path = Path(folder) / "journal.jsonl"
    written = len(read_entries(path))
    journal = Journal(path)
    seat = Seat(Path(folder), code, nickname, version_of(outline_of(code.lesson)))
    seat.agree()
    road = over_folder(code, Path(drop)) if drop else over_tls(code)
    with taking_part(seat, road, say):
        if not written:
            journal.write("entered", step="provision")
        for number in range(written, written + int(count)):
            journal.write("command", step="provision", text=f"{nickname} {number}", code=number % 2)
        if written:
            journal.write("passed", step="provision")
        say("written")
        sys.stdin.readline()
    seat.close()
    journal.close()


main(*sys.argv[1:])
