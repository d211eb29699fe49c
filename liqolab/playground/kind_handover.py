"""``kind`` in the lab's shell, for playgrounds whose provider is ``kind``: the person's own `kind`, with its own words.

Whatever is typed is handed to it as it is, with two exceptions. A cluster that is created gets the playground's mark
and node image, and is the playground's from then on, with the images in it that a lesson needs. A cluster that is
deleted has to be the playground's: a lesson's script begins by deleting clusters of the names that it is about to use,
and somebody may have one of such a name who has never heard of the lesson.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import yaml

from liqolab.commandline.commands import UsageError
from liqolab.commandline.parsing import Parsed, parse
from liqolab.playground import home
from liqolab.playground.containers.engine import find_engine, find_kind
from liqolab.playground.containers.images import supply
from liqolab.playground.containers.provider import KindProvider
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind.tree import DEFAULT_NAME, NAME_VARIABLE, ROOT
from liqolab.playground.providers import settled
from liqolab.playground.shell import hand_over
from liqolab.process import uninterrupted

_INTERRUPTED = 130


def main() -> NoReturn:
    """Run the process's command line and end with its exit code."""
    try:
        raise SystemExit(_Command(sys.argv[1:]).run())
    except PlaygroundError as error:
        sys.stderr.write(f"ERROR: {error.told()}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None


class _Command:
    """One command line."""

    def __init__(self, line: Sequence[str]) -> None:
        self._line = list(line)
        self._playground = home.resolve(None)
        choice = settled(self._playground)
        self._liqo = choice.liqo
        self._provider = KindProvider(self._playground, node_image=choice.node_image, liqo=choice.liqo)
        self._kind = find_kind(besides=str(self._playground.bin))

    def run(self) -> int:
        """Do what it says; the exit code."""
        try:
            parsed = parse(ROOT, self._line)
        except UsageError:
            # `kind` knows best what is wrong, and has perhaps learnt since.
            return self._as_it_is()
        words = [command.name for command in parsed.path[1:]]
        if parsed.options["help"]:
            return self._as_it_is()
        if words == ["create", "cluster"]:
            return self._create(parsed)
        if words == ["delete", "cluster"]:
            return self._delete(parsed, [_name(parsed)])
        if words == ["delete", "clusters"]:
            return self._delete_several(parsed)
        return self._as_it_is()

    def _as_it_is(self) -> int:
        os.execv(self._kind, [self._kind, *self._line])  # noqa: S606 (the person's own program, with their own words)

    def _create(self, parsed: Parsed) -> int:
        raw = _configuration(parsed.options["config"])
        name = _name(parsed, raw)
        if raw is None and parsed.options["config"]:
            return self._as_it_is()
        if asyncio.run(self._provider.owns(name)) is not None:
            # It refuses a name that is taken, in words of its own, and touches nothing.
            return self._as_it_is()
        config = self._provider.config_of(raw, name)
        if config is None:
            return self._as_it_is()
        file = self._playground.clusters / name / "kind.yaml"
        file.write_text(config)
        try:
            code = self._hand_over(*_without(self._line, "config"), "--config", str(file))
            if code == 0:
                asyncio.run(self._take(name))
        except BaseException:
            self._clean_up(name, parsed)
            raise
        if code:
            self._clean_up(name, parsed)
        return code

    async def _take(self, name: str) -> None:
        await self._provider.adopt(name)
        await supply(self._provider, find_engine(), [name], self._liqo)

    def _clean_up(self, name: str, parsed: Parsed) -> None:
        """`kind` leaves its nodes behind when it is interrupted."""
        if not parsed.options["retain"]:
            with uninterrupted():
                asyncio.run(self._provider.delete([name]))

    def _delete_several(self, parsed: Parsed) -> int:
        names = list(parsed.words)
        if not parsed.options["all"]:
            return self._delete(parsed, names) if names else self._as_it_is()
        names = [status.name for status in asyncio.run(self._provider.status())]
        if not names:
            sys.stderr.write("Deleted clusters: []\n")
            return 0
        return self._delete(parsed, names, ["delete", "clusters", *names, *_kubeconfig_flag(parsed)])

    def _delete(self, parsed: Parsed, names: Sequence[str], line: Sequence[str] = ()) -> int:
        # Refuses them all when one is somebody else's.
        asyncio.run(self._provider.refuse_strangers(names))
        code = self._hand_over(*(line or self._line))
        if code == 0:
            asyncio.run(self._provider.delete(names))
        return code

    def _hand_over(self, *arguments: str) -> int:
        return hand_over([self._kind, *arguments], os.environ, Path.cwd())


def _name(parsed: Parsed, raw: bytes | None = None) -> str:
    """The cluster that is meant: as the command line says, or the environment, or the configuration."""
    if "name" in parsed.given:
        return str(parsed.options["name"])
    if named := os.environ.get(NAME_VARIABLE, ""):
        return named
    try:
        document = yaml.safe_load(raw) if raw else None
    except yaml.YAMLError:
        document = None
    return str((document.get("name") if isinstance(document, dict) else None) or DEFAULT_NAME)


def _configuration(path: str) -> bytes | None:
    """What is to be read; None where there is nothing, or nothing that can be read."""
    try:
        if path == "-":
            return sys.stdin.buffer.read()
        return Path(path).read_bytes() if path else None
    except OSError:
        return None


def _without(line: Sequence[str], flag: str) -> list[str]:
    """A command line without a flag that has a value."""
    kept: list[str] = []
    words = iter(line)
    for word in words:
        if word == f"--{flag}":
            next(words, None)
        elif not word.startswith(f"--{flag}="):
            kept.append(word)
    return kept


def _kubeconfig_flag(parsed: Parsed) -> list[str]:
    return ["--kubeconfig", parsed.options["kubeconfig"]] if "kubeconfig" in parsed.given else []
