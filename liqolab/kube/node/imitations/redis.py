"""``redis-server`` and ``redis-cli``: strings, lists, hashes, sets and expiry over RESP, kept in ``/data``.

Data is written to ``/data/dump.rdb`` (in a form of the lab's own) on ``SAVE``, when the server is told to end, and
after every change where ``appendonly`` is on, so it survives as Redis' would. A replica hears of every change.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
from collections.abc import AsyncIterator
from typing import Any

from liqolab.kube.node.imitations.redis_data import Data, RedisError, Reply
from liqolab.kube.node.imitations.resp import Reader, encoded, readable
from liqolab.kube.node.machine.commands import fail, forever, say
from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine

_PORT = 6379
_FILE = "/data/dump.rdb"
_FOLLOW = "liqolab.follow"
_RETRY_SECONDS = 1.0
_VERSION = "8.2.1"


async def redis(machine: Machine, call: Invocation) -> int:
    """Carry out ``redis-server``, ``redis-cli``, or what the image's entry point makes of its arguments."""
    name, words = call.name.rpartition("/")[2], list(call.argv)
    if name == "docker-entrypoint.sh" and words:
        name = words.pop(0)
    if name == "redis-cli":
        return await _client(machine, call, words)
    if name not in ("redis-server", "docker-entrypoint.sh"):
        return await fail(call, 127, f"{name}: not imitated in this lab")
    return await Server(machine, _options(machine, words)).run(call)


def _options(machine: Machine, words: list[str]) -> dict[str, str]:
    """Directives of the configuration file and of the command line, which count more."""
    options: dict[str, str] = {}
    if words and not words[0].startswith("-"):
        for line in (machine.read(words.pop(0)) or b"").decode(errors="replace").splitlines():
            key, _, value = line.strip().partition(" ")
            if key and not key.startswith("#"):
                options[key.lower()] = value.strip().strip('"')
    key = ""
    for word in words:
        if word.startswith("--"):
            key = word[2:].lower()
            options[key] = ""
        elif key:
            options[key] = f"{options[key]} {word}".strip()
    return options


class Server:
    """One server, listening on the pod's address."""

    def __init__(self, machine: Machine, options: dict[str, str]) -> None:
        self._machine = machine
        self.options = options
        self.data = Data()
        self._followers: set[_Connection] = set()
        self._leader = options.get("replicaof") or options.get("slaveof") or ""

    async def run(self, call: Invocation) -> int:
        container = self._machine.container
        port = int(self.options.get("port") or _PORT)
        with contextlib.suppress(ValueError):
            self.data.load(json.loads(self._machine.read(_FILE) or b"{}"))
        await say(call, f"1:C * Redis version={_VERSION}, bits=64, commit=00000000, modified=0, pid=1, just started\n")
        try:
            await container.network.listen(port, lambda: _Connection(self))
        except OSError as error:
            await say(call, f"1:M # Failed listening on port {port} (tcp), aborting: {error}\n")
            return 1
        await say(call, "1:M * Ready to accept connections tcp\n")
        container.ready.set()
        try:
            return await (self._follow() if self._leader else forever())
        finally:
            self.save()

    def answer(self, words: list[str], connection: _Connection) -> Reply:
        """Carry out one command of a client."""
        name = words[0].lower()
        password = self.options.get("requirepass")
        if password and not connection.known and name not in ("auth", "hello", "quit"):
            raise RedisError("NOAUTH Authentication required.")
        if name == "auth":
            if not password:
                raise RedisError(
                    "ERR AUTH <password> called without any password configured for the default user. "
                    "Are you sure your configuration is correct?"
                )
            if words[-1] != password:
                raise RedisError("WRONGPASS invalid username-password pair or user is disabled.")
            connection.known = True
            return "OK"
        if name in ("save", "bgsave"):
            self.save()
            return "OK" if name == "save" else "Background saving started"
        if name == "info":
            role = "slave" if self._leader else "master"
            return f"# Server\r\nredis_version:{_VERSION}\r\n# Replication\r\nrole:{role}\r\n".encode()
        if name == "config" and words[1:2] == ["GET"]:
            return [part.encode() for key in words[2:] for part in (key, self.options.get(key, ""))]
        if name in ("replicaof", "slaveof"):
            self._leader = "" if [word.lower() for word in words[1:]] == ["no", "one"] else " ".join(words[1:])
            return "OK"
        if name == _FOLLOW:
            self._followers.add(connection)
            return json.dumps(self.data.dump()).encode()
        if self._leader and self.data.changes(name):
            raise RedisError("READONLY You can't write against a read only replica.")
        reply = self.data.carry_out(words)
        if self.data.changes(name):
            self._changed(words)
        return reply

    def _changed(self, words: list[str]) -> None:
        if self.options.get("appendonly", "no").lower() == "yes":
            self.save()
        for follower in self._followers:
            follower.send([word.encode() for word in words])

    def forget(self, connection: _Connection) -> None:
        self._followers.discard(connection)

    def save(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            self._machine.write(_FILE, json.dumps(self.data.dump()).encode())

    async def _follow(self) -> int:
        """Repeat what the leader does; until it is there, and when it has gone, ask again."""
        while True:
            with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
                host, _, port = self._leader.partition(" ")
                reader, writer = await _dialled(self._machine, host, int(port or _PORT))
                try:
                    if secret := self.options.get("masterauth"):
                        writer.write(encoded([b"AUTH", secret.encode()]))
                        await Reader(reader).value()
                    writer.write(encoded([_FOLLOW.encode()]))
                    self.data.load(json.loads(await Reader(reader).value()))
                    while True:
                        self.data.carry_out([part.decode() for part in await Reader(reader).value()])
                finally:
                    writer.close()
            await asyncio.sleep(_RETRY_SECONDS)


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, server: Server) -> None:
        self.known = False
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._reader = asyncio.StreamReader()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._reader.feed_data(data)

    def eof_received(self) -> bool:
        self._reader.feed_eof()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.forget(self)
        if self._task is not None:
            self._task.cancel()

    def send(self, value: Any) -> None:
        if self._transport is not None:
            self._transport.write(encoded(value))

    async def _serve(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ValueError, ConnectionError):
            while True:
                words = await Reader(self._reader).command()
                if not words:
                    continue
                try:
                    self.send(self._server.answer(words, self))
                except RedisError as error:
                    self.send(error)
                if words[0].lower() == "quit":
                    break
        if self._transport is not None:
            self._transport.close()


