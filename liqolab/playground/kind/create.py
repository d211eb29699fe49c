"""``kind create cluster``."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from pathlib import Path

from liqolab.playground import kubeconfigs
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind.invocation import Invocation
from liqolab.playground.topology import ClusterSpec, cluster_of


async def cluster(invocation: Invocation) -> int:
    """Create a cluster and make it the current context of a kubeconfig; nothing is left of it when that fails."""
    try:
        spec = cluster_of(
            _configuration(invocation.options["config"]), invocation.chosen_name, image=invocation.options["image"]
        )
        if invocation.order(spec.name) is not None:
            raise PlaygroundError(f'node(s) already exist for a cluster with the name "{spec.name}"')
        for warning in spec.warnings:
            invocation.say(f"WARNING: {warning}")
        invocation.say(f'Creating cluster "{spec.name}" ...')
        started = time.monotonic()
        await _create(invocation, spec)
    except PlaygroundError as error:
        raise PlaygroundError(f"failed to create cluster: {error}", error.hint) from None
    invocation.say(f" ✓ {invocation.provider.begins(spec)}")
    # Whoever waits for the nodes (--wait) has waited: a cluster that is created is ready.
    invocation.say(f" ✓ Ready after {time.monotonic() - started:.1f}s")
    suffix = f" --kubeconfig {shlex.quote(invocation.kubeconfig)}" if invocation.kubeconfig else ""
    invocation.say(f'Set kubectl context to "kind-{spec.name}"')
    invocation.say(f"You can now use your cluster with:\n\nkubectl cluster-info --context kind-{spec.name}{suffix}")
    return 0


def _configuration(path: str) -> bytes | None:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes() if path else None
    except OSError as error:
        text = (error.strerror or str(error)).lower()
        doing = "read" if isinstance(error, IsADirectoryError) else "open"
        raise PlaygroundError(f"error reading file: {doing} {path}: {text}") from None


async def _create(invocation: Invocation, spec: ClusterSpec) -> None:
    provider = invocation.provider
    await provider.create([spec], retain=invocation.options["retain"])
    try:
        kubeconfigs.merge(kubeconfigs.target(invocation.kubeconfig), await provider.kubeconfig(spec.name))
    except BaseException:
        if not invocation.options["retain"]:
            await asyncio.shield(provider.delete([spec.name]))
        raise
