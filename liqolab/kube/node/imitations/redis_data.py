"""What a Redis holds, and what its commands do to it. Pure, but for the time."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from typing import Any

from liqolab.apimachinery import clock

Reply = Any
"""A simple string (``str``), bytes, an int, None, or a list of these."""

Words = list[str]

_WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
_NO_INTEGER = "ERR value is not an integer or out of range"
_PLAIN = frozenset(
    (
        "ping", "echo", "get", "mget", "exists", "keys", "type", "ttl", "dbsize", "strlen", "llen", "lrange", "lindex",
        "hget", "hgetall", "hkeys", "hvals", "hlen", "hexists", "smembers", "scard", "sismember", "select", "command",
        "client", "hello", "quit", "time", "scan", "pttl",
    )
)  # fmt: skip
"""What changes nothing."""


class RedisError(Exception):
    """What the server answers instead; the text begins with its kind (``ERR``)."""


class Data:
    """Keys, their values (bytes as text, lists, sets, dicts) and when they end."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._ends: dict[str, float] = {}

    def dump(self) -> dict[str, Any]:
        """All of it, as JSON can say it."""
        values = {
            key: {"set": sorted(value)} if isinstance(value, set) else value for key, value in self._values.items()
        }
        return {"values": values, "ends": self._ends}

    def load(self, document: dict[str, Any]) -> None:
        """Hold what `dump` has told, and nothing else."""
        self._values = {
            key: set(value["set"]) if isinstance(value, dict) and list(value) == ["set"] else value
            for key, value in document.get("values", {}).items()
        }
        self._ends = dict(document.get("ends", {}))

    @staticmethod
    def changes(name: str) -> bool:
        """Whether a command may change anything."""
        return name in _COMMANDS and name not in _PLAIN

    def carry_out(self, words: Words) -> Reply:
        """Carry one command out.

        Raises:
            RedisError: it is refused.
        """
        name, rest = words[0].lower(), words[1:]
        if name not in _COMMANDS:
            given = "".join(f"'{word}' " for word in rest)
            raise RedisError(f"ERR unknown command '{words[0]}', with args beginning with: {given}")
        least, function = _COMMANDS[name]
        if len(rest) < least:
            raise RedisError(f"ERR wrong number of arguments for '{name}' command")
        moment = clock.time()
        for key in [key for key, end in self._ends.items() if end <= moment]:
            self._drop(key)
        return function(self, rest)

    def _drop(self, key: str) -> int:
        self._ends.pop(key, None)
        return int(self._values.pop(key, None) is not None)

    def _of(self, key: str, kind: type, fresh: Any = None) -> Any:
        value = self._values.get(key)
        if value is None:
            if fresh is not None:
                self._values[key] = fresh
            return kind() if fresh is None else fresh
        if not isinstance(value, kind):
            raise RedisError(_WRONG_TYPE)
        return value

    def set(self, words: Words) -> Reply:
        key, value, options = words[0], words[1], [word.upper() for word in words[2:]]
        if ("NX" in options and key in self._values) or ("XX" in options and key not in self._values):
            return None
        self._drop(key)
        self._values[key] = value
        for option, unit in (("EX", 1.0), ("PX", 0.001)):
            if option in options:
                self._ends[key] = clock.time() + _number(options[options.index(option) + 1 :][:1]) * unit
        return "OK"

    def get(self, words: Words) -> Reply:
        return _bytes(self._of(words[0], str)) if words[0] in self._values else None

    def add(self, key: str, step: int) -> int:
        number = _number([self._of(key, str) or "0"]) + step
        self._values[key] = str(number)
        return number

    def append(self, words: Words) -> int:
        self._values[words[0]] = self._of(words[0], str) + words[1]
        return len(self._values[words[0]].encode())

    def expire(self, words: Words) -> int:
        if words[0] not in self._values:
            return 0
        self._ends[words[0]] = clock.time() + _number(words[1:2])
        return 1

    def ttl(self, words: Words) -> int:
        if words[0] not in self._values:
            return -2
        return round(self._ends[words[0]] - clock.time()) if words[0] in self._ends else -1

    def kind(self, words: Words) -> str:
        kinds = ((str, "string"), (list, "list"), (set, "set"), (dict, "hash"))
        return next((name for kind, name in kinds if isinstance(self._values.get(words[0]), kind)), "none")

    def keys(self, words: Words) -> list[bytes]:
        return [_bytes(key) for key in self._values if fnmatch.fnmatchcase(key, words[0])]

    def push(self, words: Words, *, left: bool) -> int:
        row = self._of(words[0], list, [])
        for word in words[1:]:
            row.insert(0, word) if left else row.append(word)
        return len(row)

    def pop(self, words: Words, *, left: bool) -> Reply:
        row = self._of(words[0], list)
        if not row:
            return None
        value = row.pop(0 if left else -1)
        if not row:
            self._drop(words[0])
        return _bytes(value)

    def range(self, words: Words) -> list[bytes]:
        row = self._of(words[0], list)
        first, last = _number(words[1:2]), _number(words[2:3])
        first, last = max(first + len(row) if first < 0 else first, 0), last + len(row) if last < 0 else last
        return [_bytes(value) for value in row[first : last + 1]]

    def hset(self, words: Words) -> int:
        table = self._of(words[0], dict, {})
        pairs = dict(zip(words[1::2], words[2::2], strict=False))
        fresh = len(pairs.keys() - table.keys())
        table |= pairs
        return fresh

    def members(self, words: Words) -> list[bytes]:
        return [_bytes(value) for value in sorted(self._of(words[0], set))]

    def sadd(self, words: Words) -> int:
        known = self._of(words[0], set, set())
        before = len(known)
        known.update(words[1:])
        return len(known) - before

    def srem(self, words: Words) -> int:
        known = self._of(words[0], set)
        gone = known & set(words[1:])
        known -= gone
        return len(gone)

    def hdel(self, words: Words) -> int:
        table = self._of(words[0], dict)
        return sum(table.pop(word, None) is not None for word in words[1:])

    def flush(self, words: Words) -> str:
        self._values.clear()
        self._ends.clear()
        return "OK"

    def rename(self, words: Words) -> str:
        if words[0] not in self._values:
            raise RedisError("ERR no such key")
        self._values[words[1]] = self._values.pop(words[0])
        return "OK"


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _number(words: Words) -> int:
    try:
        return int(words[0])
    except (ValueError, IndexError):
        raise RedisError(_NO_INTEGER) from None


