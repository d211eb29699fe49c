"""``kind get`` and ``kind export kubeconfig``: which clusters there are, and how they are reached."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import yaml

from liqolab.playground import kubeconfigs
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind.invocation import Invocation

_SECURE_PORT = 6443
"""Where the API server listens on its node's own address."""


async def get_clusters(invocation: Invocation) -> int:
    """The clusters' names."""
    found = await invocation.provider.status()
    if not found:
        invocation.say("No kind clusters found.")
    for status in found:
        invocation.answer(status.name)
    return 0


async def get_nodes(invocation: Invocation) -> int:
    """The nodes' names, of one cluster or of all."""
    everywhere = invocation.options["all-clusters"]
    names = [status.name for status in await invocation.provider.status()] if everywhere else [invocation.name]
    nodes = [node for name in names for node in invocation.nodes(name)]
    if not nodes:
        one = f'No kind nodes found for cluster "{invocation.name}".'
        invocation.say("No kind nodes for any cluster." if everywhere else one)
    for node in nodes:
        invocation.answer(node)
    return 0


async def get_kubeconfig(invocation: Invocation) -> int:
    """An administrator's kubeconfig, on standard output."""
    invocation.answer(_kubeconfig(invocation))
    return 0


async def export_kubeconfig(invocation: Invocation) -> int:
    """The same, merged into a file and made its current context."""
    with tempfile.TemporaryDirectory() as folder:
        addition = Path(folder) / "kubeconfig"
        addition.touch(mode=0o600)
        addition.write_text(_kubeconfig(invocation))
        kubeconfigs.merge(kubeconfigs.target(invocation.kubeconfig), addition)
    invocation.say(f'Set kubectl context to "kind-{invocation.name}"')
    return 0


def _kubeconfig(invocation: Invocation) -> str:
    folder = invocation.folder(invocation.name)
    try:
        text = (folder / "kubeconfig").read_text()
        return _internal(text, folder) if invocation.options["internal"] else text
    except FileNotFoundError:
        raise PlaygroundError(
            f"could not locate any control plane nodes for cluster named '{invocation.name}'. "
            "Use the --name option to select a different cluster"
        ) from None
    except (OSError, ValueError, LookupError) as error:
        raise PlaygroundError(f"the kubeconfig of {invocation.name} cannot be read: {error}") from None


def _internal(text: str, folder: Path) -> str:
    """The kubeconfig with the address that the cluster's own pods use, which is on this machine's loopback too."""
    endpoints = json.loads((folder / "endpoints.json").read_bytes())
    if endpoints["nodeAddress"] == endpoints["address"]:
        return text
    document = yaml.safe_load(text)
    document["clusters"][0]["cluster"]["server"] = f"https://{endpoints['nodeAddress']}:{_SECURE_PORT}"
    return str(yaml.safe_dump(document))
