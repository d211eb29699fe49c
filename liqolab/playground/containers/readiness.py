"""When a cluster of containers is usable: its API server answers, and every node says that it is alive and ready.

After a start the objects say what was true when the cluster stopped, so a node's word counts only when it has renewed
its lease since. There is nothing to watch before the server answers, hence the asking.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from liqolab.apimachinery.errors import ApiError
from liqolab.playground.errors import PlaygroundError

_SECONDS: Final = 180.0
_PAUSE_SECONDS: Final = 0.5
_NODES: Final = "/api/v1/nodes"
_LEASES: Final = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


async def until_ready(kubeconfig: Path) -> None:
    """Wait until the cluster of a kubeconfig is usable.

    Raises:
        PlaygroundError: it is not within three minutes; the text says what was missing.
    """
    # Imported here: a command about clusters that run should not pay for an HTTP client.
    from liqolab.controller.http import HttpClient

    since = datetime.now(UTC)
    missing = "its API server does not answer"
    client = HttpClient.from_kubeconfig(kubeconfig)
    try:
        async with asyncio.timeout(_SECONDS):
            while missing:
                missing = await _missing(client, since)
                if missing:
                    await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        raise PlaygroundError(f"the cluster of {kubeconfig} is not ready after {_SECONDS:g}s: {missing}") from None
    finally:
        await client.close()


async def _missing(client: Any, since: datetime) -> str:
    """What a cluster lacks; empty when it is usable."""
    try:
        await client.raw("/readyz")
        nodes = json.loads(await client.raw(_NODES))["items"]
        leases = json.loads(await client.raw(_LEASES))["items"]
    except (ApiError, OSError) as error:
        return f"its API server does not answer ({error})"
    renewed = {lease["metadata"]["name"]: lease["spec"].get("renewTime", "") for lease in leases}
    for node in nodes:
        name = node["metadata"]["name"]
        conditions = {entry["type"]: entry["status"] for entry in node["status"].get("conditions") or ()}
        if conditions.get("Ready") != "True":
            return f"node {name} is not Ready"
        if not renewed.get(name) or datetime.fromisoformat(renewed[name]) < since:
            return f"node {name} has not been heard of"
    return "" if nodes else "it has no node"
