"""The container engine that KinD uses on this machine, asked in the few words that Docker, Podman and nerdctl share.

KinD has no other record of its clusters than its nodes' containers, and neither has this: a node is a container with
KinD's label, and what we have to know of it stands in what `inspect` answers, also of one that does not run.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from liqolab import installed
from liqolab.playground.errors import PlaygroundError
from liqolab.process import Completed, run_async

KIND: Final = "kind"
ENGINE_VARIABLE: Final = "KIND_EXPERIMENTAL_PROVIDER"
ENGINES: Final = ("docker", "nerdctl", "podman")
"""As KinD knows them, and in the order in which it looks for them."""
_OTHER_NAMES: Final = {"finch": "nerdctl", "nerdctl.lima": "nerdctl"}
"""Programs that KinD takes for nerdctl."""

_CLUSTER_LABEL: Final = "io.x-k8s.kind.cluster"
_ROLE_LABEL: Final = "io.x-k8s.kind.role"
_ANSWER_SECONDS: Final = 60.0
DOCTOR: Final = f"see: {installed.command('doctor')}"
_ENGINE_INSTALLATION: Final = "https://docs.docker.com/engine/install/"
_KIND_INSTALLATION: Final = "https://kind.sigs.k8s.io/docs/user/quick-start/#installation"


@dataclass(frozen=True, slots=True)
class Node:
    """A container that is a node of some KinD cluster.

    Attributes:
        running: whether it runs and is not paused.
        paused: whether it stands still.
        mounts: where in it → what of this machine is there.
    """

    name: str
    cluster: str
    role: str
    running: bool
    paused: bool
    mounts: Mapping[str, str]


class Engine:
    """One container engine; `find_engine` gets it."""

    def __init__(self, program: str, environment: Mapping[str, str]) -> None:
        self.program = program
        self.name = PurePath(program).name
        self._environment = environment

    async def nodes(self, cluster: str = "") -> list[Node]:
        """The nodes of a cluster, or of all clusters of this machine.

        Raises:
            PlaygroundError: the engine does not answer.
        """
        label = f"{_CLUSTER_LABEL}={cluster}" if cluster else _CLUSTER_LABEL
        said = await self.call("ps", "-a", "-q", "--filter", f"label={label}")
        identities = said.split()
        if not identities:
            return []
        done = await self.ask("inspect", *identities)
        # One that went away since is told on the last lines, behind what is there.
        return sorted(map(_node, _documents(done.output)), key=lambda node: node.name)

    async def start(self, names: Sequence[str]) -> None:
        """Start containers that do not run."""
        await self.call("start", *names)

    async def unpause(self, names: Sequence[str]) -> None:
        """Let containers that stand still go on."""
        await self.call("unpause", *names)

    async def stop(self, names: Sequence[str]) -> None:
        """Stop containers, and keep them."""
        await self.call("stop", *names)

    async def has(self, image: str) -> bool:
        """Whether an image is on this machine."""
        return (await self.ask("image", "inspect", image)).code == 0

    async def call(self, *arguments: str, seconds: float = _ANSWER_SECONDS) -> str:
        """What a command of the engine says.

        Raises:
            PlaygroundError: it failed, or took longer than it may.
        """
        done = await self.ask(*arguments, seconds=seconds)
        if done.timed_out:
            raise PlaygroundError(f"{self.name} does not answer within {seconds:g}s", DOCTOR)
        if done.code != 0:
            raise PlaygroundError(
                f"{self.name} {arguments[0]}: {last_line(done.output) or f'exit code {done.code}'}",
                DOCTOR,
            )
        return done.output

    async def ask(self, *arguments: str, seconds: float = _ANSWER_SECONDS) -> Completed:
        """What a command of the engine says, however it ends."""
        return await run_async([self.program, *arguments], environment=self._environment, timeout=seconds)


def find_engine(environ: Mapping[str, str] = os.environ) -> Engine:
    """The engine that KinD would use: the one that `KIND_EXPERIMENTAL_PROVIDER` names, else the first there is.

    Raises:
        PlaygroundError: there is none.
    """
    named = environ.get(ENGINE_VARIABLE, "")
    if named and _OTHER_NAMES.get(named, named) not in ENGINES:
        raise PlaygroundError(f"{ENGINE_VARIABLE}={named} is no container engine", f"known: {', '.join(ENGINES)}")
    path = environ.get("PATH")
    for program in (named,) if named else ENGINES:
        if found := shutil.which(program, path=path):
            return Engine(found, environ)
    raise PlaygroundError(
        f"there is no {named or 'Docker (and no Podman or nerdctl)'} on this machine, "
        "and the provider kind makes its nodes of containers",
        f"install it ({_ENGINE_INSTALLATION}), or use the embedded clusters, which need none: --provider embedded",
    )


def find_kind(environ: Mapping[str, str] = os.environ, *, besides: str = "") -> str:
    """The person's own `kind`.

    Args:
        environ: whose PATH is searched.
        besides: a folder of the PATH that is passed over: the one in which the lab's own programs are.

    Raises:
        PlaygroundError: there is none.
    """
    folders = [folder for folder in environ.get("PATH", os.defpath).split(os.pathsep) if folder != besides]
    found = shutil.which(KIND, path=os.pathsep.join(folders))
    if found is None:
        raise PlaygroundError("there is no kind on the PATH", f"install it: {_KIND_INSTALLATION}")
    return found


def last_line(text: str) -> str:
    """Where programs say what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _documents(text: str) -> list[dict[str, Any]]:
    try:
        found, _ = json.JSONDecoder().raw_decode(text[text.index("[") :])
    except ValueError:
        raise PlaygroundError(f"the container engine answers strangely: {last_line(text)}", DOCTOR) from None
    return [document for document in found if isinstance(document, dict)]


def _node(document: Mapping[str, Any]) -> Node:
    labels = (document.get("Config") or {}).get("Labels") or {}
    state = document.get("State") or {}
    mounts = document.get("Mounts") or ()
    return Node(
        name=str(document.get("Name", "")).removeprefix("/"),
        cluster=labels.get(_CLUSTER_LABEL, ""),
        role=labels.get(_ROLE_LABEL, ""),
        running=bool(state.get("Running")) and not state.get("Paused"),
        paused=bool(state.get("Paused")),
        mounts={str(mount.get("Destination")): str(mount.get("Source")) for mount in mounts},
    )
