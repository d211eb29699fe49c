"""What a command line is made of: commands, and flags with the readers of their values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_BOOLEANS: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


class UsageError(Exception):
    """The command line is wrong; the message goes to standard error after the program's ``Error: ``."""


class UnknownCommandError(UsageError):
    """There is no such command.

    Attributes:
        full: the command below which it was looked for.
    """

    def __init__(self, message: str, full: str) -> None:
        super().__init__(message)
        self.full = full


def text(value: str) -> str:
    """A string flag."""
    return value


def boolean(value: str) -> bool:
    """A flag that needs no value."""
    if value not in _BOOLEANS:
        raise ValueError(f'strconv.ParseBool: parsing "{value}": invalid syntax')
    return _BOOLEANS[value]


def duration(value: str) -> float:
    """Seconds, from Go's notation: ``90s``, ``1m30s``, ``500ms``."""
    parts = _DURATION.findall(value)
    if value != "0" and (not parts or "".join(number + unit for number, unit in parts) != value):
        missing = "missing unit in duration" if re.fullmatch(r"[\d.]+", value) else "invalid duration"
        raise ValueError(f'time: {missing} "{value}"')
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def number(value: str) -> float:
    """A float flag."""
    try:
        return float(value)
    except ValueError:
        raise ValueError(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from None


def integer(value: str) -> int:
    """A flag of 32 bits."""
    try:
        return int(value, 0)
    except ValueError:
        raise ValueError(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None


def strings(value: str) -> list[str]:
    """Texts, separated by commas."""
    return value.split(",") if value else []


def settings(value: str) -> list[str]:
    """Assignments, which know by themselves what a comma in them means."""
    return [value]


def cidrs(value: str) -> list[str]:
    """Networks, separated by commas."""
    import ipaddress  # rarely needed

    parts = [part for part in value.split(",") if part]
    for part in parts:
        try:
            ipaddress.ip_network(part, strict=False)
        except ValueError:
            raise ValueError(f"invalid CIDR address: {part}") from None
        if "/" not in part:
            raise ValueError(f"invalid CIDR address: {part}")
    return parts


def pairs(value: str) -> dict[str, str]:
    """``k=v,k=v``."""
    result: dict[str, str] = {}
    for part in value.split(",") if value else ():
        key, separator, content = part.partition("=")
        if not separator or not key:
            raise ValueError(f"invalid value {part}")
        result[key] = content
    return result


@dataclass(frozen=True, slots=True)
class Flag:
    """One option.

    Attributes:
        read: turns the text into a value; raises ValueError.
        shown: the type's name in help texts; empty for a boolean.
        default: the value when the flag is absent; a text goes through `read`.
        choices: the values that are allowed.
        repeated: every occurrence counts; the value is a list (or a merged mapping).
    """

    name: str
    help: str
    read: Callable[[str], Any] = text
    shown: str = "string"
    default: Any = ""
    short: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    repeated: bool = False
    hidden: bool = False

    @property
    def takes_value(self) -> bool:
        return self.read is not boolean

    @property
    def label(self) -> str:
        """How errors call it: ``-l, --selector``."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


@dataclass(frozen=True, slots=True)
class Command:
    """A node of the command tree.

    Attributes:
        run: ``module:function`` that takes an `Invocation` and returns an exit code or an awaitable of one; empty for
            a command that only groups others.
        arguments: names of the positional arguments, all required.
        any_arguments: it judges its positional arguments itself.
        usage: what the help shows of the arguments then.
        examples: lines with ``{program}``.
        inherited: flags that its subcommands have as well.
    """

    name: str
    short: str
    run: str = ""
    long: str = ""
    arguments: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    inherited: tuple[Flag, ...] = ()
    commands: tuple[Command, ...] = ()
    aliases: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    hidden: bool = False
    any_arguments: bool = False
    usage: str = ""

    def find(self, name: str) -> Command | None:
        return next((each for each in self.commands if name == each.name or name in each.aliases), None)
