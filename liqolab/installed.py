"""How this installation is called, and how more of it is installed: what advice to a person has to say.

Who runs the program of a checkout has no `liqolab` on the PATH, and who installed a checkout gets no extra of it from
an index. Advice that does not work where it is given is worse than none.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PROGRAM = "liqolab"


def command(arguments: str) -> str:
    """What to type for ``liqolab ARGUMENTS``: by name where the PATH has it, else by its path."""
    beside = Path(sys.executable).parent / _PROGRAM
    if shutil.which(_PROGRAM) or not beside.exists():
        return f"{_PROGRAM} {arguments}"
    return f"{shlex.quote(_from_here(beside))} {arguments}"


def install(extra: str) -> str:
    """The command that adds an extra to this installation, wherever it was installed from."""
    folder = _source_folder()
    wanted = f"{folder}[{extra}]" if folder else f"{_PROGRAM}[{extra}]"
    editable = "--editable " if folder else ""
    return f"{shlex.quote(_from_here(Path(sys.executable)))} -m pip install {editable}{shlex.quote(wanted)}"


def _from_here(path: Path) -> str:
    """Relative to where the person stands, if it is below."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)


def _source_folder() -> str:
    """The checkout that this is an editable installation of; empty for one from an index."""
    try:
        told = distribution(_PROGRAM).read_text("direct_url.json")
    except PackageNotFoundError:
        return ""
    source = json.loads(told) if told else {}
    if not source.get("dir_info", {}).get("editable"):
        return ""
    return _from_here(Path(unquote(urlsplit(source["url"]).path)))
