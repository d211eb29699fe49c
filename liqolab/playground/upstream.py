"""Upstream's Liqo in the place of this project's: its own `liqoctl`, on clusters whose nodes run containers.

A lesson types the same commands and looks at the same objects. What upstream's release says otherwise than the seed
does is a table here. Its programs and images come from upstream; nothing of them is kept or fetched by this project.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from liqolab.playground.errors import PlaygroundError
from liqolab.process import ProgramNotFoundError, run

LIQO_VARIABLE: Final = "LIQOLAB_LIQO"
LIQOCTL_VARIABLE: Final = "LIQOLAB_LIQOCTL"
OWN, UPSTREAM = "own", "upstream"
LIQOS: Final = (OWN, UPSTREAM)
"""Whose Liqo a playground's clusters have."""

WORDINGS: Final = {
    "You have not selected this cluster through ClusterSelector fields": (
        "The remote cluster has not been selected through the ClusterSelector field"
    ),
    "RemoteNamespaceCreated": "NamespaceCreated",
    "Namespace correctly offloaded on this cluster": "Namespace correctly offloaded to the remote cluster",
}
"""What the seed says of a NamespaceOffloading → what the release says."""

_RELEASES: Final = "https://github.com/liqotech/liqo/releases/tag/v0.5.4"
_LIQOCTL: Final = "liqoctl"
_GENERATION: Final = re.compile(r"\bv0\.5\.\d+")
_VERSION: Final = re.compile(r"\bv\d+\.\d+\.\d+\S*")
_OURS: Final = b"liqolab"
_HEAD_BYTES: Final = 4096
_ANSWER_SECONDS: Final = 20.0


def find_liqoctl(environ: Mapping[str, str] = os.environ) -> str:
    """Upstream's `liqoctl`: what ``LIQOLAB_LIQOCTL`` names, else the first on the PATH that is not this project's.

    Raises:
        PlaygroundError: there is none, or it is of another generation than the lessons are.
    """
    named = environ.get(LIQOCTL_VARIABLE, "")
    found = _named(named) if named else _on_path(environ)
    if found is None:
        raise PlaygroundError(
            f"there is no {named or 'liqoctl of upstream on the PATH'}, and upstream's Liqo is installed by it",
            f"get it from {_RELEASES}, and put it on the PATH or name it by {LIQOCTL_VARIABLE}",
        )
    try:
        said = run([found, "version", "--client"], environment=environ, timeout=_ANSWER_SECONDS)
    except ProgramNotFoundError:
        raise PlaygroundError(f"{found} cannot be run", f"get another one from {_RELEASES}") from None
    if not _GENERATION.search(said.output):
        version = _VERSION.search(said.output)
        raise PlaygroundError(
            f"{found} is {version[0] if version else 'no liqoctl that tells its version'}, "
            "and the lessons are of Liqo's 0.5 generation",
            f"get v0.5.4 from {_RELEASES}, and name it by {LIQOCTL_VARIABLE}",
        )
    return found


def _named(text: str) -> str | None:
    path = Path(text).expanduser().absolute()
    return str(path) if path.is_file() and os.access(path, os.X_OK) else None


def _on_path(environ: Mapping[str, str]) -> str | None:
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(_LIQOCTL, path=folder) if folder else None
        if found and not _is_ours(Path(found)):
            return found
    return None


def _is_ours(program: Path) -> bool:
    """Whether a `liqoctl` is a script of this project's: that of an installation, or that of a lab's shell."""
    try:
        with program.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return head.startswith(b"#!") and _OURS in head
