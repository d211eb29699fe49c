"""Reads a command line against the command tree, with cobra's rules and error texts.

Flags may stand before or after commands and arguments; ``--flag value``, ``--flag=value``, ``-f value`` and ``-fvalue``
are all understood, and ``--`` ends the flags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from liqolab.commandline.commands import Command, Flag, UnknownCommandError, UsageError, boolean

HELP = Flag("help", "help for this command", boolean, "", default=False, short="h")


@dataclass(slots=True)
class Parsed:
    """A command line taken apart: the way to the command, positional words, flag values (all flags of the command have
    one), and which flags were given.
    """

    path: tuple[Command, ...]
    words: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)


def flags_of(path: Sequence[Command]) -> tuple[list[Flag], list[Flag]]:
    """The flags of the last command of a path: its own (help among them), and those it inherits."""
    inherited = [flag for command in path for flag in command.inherited]
    return [*path[-1].flags, HELP], inherited


def parse(root: Command, line: Sequence[str]) -> Parsed:
    """Take a command line apart. ``--help`` wins over errors in arguments.

    Raises:
        UsageError: with cobra's text.
    """
    path, rest = descend(root, list(line))
    parsed = Parsed(path)
    own, inherited = flags_of(path)
    flags = {flag.name: flag for flag in (*inherited, *own)}
    shorts = {flag.short: flag for flag in flags.values() if flag.short}
    _read_flags(rest, flags, shorts, parsed)
    for flag in flags.values():
        if flag.name not in parsed.options:
            parsed.options[flag.name] = _default(flag)
    if not parsed.options["help"]:
        _check(root, parsed, flags)
    return parsed


def descend(root: Command, line: list[str]) -> tuple[tuple[Command, ...], list[str]]:
    """The path of commands, and the words that are left when those of the path are taken out."""
    valued = _valued_flags(root)
    path = [root]
    rest: list[str] = []
    at = 0
    while at < len(line):
        word = line[at]
        at += 1
        if word == "--":
            return tuple(path), [*rest, word, *line[at:]]
        if word.startswith("-") and word != "-":
            rest.append(word)
            if "=" not in word and word.lstrip("-") in valued and at < len(line):
                rest.append(line[at])
                at += 1
            continue
        below = path[-1].find(word)
        if below is None:
            return tuple(path), [*rest, word, *line[at:]]
        path.append(below)
    return tuple(path), rest


def _valued_flags(command: Command) -> set[str]:
    """Names, long and short, of all flags in the tree that take a value."""
    found = {
        name
        for flag in (*command.flags, *command.inherited)
        if flag.takes_value
        for name in (flag.name, flag.short)
        if name
    }
    for below in command.commands:
        found |= _valued_flags(below)
    return found


def _read_flags(line: list[str], flags: dict[str, Flag], shorts: dict[str, Flag], parsed: Parsed) -> None:
    words = iter(line)
    for word in words:
        if word == "--":
            parsed.words.extend(words)
        elif word.startswith("--"):
            name, separator, value = word[2:].partition("=")
            flag = flags.get(name)
            if flag is None:
                raise UsageError(f"unknown flag: --{name}")
            if not separator:
                following = next(words, None) if flag.takes_value else "true"
                if following is None:
                    raise UsageError(f"flag needs an argument: --{name}")
                value = following
            _set(flag, value, parsed)
        elif word.startswith("-") and word != "-":
            _read_shorts(word, words, shorts, parsed)
        else:
            parsed.words.append(word)


def _read_shorts(word: str, words: Any, shorts: dict[str, Flag], parsed: Parsed) -> None:
    letters = word[1:]
    while letters:
        flag = shorts.get(letters[0])
        if flag is None:
            raise UsageError(f"unknown shorthand flag: '{letters[0]}' in -{letters}")
        if not flag.takes_value and letters[1:2] != "=":
            _set(flag, "true", parsed)
            letters = letters[1:]
            continue
        value = letters[1:].removeprefix("=") or next(words, None)
        if value is None:
            raise UsageError(f"flag needs an argument: '{letters[0]}' in -{letters}")
        _set(flag, value, parsed)
        return


def _set(flag: Flag, text: str, parsed: Parsed) -> None:
    try:
        if flag.choices and text not in flag.choices:
            raise ValueError(f"{text} is not included in {','.join(flag.choices)}")
        value = flag.read(text)
    except ValueError as error:
        raise UsageError(f'invalid argument "{text}" for "{flag.label}" flag: {error}') from None
    if flag.repeated:
        seen = parsed.options.get(flag.name)
        if isinstance(value, dict):
            value = {**(seen or {}), **value}
        else:
            value = [*(seen or []), *(value if isinstance(value, list) else [value])]
    parsed.options[flag.name] = value
    parsed.given.add(flag.name)


def _default(flag: Flag) -> Any:
    if flag.repeated:
        return {} if isinstance(flag.default, dict) else []
    return flag.read(flag.default) if isinstance(flag.default, str) and flag.default else flag.default


def _check(root: Command, parsed: Parsed, flags: dict[str, Flag]) -> None:
    command = parsed.path[-1]
    if command.any_arguments:
        return
    if parsed.words and not command.arguments:
        raise _unknown_command(parsed)
    if command.run and len(parsed.words) != len(command.arguments):
        raise UsageError(f"accepts {len(command.arguments)} arg(s), received {len(parsed.words)}")
    missing = sorted(flag.name for flag in flags.values() if flag.required and flag.name not in parsed.given)
    if missing:
        quoted = ", ".join(f'"{name}"' for name in missing)
        raise UsageError(f"required flag(s) {quoted} not set")


def _unknown_command(parsed: Parsed) -> UnknownCommandError:
    import difflib  # only on the way to an error

    full = " ".join(command.name for command in parsed.path)
    word = parsed.words[0]
    message = f'unknown command "{word}" for "{full}"'
    known = [each.name for each in parsed.path[-1].commands if not each.hidden]
    close = difflib.get_close_matches(word, known, cutoff=0.6)
    close += [name for name in known if name.startswith(word) and name not in close]
    if close:
        message += "\n\nDid you mean this?\n" + "\n".join(f"\t{name}" for name in close) + "\n"
    return UnknownCommandError(message, full)
