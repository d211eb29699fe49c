"""Starting clusters: one process each, forked from a parent that has paid for the imports.

The parent imports everything once, without starting a thread or an event loop, and forks a daemon for each folder.
Each daemon leads a session of its own, writes to the cluster's ``log``, and tells the parent through a pipe when the
cluster is ready or why it will not be; the parent prints one JSON line a cluster and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from liqolab.apimachinery import timestamps
from liqolab.controller.tls import limit_buffers
from liqolab.kube.cluster import Cluster
from liqolab.kube.config import ConfigError, write_private
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.node import programs

log = logging.getLogger(__name__)

_YOUNG_OBJECTS: Final = 5000
"""How many new objects it takes until the collector looks for garbage. Python's own 700 are less than one list has; a
tenth of a cluster's processor time would go into looking, and finding nothing.
"""

READY_SECONDS: Final = 60.0
"""How long a cluster may take to become ready before the start counts as failed."""

_FOLDER_CHECK_SECONDS: Final = 2.0

Report = Callable[[dict[str, Any]], None]


def warm_up() -> None:
    """Load what every cluster needs, so that all share it: schemas, and the programs that containers run.

    All of it is there to stay, so the collector need not look at it, nor write to its pages, which would unshare them.
    """
    limit_buffers()
    schemas.warm_up(BUILTIN)
    programs.preload()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])


@contextmanager
def held_lock(folder: Path) -> Iterator[None]:
    """The folder's lock, held for as long as the process lives; the file says which process that is.

    Raises:
        ConfigError: another process has it, or the folder cannot be written.
    """
    path = folder / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise ConfigError(f"the cluster in {folder} is running already (its lock is held); stop it first") from None
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


async def run(folder: Path, report: Report) -> None:
    """Run the cluster in `folder` until SIGTERM or SIGINT; `report` hears once that it is ready.

    Raises:
        ConfigError: it cannot be started; the text says why.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    orphaned = asyncio.create_task(_until_removed(folder))
    orphaned.add_done_callback(lambda _: stop.set())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    cluster = Cluster(folder)
    await cluster.start()
    loop.add_signal_handler(signal.SIGHUP, cluster.heed_faults)
    try:
        run_file = folder / "run.json"
        description = {
            "pid": os.getpid(),
            "server": cluster.endpoints.server,
            "nodeAddress": cluster.endpoints.node_address,
            "startedAt": timestamps.now(),
        }
        write_private(run_file, orjson.dumps(description))
        stopping = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(asyncio.wait_for(cluster.ready(), READY_SECONDS))
        assert cluster.failed is not None
        await asyncio.wait((stopping, ready, cluster.failed), return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            await _whichever(ready, cluster.failed)
            report({"name": cluster.config.name, "pid": os.getpid(), "server": cluster.endpoints.server})
            await asyncio.wait((stopping, cluster.failed), return_when=asyncio.FIRST_COMPLETED)
            if cluster.failed.done():
                log.critical("the cluster ends because a part of it has failed")
        for task in (stopping, ready):
            task.cancel()
        await asyncio.gather(stopping, ready, return_exceptions=True)
        run_file.unlink(missing_ok=True)
    finally:
        orphaned.cancel()
        await asyncio.gather(orphaned, return_exceptions=True)
        await cluster.stop()


async def _until_removed(folder: Path) -> None:
    """Return when the folder is gone: whoever removes a cluster's folder wants no cluster to be left."""
    # Nothing portable tells of a removal, and a look every few seconds costs nothing.
    while (folder / "lock").exists():  # noqa: ASYNC110
        await asyncio.sleep(_FOLDER_CHECK_SECONDS)
    log.warning("the folder %s has been removed: the cluster ends", folder)


async def _whichever(ready: asyncio.Task[None], failed: asyncio.Future[None]) -> None:
    if failed.done():
        ready.cancel()
        raise ConfigError(f"a part of the cluster has failed: {failed.exception()}")
    try:
        await ready
    except TimeoutError:
        raise ConfigError(
            f"the cluster is not ready after {READY_SECONDS:.0f} s; its log says what it waits for"
        ) from None


def foreground(folder: Path) -> int:
    """Run one cluster in this process; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        with held_lock(folder):
            asyncio.run(run(folder, _print))
    except ConfigError as error:
        _print({"name": _name_of(folder), "error": str(error)})
        return 1
    return 0


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


def _name_of(folder: Path) -> str:
    try:
        return str(orjson.loads((folder / "cluster.json").read_bytes())["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return folder.name


@dataclass(frozen=True, slots=True)
class _Child:
    folder: Path
    pid: int
    pipe: int


def daemons(folders: Sequence[Path]) -> int:
    """Start one daemon for each folder and wait until all are ready or have failed; returns the exit code.

    SIGTERM until then ends all of them: whoever asked for them does not want them any more.
    """
    stopped, stop = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(stop, b"."))
    children: list[_Child] = []
    for folder in folders:
        children.append(_fork(folder, (stopped, stop, *(child.pipe for child in children))))
    waiting = {child.pipe: child for child in children}
    heard: dict[int, bytes] = dict.fromkeys(waiting, b"")
    failures = 0
    while waiting:
        for pipe in select.select([stopped, *waiting], [], [])[0]:
            if pipe == stopped:
                return _give_up(children)
            data = os.read(pipe, 65536)
            heard[pipe] += data
            if data and not data.endswith(b"\n"):
                continue
            child = waiting.pop(pipe)
            os.close(pipe)
            answer = heard[pipe] or _died(child)
            failures += b'"error"' in answer
            sys.stdout.write(answer.decode())
            sys.stdout.flush()
    return 1 if failures else 0


def _give_up(children: Sequence[_Child]) -> int:
    """End all children and wait until they are gone; what they acknowledged is on disk."""
    for child in children:
        os.kill(child.pid, signal.SIGKILL)
    for child in children:
        os.waitpid(child.pid, 0)
    return 128 + signal.SIGTERM


def _died(child: _Child) -> bytes:
    text = f"the cluster's process ended before it was ready{_last_words(child.folder / 'log')}"
    return orjson.dumps({"name": _name_of(child.folder), "error": text}) + b"\n"


def _last_words(path: Path) -> str:
    """The end of the log, which may be gone by the time that somebody could look into it."""
    try:
        lines = path.read_text(errors="replace").split("\n")
    except OSError:
        return ""
    said = [line for line in lines if line.strip()]
    return f" ({said[-1][:500]})" if said else ""


def _fork(folder: Path, inherited: Sequence[int]) -> _Child:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return _Child(folder, pid, reader)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for pipe in (reader, *inherited):
        os.close(pipe)
    code = 1
    try:
        code = _daemon(folder, writer)
    except BaseException:
        log.exception("the cluster has failed")
    finally:
        os._exit(code)


def _daemon(folder: Path, writer: int) -> int:
    """The life of a daemon; returns its exit code."""
    # Whoever breaks something while the cluster starts is not to end it: it looks for itself once it is there.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def report(document: dict[str, Any]) -> None:
        os.write(writer, orjson.dumps(document) + b"\n")
        os.close(writer)

    try:
        os.setsid()
        # Whatever a cluster writes is its owner's alone, also what no module thinks of.
        os.umask(0o077)
        with held_lock(folder):
            _redirect(folder / "log")
            logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
            asyncio.run(run(folder, report))
        return 0
    except ConfigError as error:
        log.error("%s", error)
        with contextlib.suppress(OSError):
            report({"name": _name_of(folder), "error": str(error)})
        return 1


def _redirect(path: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(out)
