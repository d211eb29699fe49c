"""Liqo on a playground's clusters, through `liqoctl` as a person would install it, on all clusters at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

from liqolab.playground.errors import PlaygroundError


async def install_liqo(
    kubeconfigs: Mapping[str, Path], labels: Mapping[str, Mapping[str, str]], environment: Mapping[str, str]
) -> None:
    """Run ``liqoctl install kind`` for each cluster, side by side.

    Args:
        kubeconfigs: cluster name → kubeconfig.
        labels: cluster name → the labels under which it presents itself to peers.
        environment: of a lab's shell, whose PATH has `liqoctl`.

    Raises:
        PlaygroundError: an installation failed; the text is what liqoctl said.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for name, path in kubeconfigs.items():
                group.create_task(_install(name, path, labels.get(name, {}), environment))
    except ExceptionGroup as failures:
        # The first failure ended the others; a person is told of that one.
        raise failures.exceptions[0] from None


async def _install(name: str, kubeconfig: Path, labels: Mapping[str, str], environment: Mapping[str, str]) -> None:
    command = ["liqoctl", "install", "kind", "--cluster-name", name, "--kubeconfig", str(kubeconfig)]
    if labels:
        command += ["--cluster-labels", ",".join(f"{key}={value}" for key, value in labels.items())]
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise
    if process.returncode != 0:
        said = output.decode(errors="replace").strip() or f"exit code {process.returncode}"
        raise PlaygroundError(f'Liqo could not be installed on cluster "{name}": {said}', "try again with: liqolab up")
