"""``kind export logs``: what the cluster and its pods have said, laid out as KinD lays it out.

What an embedded node does not have, such as the journal of a container runtime, is not invented: its file is missing.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.kubeconfig import load
from liqolab.controller.short_lived import ShortLivedClient
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind.invocation import Invocation
from liqolab.playground.kind.tree import VERSION


async def export_logs(invocation: Invocation) -> int:
    """Write the logs below a folder, whose name is the command's output."""
    order = invocation.order(invocation.name)
    if order is None:
        raise PlaygroundError(f'unknown cluster "{invocation.name}"')
    folder = Path(invocation.words[0] if invocation.words else tempfile.mkdtemp())
    invocation.say(f'Exporting logs for cluster "{invocation.name}" to:')
    invocation.answer(str(folder))
    try:
        _export_nodes(invocation, order, folder)
        await _export_pods(invocation, folder)
    except OSError as error:
        raise PlaygroundError(f"failed to create logs directory: {error}") from None
    return 0


def _export_nodes(invocation: Invocation, order: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kind-version.txt").write_text(f"kind v{VERSION}")
    own = invocation.folder(invocation.name)
    for node in order["nodes"]:
        place = folder / node["name"]
        (place / "pods").mkdir(parents=True, exist_ok=True)
        (place / "kubernetes-version.txt").write_text(f"{node.get('version') or order['version']}\n")
        if (own / "log").is_file():
            # One process is all of a cluster's nodes, so they share what it says.
            shutil.copyfile(own / "log", place / "journal.log")


async def _export_pods(invocation: Invocation, folder: Path) -> None:
    access = load(await invocation.provider.kubeconfig(invocation.name))
    async with ShortLivedClient(access, user_agent="kind") as client:
        try:
            pods = (await client.list(PODS)).items
        except (ApiError, OSError) as error:
            invocation.say(f"WARNING: the logs of pods are not exported: {error}")
            return
        await asyncio.gather(*(_export_pod(client, pod, folder) for pod in pods if pod["spec"].get("nodeName")))


async def _export_pod(client: Client, pod: Object, folder: Path) -> None:
    """The last run of each container, in the form of the kubelet's files: moment, stream, ``F`` for a full line."""
    node = folder / pod["spec"]["nodeName"]
    if not node.is_dir():
        return
    for container in pod["spec"]["containers"]:
        path = f"/api/v1/namespaces/{meta.namespace(pod)}/pods/{meta.name(pod)}/log"
        try:
            raw = await client.raw(path, query={"container": container["name"], "timestamps": "true"}, accept="*/*")
        except (ApiError, OSError):
            # It has not started, or its pod is going away: it has said nothing.
            continue
        rows = (line.partition(" ") for line in raw.decode(errors="replace").splitlines())
        place = node / "pods" / f"{meta.namespace(pod)}_{meta.name(pod)}_{meta.uid(pod)}" / container["name"]
        place.mkdir(parents=True, exist_ok=True)
        (place / "0.log").write_text("".join(f"{moment} stdout F {text}\n" for moment, _, text in rows))
