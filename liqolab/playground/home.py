"""Where playgrounds live on disk, and which one a command means.

Everything of a playground is under one private folder, so that taking it down is removing that folder:

    HOME/playgrounds/NAME/clusters/CLUSTER/   one folder a cluster (see the embedded provider)
    HOME/playgrounds/NAME/work/SCENARIO/      the lesson's working folder, with its kubeconfigs
    HOME/playgrounds/NAME/bin/                what the lab's shell puts on its PATH
    HOME/playgrounds/NAME/users/              the running programs that use it (see `users`)
    HOME/snapshots/NAME/SNAPSHOT/             saved states; they outlive the playground until deleted
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liqolab.playground.errors import PlaygroundError

HOME_VARIABLE = "LIQOLAB_HOME"
PLAYGROUND_VARIABLE = "LIQOLAB_PLAYGROUND"
DEFAULT_NAME = "default"

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Playground:
    """One playground's folders; creating the value creates nothing on disk."""

    name: str
    home: Path

    @property
    def root(self) -> Path:
        return self.home / "playgrounds" / self.name

    @property
    def clusters(self) -> Path:
        return self.root / "clusters"

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def snapshots(self) -> Path:
        return self.home / "snapshots" / self.name

    def kubeconfig(self, cluster: str) -> Path:
        """The administrator's; there while the cluster exists."""
        return self.clusters / cluster / "kubeconfig"

    def work(self, scenario: str) -> Path:
        return self.root / "work" / scenario

    @property
    def exists(self) -> bool:
        return self.root.is_dir()

    @property
    def is_empty(self) -> bool:
        """Whether it has no clusters."""
        return not self.clusters.is_dir() or not any(self.clusters.iterdir())

    def create(self) -> None:
        """Make the folder, for nobody else's eyes.

        Raises:
            PlaygroundError: the disk or its permissions do not allow it.
        """
        try:
            self.clusters.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.home, self.home / "playgrounds", self.root):
                folder.chmod(0o700)
        except OSError as error:
            raise PlaygroundError(
                f"playground folder {self.root} cannot be created: {error.strerror}",
                f"free some space, or set {HOME_VARIABLE} to a folder of yours",
            ) from None

    def remove(self) -> None:
        """Remove the playground's folder, and the folders above it that this leaves empty."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.forget_empty_folders()

    def forget_empty_folders(self) -> None:
        """Leave no folder behind that holds nothing any more, up to the home of all playgrounds."""
        for folder in (self.root.parent, self.snapshots, self.snapshots.parent, self.home):
            try:
                folder.rmdir()
            except OSError:
                continue


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """``$LIQOLAB_HOME``, or ``liqolab`` among the user's state files."""
    if named := environ.get(HOME_VARIABLE):
        return Path(named).expanduser().absolute()
    state = environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "liqolab"


def existing(environ: Mapping[str, str] = os.environ) -> list[Playground]:
    """All playgrounds on this machine, by name."""
    root = home(environ)
    folder = root / "playgrounds"
    if not folder.is_dir():
        return []
    return [Playground(entry.name, root) for entry in sorted(folder.iterdir()) if entry.is_dir()]


def resolve(name: str | None, environ: Mapping[str, str] = os.environ) -> Playground:
    """The playground a command means: the one named, else ``$LIQOLAB_PLAYGROUND``, else the only one there is, else
    ``default``.

    Raises:
        PlaygroundError: the name is not valid.
    """
    chosen = name or environ.get(PLAYGROUND_VARIABLE)
    if not chosen:
        known = existing(environ)
        chosen = known[0].name if len(known) == 1 else DEFAULT_NAME
    if not _NAME.fullmatch(chosen):
        raise PlaygroundError(f'"{chosen}" is not a valid playground name', "use lowercase letters, digits and hyphens")
    return Playground(chosen, home(environ))
