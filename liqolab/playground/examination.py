"""What this machine has of what each provider of clusters needs, what it lacks, and how to get that.

Everything is looked up and nothing is changed. A finding is `missing` when clusters cannot be made without it, and
`scarce` when they probably can, but not in comfort.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from liqolab.playground.containers.engine import Engine, find_engine, find_kind, last_line
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.providers import EMBEDDED, KIND
from liqolab.process import ProgramNotFoundError, run_async

State = Literal["ok", "scarce", "missing"]

_SECONDS: Final = 20.0
_GIB: Final = 1024**3
_NEEDED_BYTES: Final = 4 * _GIB
"""Three nodes of KinD with Liqo on each."""
_OLDEST_KIND: Final = (0, 20)
"""Before it, node images of the Kubernetes of today do not start."""
_INOTIFY: Final = {"max_user_watches": 524288, "max_user_instances": 512}
"""What KinD's documentation asks for; three nodes with Debian's own limits are near their end."""
_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)(?:\.\d+)?[\w.+-]*")
_KUBECTL_INSTALLATION: Final = "https://kubernetes.io/docs/tasks/tools/"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked up.

    Attributes:
        provider: who needs it.
        what: its name.
        found: what there is, in a few words.
        remedy: how to get what is missing; empty where nothing is.
    """

    provider: str
    what: str
    state: State
    found: str
    remedy: str = ""


async def examine(provider: str | None = None, environ: Mapping[str, str] = os.environ) -> list[Finding]:
    """All findings about a provider; None for all that make clusters."""
    found: list[Finding] = []
    if provider in (None, EMBEDDED):
        found.append(_bash(environ))
    if provider in (None, KIND):
        found += await _containers(environ)
    return found


def _bash(environ: Mapping[str, str]) -> Finding:
    path = shutil.which("bash", path=environ.get("PATH"))
    if path:
        return Finding(EMBEDDED, "bash", "ok", path)
    return Finding(EMBEDDED, "bash", "missing", "not on the PATH", "install bash: the lesson's commands are bash")


async def _containers(environ: Mapping[str, str]) -> list[Finding]:
    try:
        engine = find_engine(environ)
        running, information = await _running(engine)
    except PlaygroundError as error:
        running, information = Finding(KIND, "container engine", "missing", str(error), error.hint), {}
    programs = await asyncio.gather(_kind(environ), _kubectl(environ))
    return [running, *programs, *([_cgroups(information), _memory(information)] if information else []), *_inotify()]


async def _running(engine: Engine) -> tuple[Finding, dict[str, Any]]:
    done = await engine.ask("info", "--format", "{{json .}}")
    try:
        information = json.loads(done.output[done.output.index("{") : done.output.rindex("}") + 1])
    except ValueError:
        information = {}
    errors = information.get("ServerErrors") or []
    if done.code or done.timed_out or errors or not information:
        said = errors[0] if errors else last_line(done.output) or "it does not answer"
        remedy = f"start it (sudo systemctl start {engine.name}, or Docker Desktop), and see that you may use it"
        return Finding(KIND, "container engine", "missing", f"{engine.name}: {said}", remedy), {}
    version = information.get("ServerVersion") or (information.get("version") or {}).get("Version", "")
    return Finding(KIND, "container engine", "ok", f"{engine.name} {version}".rstrip()), information


async def _kind(environ: Mapping[str, str]) -> Finding:
    try:
        program = find_kind(environ)
    except PlaygroundError as error:
        return Finding(KIND, "kind", "missing", "not on the PATH", error.hint)
    said = last_line((await run_async([program, "version"], environment=environ, timeout=_SECONDS)).output)
    version = _VERSION.search(said)
    if version is None:
        return Finding(KIND, "kind", "missing", f"{program} says no version: {said}", "install KinD's own kind")
    if (int(version[1]), int(version[2])) < _OLDEST_KIND:
        wanted = ".".join(map(str, _OLDEST_KIND))
        return Finding(KIND, "kind", "scarce", version[0], f"node images of today want v{wanted} or newer")
    return Finding(KIND, "kind", "ok", version[0])


async def _kubectl(environ: Mapping[str, str]) -> Finding:
    lacking = Finding(
        KIND,
        "kubectl",
        "scarce",
        "not on the PATH; the lab's small one is used",
        f"install it: {_KUBECTL_INSTALLATION}",
    )
    program = shutil.which("kubectl", path=environ.get("PATH"))
    if program is None:
        return lacking
    command = [program, "version", "--client", "-o", "json"]
    try:
        done = await run_async(command, environment=environ, timeout=_SECONDS)
        return Finding(KIND, "kubectl", "ok", json.loads(done.output)["clientVersion"]["gitVersion"])
    except (ProgramNotFoundError, ValueError, KeyError, TypeError):
        return lacking


def _cgroups(information: Mapping[str, Any]) -> Finding:
    """Docker and nerdctl tell it as a text, Podman in a section of its own."""
    told = information.get("CgroupVersion") or (information.get("host") or {}).get("cgroupVersion") or ""
    version = str(told).removeprefix("v")
    if version == "2":
        return Finding(KIND, "cgroups", "ok", "v2")
    remedy = "Kubernetes 1.35 and newer want v2: boot with systemd.unified_cgroup_hierarchy=1"
    return Finding(KIND, "cgroups", "scarce", f"v{version}" if version else "not told", remedy)


def _memory(information: Mapping[str, Any]) -> Finding:
    """What the engine has, which on a Mac is less than the machine."""
    total = int(information.get("MemTotal") or (information.get("host") or {}).get("memTotal") or 0)
    free = min(total, _available() or total)
    found = f"{free / _GIB:.1f} of {total / _GIB:.1f} GiB are free"
    wanted = f"three nodes with Liqo take {_NEEDED_BYTES // _GIB} GiB"
    if total < _NEEDED_BYTES:
        return Finding(KIND, "memory", "missing", found, f"{wanted}: give the engine more")
    if free < _NEEDED_BYTES:
        return Finding(KIND, "memory", "scarce", found, f"{wanted}: end something else")
    return Finding(KIND, "memory", "ok", found)


def _available() -> int:
    """Bytes, as Linux tells them; 0 elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


def _inotify() -> list[Finding]:
    found = []
    for name, wanted in _INOTIFY.items():
        try:
            limit = int(Path(f"/proc/sys/fs/inotify/{name}").read_text())
        except (OSError, ValueError):
            # Not Linux: the engine's own machine has them, and its maker has seen to it.
            continue
        enough = limit >= wanted
        remedy = "" if enough else f"sudo sysctl fs.inotify.{name}={wanted}"
        found.append(Finding(KIND, f"inotify {name}", "ok" if enough else "scarce", str(limit), remedy))
    return found
