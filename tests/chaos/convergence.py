"""What has to hold when everything is healed: what was asked for is there, on both sides, and nothing else is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from liqolab.steps import liqo_names as names
from liqolab.steps.clusters import Cluster, Object
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.residue import Inventory, inventory, residue
from tests.chaos.stage import WORKLOAD, FailedError, Stage

_CONVERGED_SECONDS: Final = 240.0
_LOOK_SECONDS: Final = 1.0


def await_convergence(stage: Stage) -> None:
    """Return when what was asked for is there.

    Raises:
        FailedError: it is not, in minutes; the text says what is not.
    """
    _until_none(lambda: list(_deviations(stage)), "has not converged")


def await_rest(stage: Stage, before: Inventory) -> None:
    """Return when nothing is left of a round.

    Raises:
        FailedError: something is.
    """

    def left() -> list[str]:
        clusters = list(stage.clusters.values())
        return [*residue(before, inventory(clusters)), *(lease for each in clusters for lease in _leases(each))]

    _until_none(left, "has left something")


def _until_none(look: Callable[[], list[str]], what: str) -> None:
    deadline = time.monotonic() + _CONVERGED_SECONDS
    while True:
        try:
            found = look()
        except CheckFailedError as error:
            found = [error.failure.summary]
        if not found:
            return
        if time.monotonic() > deadline:
            raise FailedError(f"{what} after {_CONVERGED_SECONDS:.0f} s:\n  " + "\n  ".join(found))
        time.sleep(_LOOK_SECONDS)


def _deviations(stage: Stage) -> Iterator[str]:
    ids = {name: _identity(cluster) for name, cluster in stage.clusters.items()}
    for home in stage.names:
        providers = sorted(provider for each, provider in stage.peerings if each == home)
        yield from _peerings(stage.clusters[home], providers)
        yield from _nodes(stage.clusters[home], providers)
    for provider in stage.names:
        yield from _borrowed(stage, provider, ids)
    for home, replicas in stage.offloaded.items():
        if any(each == home for each, _ in stage.peerings):
            yield from _workload(stage.clusters[home], stage.space(home), replicas)


def _peerings(home: Cluster, providers: list[str]) -> Iterator[str]:
    for foreign in home.list(names.PEERING_KIND).items:
        name = foreign["metadata"]["name"]
        states = {each["type"]: each["status"] for each in foreign.get("status", {}).get("peeringConditions") or []}
        wanted = names.ESTABLISHED if name in providers else names.NOT_PEERED
        if wrong := {key: states.get(key) for key, value in wanted.items() if states.get(key) != value}:
            yield f"{home.name}: foreigncluster {name}: {wrong}"
    known = {foreign["metadata"]["name"] for foreign in home.list(names.PEERING_KIND).items}
    yield from (f"{home.name}: no foreigncluster {name}" for name in providers if name not in known)


def _nodes(home: Cluster, providers: list[str]) -> Iterator[str]:
    nodes = {each["metadata"]["name"]: each for each in home.list("node", labels=names.VIRTUAL_NODE_SELECTOR).items}
    wanted = {f"liqo-{provider}" for provider in providers}
    yield from (f"{home.name}: node {name} is missing" for name in sorted(wanted - nodes.keys()))
    yield from (f"{home.name}: node {name} is an orphan" for name in sorted(nodes.keys() - wanted))
    for name, node in nodes.items():
        states = {each["type"]: each["status"] for each in node["status"].get("conditions") or []}
        if states.get("Ready") != "True":
            yield f"{home.name}: node {name} is not Ready: {states}"


def _borrowed(stage: Stage, provider: str, ids: dict[str, str]) -> Iterator[str]:
    """What a cluster lends is what its consumers have given it, no more and no less."""
    cluster = stage.clusters[provider]
    lent = cluster.list("pod", labels=names.ORIGIN_LABEL).items
    shadows = {_place(each) for each in cluster.list("shadowpod").items}
    yield from (f"{provider}: pod {_place(pod)} has no shadowpod" for pod in lent if _place(pod) not in shadows)
    there: dict[str, set[str]] = {}
    for pod in lent:
        there.setdefault(pod["metadata"]["labels"][names.ORIGIN_LABEL], set()).add(pod["metadata"]["name"])
    for home in stage.names:
        pods = stage.clusters[home].list("pod", fields=f"spec.nodeName=liqo-{provider}").items
        at_home = {pod["metadata"]["name"] for pod in pods if not _is_daemon(pod)}
        remote = there.pop(ids[home], set())
        yield from (f"{provider}: pod {name} of {home} is an orphan" for name in sorted(remote - at_home))
        yield from (f"{provider}: pod {name} of {home} is missing" for name in sorted(at_home - remote))
    yield from (f"{provider}: pods of the unknown cluster {origin}: {pods}" for origin, pods in there.items())


def _workload(home: Cluster, space: str, replicas: int) -> Iterator[str]:
    offloading = home.get(names.OFFLOADING_KIND, names.OFFLOADING_NAME, space)
    phase = ((offloading or {}).get("status") or {}).get("offloadingPhase")
    if phase != "Ready":
        yield f"{home.name}: offloading of {space}: {phase}"
    deployment = home.get("deployment", WORKLOAD, space) or {}
    ready = (deployment.get("status") or {}).get("readyReplicas") or 0
    pods = home.list("pod", space).items
    if ready != replicas or len(pods) != replicas:
        states = {pod["metadata"]["name"]: (pod["status"].get("phase"), pod["spec"].get("nodeName")) for pod in pods}
        yield f"{home.name}: {ready} of {replicas} pods are ready: {states}"


def _leases(cluster: Cluster) -> Iterator[str]:
    """Leases of nodes that are no more."""
    nodes = {each["metadata"]["name"] for each in cluster.list("node").items}
    for lease in cluster.list("lease", "kube-node-lease").items:
        if lease["metadata"]["name"] not in nodes:
            yield f"{cluster.name}: the lease of node {lease['metadata']['name']} is an orphan"


def _identity(cluster: Cluster) -> str:
    found = cluster.get("configmap", names.CLUSTER_IDENTITY, names.NAMESPACE)
    return str(((found or {}).get("data") or {}).get(names.CLUSTER_ID_KEY))


def _place(item: Object) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def _is_daemon(pod: Object) -> bool:
    return any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences") or ())
