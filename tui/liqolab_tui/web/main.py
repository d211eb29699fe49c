"""The entry point of ``liqolab learn --web``: opens a port on loopback, prints the address, serves until Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from io import TextIOWrapper
from pathlib import Path

from aiohttp import web

from liqolab.learn.opening import Arguments
from liqolab.learn.texts import Texts, choose_language
from liqolab.playground import home
from liqolab.scenario.lesson import load_lesson
from liqolab_tui.web import served
from liqolab_tui.web.access import HOSTS, Access
from liqolab_tui.web.server import Server

_LOG = "web.log"
_ENDING_SECONDS = 20.0


def main(arguments: Arguments, port: int = 0) -> int:
    """Serve the lesson until it is interrupted.

    Args:
        arguments: what the lesson is opened with for whoever comes.
        port: where to listen; 0 for a port that is free.

    Returns:
        0 after Ctrl-C, 143 after SIGTERM, 129 when the terminal went away, 1 when the port cannot be had.

    Raises:
        PlaygroundError: the name of the playground is not valid.
        LessonError: there is no such lesson.
    """
    say = Texts(choose_language(arguments.language))
    playground = home.resolve(arguments.playground)
    title = load_lesson(arguments.scenario, say.language).title
    try:
        listening = socket.create_server((HOSTS[0], port))
    except (OSError, OverflowError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        sys.stderr.write(say("web.no_port", port=port, reason=reason) + "\n")
        return 1
    log_to(playground.home / _LOG)
    with listening:
        access = Access(listening.getsockname()[1])
        ended_by = asyncio.run(serve(listening, access, served.command(arguments), say, title))
    _tell(say("web.over", command=arguments.again(say.language, "--web")))
    if not playground.is_empty:
        _tell(say("plain.leave.down", command=arguments.end()))
    return 0 if ended_by == signal.SIGINT else 128 + ended_by


async def serve(listening: socket.socket, access: Access, command: list[str], say: Texts, title: str) -> int:
    """Serve `command` to whoever has the address; the number of the signal that ended it."""
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(number: int) -> None:
        if not ended.done():
            ended.set_result(number)

    for known in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(known, end, known)
    runner = web.AppRunner(
        Server(access, command, say, title).application(), access_log=None, shutdown_timeout=_ENDING_SECONDS
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        _tell(say("web.serving", title=title, address=access.address))
        number = await ended
        _tell(say("web.ending"))
        return number
    finally:
        await runner.cleanup()


def _tell(text: str) -> None:
    """To the terminal, if there still is one."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:
        return


class _PrivateFile(logging.FileHandler):
    """A log for nobody else's eyes, made when there is something to write."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")


def log_to(path: Path) -> None:
    """What libraries have to say is of use in a report of a defect, and of none to a learner."""
    logging.basicConfig(handlers=[_PrivateFile(path, delay=True)], level=logging.WARNING)