async def _dialled(machine: Machine, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connected = await machine.container.network.dial(host, port)
    return await asyncio.open_connection(sock=connected)


async def _client(machine: Machine, call: Invocation, words: list[str]) -> int:
    host, port, password, raw = "127.0.0.1", _PORT, call.env.get("REDISCLI_AUTH", ""), False
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag == "-h" and words:
            host = words.pop(0)
        elif flag == "-p" and words:
            port = int(words.pop(0)) if words[0].isdigit() else port
        elif flag in ("-a", "--pass") and words:
            password = words.pop(0)
        elif flag in ("-n", "-u") and words:
            words.pop(0)
        elif flag == "--raw":
            raw = True
        elif flag not in ("--no-auth-warning", "-c", "--no-raw"):
            return await fail(call, 1, f"Unrecognized option or bad number of args for: '{flag}'")
    try:
        reader, writer = await _dialled(machine, host, port)
    except OSError as error:
        return await fail(call, 1, f"Could not connect to Redis at {host}:{port}: {error.strerror or error}")
    try:
        if password:
            writer.write(encoded([b"AUTH", password.encode()]))
            await Reader(reader).value()
        if words:
            writer.write(encoded([word.encode() for word in words]))
            value = await Reader(reader).value()
            await say(call, readable(value, raw=True) + "\n")
            return 0
        return await _converse(call, reader, writer, f"{host}:{port}> ", raw=raw)
    except (asyncio.IncompleteReadError, ConnectionError):
        return await fail(call, 1, "Error: Server closed the connection")
    finally:
        writer.close()


async def _converse(
    call: Invocation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, prompt: str, *, raw: bool
) -> int:
    await say(call, prompt)
    async for line in _lines(call):
        try:
            words = shlex.split(line)
        except ValueError:
            await say(call, "Invalid argument(s)\n")
            words = []
        if words and words[0].lower() in ("exit", "quit"):
            return 0
        if words:
            writer.write(encoded([word.encode() for word in words]))
            await say(call, readable(await Reader(reader).value(), raw=raw) + "\n")
        await say(call, prompt)
    return 0


async def _lines(call: Invocation) -> AsyncIterator[str]:
    begun = b""
    async for piece in call.stdin:
        *lines, begun = (begun + piece).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
    if begun:
        yield begun.decode(errors="replace")
