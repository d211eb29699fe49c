"""PostgreSQL, as far as a lesson needs it: a server that is there, and ``psql`` with simple statements.

Statements are carried out by SQLite in memory, which may touch no file; the database is kept in ``PGDATA`` as one file
of the volume. ``psql`` of another pod talks to the server in lines of JSON; PostgreSQL's own protocol is not spoken.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from typing import Any

from liqolab.kube.node.machine.commands import fail, forever, piped_in, say
from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine

_PORT = 5432
_STEPS = 10_000_000
_FORBIDDEN = (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA)
_FAREWELL = b"SFATAL\0C0A000\0MPostgreSQL is simulated here: only the lab's own psql is answered\0\0"
_LONGEST = 2**20


async def postgres(machine: Machine, call: Invocation) -> int:
    """Carry out ``postgres``, ``psql`` or ``pg_isready``."""
    name = call.name.rpartition("/")[2]
    if name == "pg_isready":
        host, port, _ = _options(call)
        there = await _reached(machine, host, port)
        await say(
            call, f"{host or '/var/run/postgresql'}:{port} - {'accepting connections' if there else 'no response'}\n"
        )
        return 0 if there else 2
    if name == "psql":
        return await _psql(machine, call)
    return await _serve(machine, call)


async def _serve(machine: Machine, call: Invocation) -> int:
    env = call.env
    if not env.get("POSTGRES_PASSWORD") and env.get("POSTGRES_HOST_AUTH_METHOD") != "trust":
        await say(
            call,
            "Error: Database is uninitialized and superuser password is not specified.\n"
            "       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser.\n",
        )
        return 1
    path = f"{env.get('PGDATA') or '/var/lib/postgresql/data'}/liqolab.db"
    database = _Database(machine, path)
    await machine.container.network.listen(_PORT, lambda: _Connection(database))
    await say(call, f'LOG:  listening on IPv4 address "0.0.0.0", port {_PORT}\n')
    await say(call, "LOG:  database system is ready to accept connections\n")
    machine.container.ready.set()
    try:
        return await forever()
    finally:
        database.close()


def _judge(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action in _FORBIDDEN else sqlite3.SQLITE_OK


class _Database:
    """Statements in, rows out; every change is kept."""

    def __init__(self, machine: Machine, path: str) -> None:
        self._machine, self._path = machine, path
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        if content := machine.read(path):
            self._connection.deserialize(content)
        self._connection.set_authorizer(_judge)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 16 * _LONGEST)

    def close(self) -> None:
        self._connection.close()

    def _keep(self) -> None:
        # What it is written with is SQLite's own affair, and nobody's statement.
        self._connection.set_authorizer(None)
        with contextlib.suppress(OSError):
            self._machine.write(self._path, self._connection.serialize())
        self._connection.set_authorizer(_judge)

    def carry_out(self, statement: str) -> dict[str, Any]:
        """Columns and rows, or what is wrong."""
        before, left = self._connection.total_changes, [_STEPS // 1000]

        def tired() -> int:
            left[0] -= 1
            return int(left[0] < 0)

        self._connection.set_progress_handler(tired, 1000)
        try:
            cursor = self._connection.execute(_dialect(statement))
            rows = [list(row) for row in cursor.fetchmany(10_000)]
        except sqlite3.Error as error:
            return {"error": str(error)}
        verb = statement.split(maxsplit=1)[0].upper()
        if cursor.description is None:
            self._keep()
        changed = self._connection.total_changes - before
        tag = {"INSERT": f"INSERT 0 {changed}", "UPDATE": f"UPDATE {changed}", "DELETE": f"DELETE {changed}"}.get(verb)
        columns = [row[0] for row in cursor.description or ()]
        return {"columns": columns, "rows": rows, "tag": tag or " ".join(statement.split()[:2]).upper()}


def _dialect(statement: str) -> str:
    """The few words in which simple statements differ."""
    text = statement.strip().rstrip(";")
    lowered = " ".join(text.lower().split())
    if lowered in ("select version()", "select version() as version"):
        return "SELECT 'PostgreSQL 17.6 (simulated by liqolab)' AS version"
    for word, instead in (("bigserial", "INTEGER"), ("serial", "INTEGER"), ("now()", "datetime('now')")):
        text = text.replace(word, instead).replace(word.upper(), instead)
    return text


class _Connection(asyncio.Protocol):
    """A ``psql`` of the lab: a line of JSON, a line of JSON back."""

    def __init__(self, database: _Database) -> None:
        self._database = database
        self._transport: asyncio.Transport | None = None
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        *lines, self._begun = (self._begun + data).split(b"\n")
        if (self._begun[:1] or b"[") != b"[" or len(self._begun) > _LONGEST:
            self._transport.write(b"E" + (len(_FAREWELL) + 4).to_bytes(4, "big") + _FAREWELL)
            self._transport.close()
            return
        for line in lines:
            try:
                (statement,) = json.loads(line)
            except ValueError:
                continue
            answer = self._database.carry_out(str(statement)) if str(statement).strip() else {"tag": ""}
            self._transport.write(json.dumps(answer, default=str).encode() + b"\n")


def _options(call: Invocation) -> tuple[str, int, list[str]]:
    host, port, statements = call.env.get("PGHOST", ""), int(call.env.get("PGPORT") or _PORT), list[str]()
    words = iter(call.argv)
    for word in words:
        if word in ("-h", "--host"):
            host = next(words, "")
        elif word in ("-p", "--port"):
            port = int(next(words, "") or _PORT)
        elif word == "--command" or (word[:1] == "-" and word[-1:] == "c" and word[1:].isalpha()):
            statements.append(next(words, ""))
        elif word.startswith("-c"):
            statements.append(word[2:])
    return host, port, statements


async def _reached(machine: Machine, host: str, port: int) -> bool:
    try:
        (await machine.container.network.dial(host or "127.0.0.1", port)).close()
    except OSError:
        return False
    return True


async def _psql(machine: Machine, call: Invocation) -> int:
    host, port, statements = _options(call)
    if not statements:
        statements = [part for part in (await piped_in(call)).decode(errors="replace").split(";") if part.strip()]
    try:
        connected = await machine.container.network.dial(host or "127.0.0.1", port)
    except OSError as error:
        where = f'connection to server at "{host or "/var/run/postgresql"}", port {port} failed'
        return await fail(call, 2, f"error: {where}: {error.strerror or error}")
    reader, writer = await asyncio.open_connection(sock=connected, limit=16 * _LONGEST)
    plain = any(word.startswith("-") and not word.startswith("--") and "t" in word for word in call.argv)
    try:
        for statement in statements:
            if statement.strip().startswith("\\"):
                await call.stderr.write(b"psql: commands with a backslash are not imitated in this lab\n")
                return 1
            writer.write(json.dumps([statement]).encode() + b"\n")
            answer = json.loads(await reader.readline() or b"{}")
            if "error" in answer:
                await call.stderr.write(f"ERROR:  {answer['error']}\n".encode())
                return 1
            await say(call, _table(answer, plain=plain))
    finally:
        writer.close()
    return 0


def _table(answer: dict[str, Any], *, plain: bool) -> str:
    columns = answer.get("columns") or []
    if not columns:
        return f"{answer['tag']}\n"
    rows = [["" if value is None else str(value) for value in row] for row in answer["rows"]]
    if plain:
        return "".join(" " + " | ".join(row) + "\n" for row in rows) + "\n"
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    numbers = [all(isinstance(row[i], int | float) for row in answer["rows"]) for i in range(len(columns))]
    lines = [" " + " | ".join(name.center(width) for name, width in zip(columns, widths, strict=True)) + " "]
    lines.append("-" + "-+-".join("-" * width for width in widths) + "-")
    for row in rows:
        cells = zip(row, widths, numbers, strict=True)
        lines.append(" " + " | ".join(t.rjust(w) if n else t.ljust(w) for t, w, n in cells).rstrip())
    count = f"({len(rows)} row{'' if len(rows) == 1 else 's'})"
    return "\n".join(lines) + f"\n{count}\n\n"
