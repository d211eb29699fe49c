"""``kind delete cluster`` and ``kind delete clusters``."""

from __future__ import annotations

from liqolab.commandline.commands import UsageError
from liqolab.playground import kubeconfigs
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind.invocation import Invocation


async def cluster(invocation: Invocation) -> int:
    """Delete a cluster; one that is gone already is no error."""
    invocation.say(f'Deleting cluster "{invocation.name}" ...')
    try:
        await _delete(invocation, invocation.name)
    except PlaygroundError as error:
        raise PlaygroundError(f'failed to delete cluster "{invocation.name}": {error}', error.hint) from None
    return 0


async def clusters(invocation: Invocation) -> int:
    """Delete several, or all; those that cannot be deleted are told, and passed over."""
    if not invocation.options["all"] and not invocation.words:
        raise UsageError("no cluster names provided")
    names = list(invocation.words)
    if invocation.options["all"]:
        names = [status.name for status in await invocation.provider.status()]
    done = []
    for name in names:
        try:
            await _delete(invocation, name)
            done.append(name)
        except PlaygroundError as error:
            invocation.say(f'failed to delete cluster "{name}": {error.told()}')
    invocation.say(f"Deleted clusters: {_quoted(done)}")
    return 0


async def _delete(invocation: Invocation, name: str) -> None:
    nodes = invocation.nodes(name)
    for file in kubeconfigs.targets(invocation.kubeconfig):
        kubeconfigs.remove(file, f"kind-{name}")
    invocation.folder(name)
    await invocation.provider.delete([name])
    if nodes and invocation.provider.keeps_clusters:
        invocation.say(f'Cluster "{name}" was given: it goes on, and is known here no longer')
    elif nodes:
        invocation.say(f"Deleted nodes: {_quoted(nodes)}")


def _quoted(names: list[str]) -> str:
    return "[" + " ".join(f'"{name}"' for name in names) + "]"
