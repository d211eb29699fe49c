"""The kubelet's side of ``exec`` and ``attach``: a WebSocket that carries several channels.

Each message begins with the number of its channel, in the protocols of ``base64`` as a digit before encoded text. The
end of a command is a Status on the channel of errors; before version 4 it was words, where something failed.
https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import Mapping
from typing import Final

from aiohttp import WSMsgType, web

from liqolab.kube.node import texts
from liqolab.kube.node.container import ContainerUnit
from liqolab.kube.node.logs import LogQuery
from liqolab.kube.node.machine.attending import attend
from liqolab.kube.node.machine.interpreter import MissingInterpreterError, Sink
from liqolab.kube.node.machine.machine import Machine, NotStartedError
from liqolab.kube.node.machine.session import Foreground, Session

_WITH_STATUS: Final = ("v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io")
PROTOCOLS: Final = (*_WITH_STATUS, "channel.k8s.io", "base64.channel.k8s.io")

_STDIN, _STDOUT, _STDERR, _ERROR, _RESIZE = range(5)
_CLOSE: Final = 255
"""Of version 5: the channel that is named next has ended."""

_HEARTBEAT_SECONDS: Final = 30.0
_SUCCESS: Final = {"metadata": {}, "status": "Success"}
_FAILURE: Final = {"metadata": {}, "status": "Failure", "reason": "InternalError", "code": 500}


async def execute(
    request: web.BaseRequest, machine: Machine, words: list[str], *, stdin: bool, terminal: bool
) -> web.StreamResponse:
    """Carry a command out in a container, for whoever holds the other end of the WebSocket.

    Args:
        request: asks for an upgrade.
        machine: the container.
        words: the command line.
        stdin: whether standard input is sent.
        terminal: whether a person sits at a terminal.
    """
    socket = web.WebSocketResponse(protocols=PROTOCOLS, heartbeat=_HEARTBEAT_SECONDS)
    await socket.prepare(request)
    session = Session(_channel(socket, _STDOUT), _channel(socket, _STDERR), terminal, silent=not stdin)
    if not stdin:
        session.input.put_nowait(None)
    work = asyncio.create_task(_status_of(machine, words, session))
    listening = asyncio.create_task(_listen(socket, session))
    try:
        await asyncio.wait({work, listening}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            with contextlib.suppress(ConnectionError):
                await _end(socket, work.result())
    finally:
        for task in (work, listening):
            task.cancel()
        await asyncio.gather(work, listening, return_exceptions=True)
        await socket.close()
    return socket


async def attach(request: web.BaseRequest, unit: ContainerUnit, *, stdin: bool) -> web.StreamResponse:
    """Take part in what a container's own command says and is told, until it ends.

    Args:
        request: asks for an upgrade.
        unit: the container, running.
        stdin: whether standard input is sent.
    """
    socket = web.WebSocketResponse(protocols=PROTOCOLS, heartbeat=_HEARTBEAT_SECONDS)
    await socket.prepare(request)
    output = _channel(socket, _STDOUT)
    foreground = unit.machine.foreground if unit.machine is not None else None
    session = foreground.session if foreground is not None and stdin else Session(output, output)
    watching = _watch(foreground, output) if foreground is not None else _follow(unit, output)
    # Without stdinOnce, a container's standard input stays open for whoever attaches next.
    once = bool(unit.spec.get("stdinOnce"))
    tasks = [asyncio.create_task(watching), asyncio.create_task(_listen(socket, session, ends=once))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        with contextlib.suppress(ConnectionError):
            await _end(socket, _SUCCESS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if once:
            session.input.put_nowait(None)
        await socket.close()
    return socket


async def _watch(foreground: Foreground, output: Sink) -> None:
    leave = foreground.attach(output)
    try:
        await foreground.ended.wait()
    finally:
        leave()


async def _follow(unit: ContainerUnit, output: Sink) -> None:
    """What a command prints that nobody talks to is what its log gets from now on; where one attacher is expected
    (``kubectl run -i``), all of it: what runs for a moment has printed before anybody could come.
    """
    if unit.log is not None:
        async for piece in unit.log.read(LogQuery(follow=True, tail=None if unit.spec.get("stdinOnce") else 0)):
            await output(piece)


async def _end(socket: web.WebSocketResponse, status: Mapping[str, object]) -> None:
    """Say how a command has ended, as the protocol has it."""
    if (socket.ws_protocol or _WITH_STATUS[0]) in _WITH_STATUS:
        await _channel(socket, _ERROR)(json.dumps(status).encode())
    elif status["status"] != "Success":
        await _channel(socket, _ERROR)(str(status["message"]).encode())


def _channel(socket: web.WebSocketResponse, number: int) -> Sink:
    async def send(data: bytes) -> None:
        await socket.send_bytes(bytes((number,)) + data)

    async def send_encoded(data: bytes) -> None:
        await socket.send_str(f"{number}{base64.b64encode(data).decode()}")

    return send_encoded if "base64" in (socket.ws_protocol or "") else send


async def _listen(socket: web.WebSocketResponse, session: Session, *, ends: bool = True) -> None:
    """Hand on what is typed, until the other end goes away; `ends` says whether its end of input is the command's."""
    async for message in socket:
        data = message.data if message.type is WSMsgType.BINARY else str(message.data).encode()
        if "base64" in (socket.ws_protocol or ""):
            with contextlib.suppress(ValueError):
                data = bytes((int(data[:1]),)) + base64.b64decode(data[1:])
        channel, rest = data[:1], data[1:]
        if channel == bytes((_STDIN,)):
            session.input.put_nowait(rest)
        elif channel == bytes((_RESIZE,)):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                size = json.loads(rest)
                session.size = (int(size["Height"]), int(size["Width"]))
        elif channel == bytes((_CLOSE,)) and ends:
            session.input.put_nowait(None)


async def _status_of(machine: Machine, words: list[str], session: Session) -> dict[str, object]:
    """Carry the command out; the Status that tells how it ended."""
    try:
        code = await attend(machine, words, session)
    except NotStartedError as error:
        failed = texts.EXEC_FAILED.format(identity=secrets.token_hex(32))
        return _FAILURE | {"message": f"Internal error occurred: {failed}{error}"}
    except MissingInterpreterError as error:
        return _FAILURE | {"message": str(error)}
    if code == 0:
        return dict(_SUCCESS)
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: error executing command {words}, exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