def _pairs(data: Data, words: Words) -> str:
    for key, value in zip(words[::2], words[1::2], strict=False):
        data.set([key, value])
    return "OK"


def _table(data: Data, key: str) -> dict[str, str]:
    table: dict[str, str] = data._of(key, dict)
    return table


_COMMANDS: dict[str, tuple[int, Callable[[Data, Words], Reply]]] = {
    "ping": (0, lambda data, w: _bytes(w[0]) if w else "PONG"),
    "echo": (1, lambda data, w: _bytes(w[0])),
    "select": (1, lambda data, w: "OK"),
    "client": (0, lambda data, w: "OK"),
    "command": (0, lambda data, w: []),
    "quit": (0, lambda data, w: "OK"),
    "time": (0, lambda data, w: [_bytes(str(int(clock.time()))), b"0"]),
    "set": (2, Data.set),
    "setnx": (2, lambda data, w: int(data.set([*w[:2], "NX"]) is not None)),
    "setex": (3, lambda data, w: data.set([w[0], w[2], "EX", w[1]])),
    "get": (1, Data.get),
    "getset": (2, lambda data, w: (data.get(w), data.set(w))[0]),
    "mget": (1, lambda data, w: [data.get([key]) for key in w]),
    "mset": (2, _pairs),
    "append": (2, Data.append),
    "strlen": (1, lambda data, w: len(data.get(w) or b"")),
    "incr": (1, lambda data, w: data.add(w[0], 1)),
    "decr": (1, lambda data, w: data.add(w[0], -1)),
    "incrby": (2, lambda data, w: data.add(w[0], _number(w[1:]))),
    "decrby": (2, lambda data, w: data.add(w[0], -_number(w[1:]))),
    "del": (1, lambda data, w: sum(data._drop(key) for key in w)),
    "unlink": (1, lambda data, w: sum(data._drop(key) for key in w)),
    "exists": (1, lambda data, w: sum(data.kind([key]) != "none" for key in w)),
    "keys": (1, Data.keys),
    "scan": (1, lambda data, w: [b"0", data.keys([w[w.index("MATCH") + 1] if "MATCH" in w[:-1] else "*"])]),
    "type": (1, Data.kind),
    "rename": (2, Data.rename),
    "expire": (2, Data.expire),
    "persist": (1, lambda data, w: int(data._ends.pop(w[0], None) is not None)),
    "ttl": (1, Data.ttl),
    "pttl": (1, lambda data, w: seconds * 1000 if (seconds := data.ttl(w)) > 0 else seconds),
    "dbsize": (0, lambda data, w: len(data.keys(["*"]))),
    "flushall": (0, Data.flush),
    "flushdb": (0, Data.flush),
    "lpush": (2, lambda data, w: data.push(w, left=True)),
    "rpush": (2, lambda data, w: data.push(w, left=False)),
    "lpop": (1, lambda data, w: data.pop(w, left=True)),
    "rpop": (1, lambda data, w: data.pop(w, left=False)),
    "llen": (1, lambda data, w: len(data.range([w[0], "0", "-1"]))),
    "lrange": (3, Data.range),
    "lindex": (2, lambda data, w: next(iter(data.range([w[0], w[1], w[1]])), None)),
    "hset": (3, Data.hset),
    "hmset": (3, lambda data, w: (data.hset(w), "OK")[1]),
    "hget": (2, lambda data, w: _bytes(_table(data, w[0])[w[1]]) if w[1] in _table(data, w[0]) else None),
    "hgetall": (1, lambda data, w: [_bytes(part) for pair in _table(data, w[0]).items() for part in pair]),
    "hkeys": (1, lambda data, w: [_bytes(key) for key in _table(data, w[0])]),
    "hvals": (1, lambda data, w: [_bytes(value) for value in _table(data, w[0]).values()]),
    "hlen": (1, lambda data, w: len(_table(data, w[0]))),
    "hexists": (2, lambda data, w: int(w[1] in _table(data, w[0]))),
    "hdel": (2, Data.hdel),
    "sadd": (2, Data.sadd),
    "srem": (2, Data.srem),
    "smembers": (1, Data.members),
    "scard": (1, lambda data, w: len(data.members(w))),
    "sismember": (2, lambda data, w: int(_bytes(w[1]) in data.members(w))),
}
"""Name → the fewest arguments, and what it does."""
