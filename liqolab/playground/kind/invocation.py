"""What every command of ``kind`` is given: its command line, and the clusters of the playground."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liqolab.commandline.commands import Command
from liqolab.playground import home
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind.tree import DEFAULT_NAME, NAME_VARIABLE
from liqolab.playground.provider import Provider
from liqolab.playground.providers import provider_of


@dataclass(slots=True)
class Invocation:
    """A command line that was read.

    Attributes:
        path: the commands from the root to the one that runs.
        words: positional arguments.
        options: values of all flags by name.
        given: names of the flags that were on the command line.
    """

    path: tuple[Command, ...]
    words: tuple[str, ...]
    options: Mapping[str, Any]
    given: frozenset[str]
    provider: Provider = field(default_factory=lambda: provider_of(home.resolve(None)))

    @property
    def quiet(self) -> bool:
        return bool(self.options["quiet"])

    @property
    def name(self) -> str:
        """The cluster that is meant: ``--name``, else ``$KIND_CLUSTER_NAME``, else ``kind``."""
        return self.chosen_name or DEFAULT_NAME

    @property
    def chosen_name(self) -> str:
        """The cluster that is named on the command line or in the environment; may be empty."""
        if "name" in self.given:
            return str(self.options["name"])
        return os.environ.get(NAME_VARIABLE, "")

    @property
    def kubeconfig(self) -> str | None:
        return self.options.get("kubeconfig") or None

    def say(self, text: str) -> None:
        """Progress and remarks, which go to standard error."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")

    def answer(self, text: str) -> None:
        """The command's output."""
        sys.stdout.write(f"{text}\n")

    def nodes(self, name: str) -> list[str]:
        """The nodes of a cluster, as it was ordered; none when there is no such cluster."""
        return [str(node["name"]) for node in (self.order(name) or {}).get("nodes", ())]

    def order(self, name: str) -> dict[str, Any] | None:
        """What a cluster was ordered to be; None when there is no such cluster.

        Raises:
            PlaygroundError: its folder is damaged.
        """
        path = self.folder(name) / "cluster.json"
        try:
            document: dict[str, Any] = json.loads(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise PlaygroundError(f"{path} cannot be read: {error}") from None
        return document

    def folder(self, name: str) -> Path:
        """A cluster's folder, whether or not it is there.

        Raises:
            PlaygroundError: the name could lead out of the playground.
        """
        if "/" in name or name in ("", ".", ".."):
            raise PlaygroundError(f'unknown cluster "{name}"')
        return self.provider.playground.clusters / name
