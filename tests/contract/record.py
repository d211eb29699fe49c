"""Play the scripts against a real control plane and keep what it answers.

    python -m tests.contract.record --start SCRIPT --binaries DIR   one that is started for it: SCRIPT DIR PORT
    python -m tests.contract.record --kubeconfig FILE               one that runs already
    … NAME…                                                         these scripts only

What SCRIPT starts leaves its kubeconfig and the numbers of its processes in ``DIR/run-PORT/{kubeconfig,pids}``.

Prints every place in which an answer is another than the one kept. A control plane that is started for it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.api_server import Api
from tests.contract import kept
from tests.contract.comparing import differences
from tests.contract.player import Player
from tests.contract.script import Script, scripts

_PORT = 17443
_PATIENCE_SECONDS = 40
"""A new kind of parameter of a policy is noticed after ten seconds or more."""


def main() -> int:
    """The exit code."""
    asked = _arguments()
    every = scripts()
    chosen = [every[name] for name in asked.scripts] or list(every.values())
    with _kubeconfig(asked) as kubeconfig, tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(kubeconfig, folder))
        changed = asyncio.run(_record(copy, chosen))
    gone = kept.forget(set(every))
    count = sum(len(script.exchanges) for script in chosen)
    print(f"{len(chosen)} scripts, {count} exchanges; changed: {changed}, gone: {gone}")
    return 0


async def _record(kubeconfig: Path, chosen: list[Script]) -> list[str]:
    changed = []
    api = Api(kubeconfig)
    player = Player(api, _PATIENCE_SECONDS)
    try:
        for script in chosen:
            answers = await player.play(script)
            before = kept.golden(script.name)
            if found := differences(before, answers):
                changed.append(script.name)
                print(f"--- {script.name}", *(found if before else ["new"]), sep="\n  ")
            kept.keep(script.name, answers)
    finally:
        await player.clear()
        await api.session.close()
    return changed


@contextlib.contextmanager
def _kubeconfig(asked: argparse.Namespace) -> Iterator[Path]:
    if asked.kubeconfig:
        yield asked.kubeconfig
        return
    run = asked.binaries / f"run-{_PORT}"
    try:
        subprocess.run([str(asked.start), str(asked.binaries), str(_PORT)], check=True)
        yield run / "kubeconfig"
    finally:
        for process in (run / "pids").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGTERM)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--binaries", type=Path, help="folder whose bin/ has etcd, kube-apiserver and the rest")
    where.add_argument("--kubeconfig", type=Path, help="an administrator's, of a control plane that runs")
    parser.add_argument("--start", type=Path, help="what starts the binaries; needed with them")
    parser.add_argument("scripts", nargs="*", metavar="NAME", help="a script; without any: all of them")
    asked = parser.parse_args()
    if asked.binaries and not asked.start:
        parser.error("--binaries needs --start: the script that starts them")
    return asked


if __name__ == "__main__":
    sys.exit(main())
