"""Starts one program as the process of this pod, and ends with it.

SIGTERM cancels the program, which then has the pod's grace period to clean up. Its exit code is the process's; what it
raises is its last log line.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module

from liqolab.pod import place
from liqolab.pod.health import answer_probes
from liqolab.pod.network import PodNetwork
from liqolab.program import Container, Program

_USAGE = """\
usage: python -m liqolab.pod PACKAGE.MODULE:FUNCTION [ARGUMENT...]
       python -m liqolab.pod --check PACKAGE.MODULE:FUNCTION...
"""


def main(words: Sequence[str]) -> int:
    """Run the program that the first word names with the others as its arguments; its exit code.

    ``--check`` only imports programs: an image that is being made finds out so whether it has all that they need.
    """
    if not words:
        sys.stderr.write(_USAGE)
        return 2
    if words[0] == "--check":
        for where in words[1:]:
            _load(where)
        return 0
    _spare_memory()
    return asyncio.run(_run(_load(words[0]), words[1:], os.environ))


async def _run(program: Program, arguments: Sequence[str], env: Mapping[str, str]) -> int:
    try:
        where = place.Place.find(env)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"this is no pod of a cluster, or has no service account: {error}\n")
        return 1
    network = PodNetwork(where.pod_ip, host_network=where.pod_ip == where.host_ip, log=_log)
    container = Container(
        name=env.get("CONTAINER_NAME") or where.service_account,
        image=env.get("LIQOLAB_IMAGE", ""),
        args=tuple(arguments),
        env=dict(env),
        network=network,
        log=_log,
        mounts=place.mounts(),
        **where._asdict(),
    )
    task = asyncio.ensure_future(program(container))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        async with await answer_probes(network.listens_on, container.ready):
            return await _outcome(task)
    except OSError as error:
        _log(f"probes cannot be answered: {error}")
        return 1
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await network.close()


async def _outcome(task: asyncio.Future[int | None]) -> int:
    try:
        return int(await task or 0)
    except asyncio.CancelledError:
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        # Programs are other people's: what breaks one is told in its log.
        _log(traceback.format_exc().rstrip())
        return 1


def _load(where: str) -> Program:
    module, _, function = where.partition(":")
    program: Program = getattr(import_module(module), function)
    return program


def _spare_memory() -> None:
    """Eight of these run on every node."""
    if "asyncio.sslproto" in sys.modules:
        from liqolab.controller.tls import limit_buffers

        limit_buffers()


def _log(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
