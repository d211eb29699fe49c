"""Sentences that act on Liqo, through `liqoctl` as a person would: peerings and offloaded namespaces.

What a scenario peers or offloads is taken back at its end. `liqoctl` runs beside the lesson's bash and leaves no trace
in it.
"""

from __future__ import annotations

import shlex

from liqolab.steps import liqo_names as names
from liqolab.steps.clusters import Cluster, Object
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Failure
from liqolab.steps.keeping import delete, make_own_namespace, undoing
from liqolab.steps.lab import Lab
from liqolab.steps.registry import when
from liqolab.steps.sentences.liqo import cluster_id, peering_is
from liqolab.steps.timing import DEFAULT_SECONDS, Timing
from liqolab.steps.undo import Undo

_PEERING_SECONDS = 120.0
_OPTIONS = {
    "mapping strategy": "--namespace-mapping-strategy",
    "pod strategy": "--pod-offloading-strategy",
    "selector": "--selector",
}


@when("I peer cluster {cluster} with cluster {other}")
def peer(lab: Lab, cluster: str, other: str, timing: Timing) -> None:
    """Let the first cluster use what the other lends; nothing happens where it does so already."""
    here, there = lab.cluster(cluster), lab.cluster(other)
    before = here.get(names.PEERING_KIND, other)
    if before is not None and _peered(before):
        return
    seconds = _seconds(timing)
    said = _liqoctl(lab, other, seconds, "generate", "peer-command", "--only-command")
    program, *arguments = shlex.split(said) or [""]
    if program != "liqoctl":
        raise CheckFailedError(Failure(f'cluster "{other}" did not say how to peer with it', output=said))
    # Taken back even if it fails halfway: what it left by then is no one else's.
    known = all(_tenants(side, peer) for side, peer in ((here, there), (there, here)))
    lab.undo.append(Undo(_unpeering(cluster, other), lambda: _unpeer(lab, here, there, forget=not known)))
    _liqoctl(lab, cluster, seconds, *arguments)


@when("I unpeer cluster {cluster} from cluster {other}")
def unpeer(lab: Lab, cluster: str, other: str, timing: Timing) -> None:
    """End the use that the first cluster makes of the other; there has to be one."""
    before = lab.cluster(cluster).get(names.PEERING_KIND, other)
    if before is None or not _peered(before):
        raise CheckFailedError(f'cluster "{cluster}" is not peered with cluster "{other}"')
    if not any(undo.what == _unpeering(cluster, other) for undo in lab.undo):
        # A peering that the scenario made itself is to be gone at its end anyway.
        lab.undo.append(Undo(f"peer {cluster} with {other} again", lambda: _peer_again(lab, cluster, other)))
    _liqoctl(lab, cluster, _seconds(timing), "unpeer", other)


@when("I offload namespace {namespace}[ in cluster {cluster}]")
def offload(lab: Lab, namespace: str, cluster: str | None, timing: Timing) -> None:
    """Extend a namespace to all peered clusters, with Liqo's own choice of strategies."""
    _offload(lab, namespace, cluster, timing, [])


@when("I offload namespace {namespace}[ in cluster {cluster}] with:")
def offload_with(lab: Lab, namespace: str, cluster: str | None, datatable: list[list[str]], timing: Timing) -> None:
    """Extend a namespace to other clusters as the table's rows of name and value say.

    Names are `mapping strategy`, `pod strategy` and `selector` (a label selector for clusters; several rows are
    alternatives).
    """
    options = []
    for name, value in datatable:
        if name not in _OPTIONS:
            raise CheckFailedError(f'"{name}" is not said of an offloaded namespace; known: {", ".join(_OPTIONS)}')
        options += [_OPTIONS[name], value]
    _offload(lab, namespace, cluster, timing, options)


@when("I unoffload namespace {namespace}[ in cluster {cluster}]")
def unoffload(lab: Lab, namespace: str, cluster: str | None, timing: Timing) -> None:
    """Bring a namespace home from other clusters, and wait until it is."""
    here = lab.cluster(cluster)
    kind = here.kind(names.OFFLOADING_KIND)
    before = here.read(kind, names.OFFLOADING_NAME, namespace)
    if before is None:
        raise CheckFailedError(f'namespace "{namespace}" in cluster "{here.name}" is not offloaded')
    if namespace != lab.own_namespace:
        lab.undo.append(undoing(here, kind, names.OFFLOADING_NAME, namespace, before))
    _liqoctl(lab, here.name, _seconds(timing), "unoffload", "namespace", namespace)


def _offload(lab: Lab, namespace: str, cluster: str | None, timing: Timing, options: list[str]) -> None:
    here = lab.cluster(cluster)
    if namespace == lab.own_namespace:
        make_own_namespace(lab, here)
    if here.get(names.OFFLOADING_KIND, names.OFFLOADING_NAME, namespace) is not None:
        raise CheckFailedError(f'namespace "{namespace}" in cluster "{here.name}" is offloaded already')
    seconds = _seconds(timing)
    lab.undo.append(Undo(f"unoffload namespace {namespace}", lambda: _unoffload(lab, here, namespace)))
    _liqoctl(lab, here.name, seconds, "offload", "namespace", namespace, *options)


def _unoffload(lab: Lab, cluster: Cluster, namespace: str) -> None:
    if cluster.get(names.OFFLOADING_KIND, names.OFFLOADING_NAME, namespace) is not None:
        _liqoctl(lab, cluster.name, _PEERING_SECONDS, "unoffload", "namespace", namespace)


def _unpeer(lab: Lab, here: Cluster, there: Cluster, *, forget: bool) -> None:
    """End a peering, and let both clusters forget each other unless both knew each other before.

    One that is forgotten by a cluster which it remembers cannot be peered with again: it would show an identity that
    nobody has signed, or be refused a new one because it has one already.
    """
    foreign = here.get(names.PEERING_KIND, there.name)
    if foreign is not None and peering_is(names.NOT_PEERED)([foreign]) is not None:
        _liqoctl(lab, here.name, _PEERING_SECONDS, "unpeer", there.name)
    if forget:
        for side, peer in ((here, there), (there, here)):
            _forget(side, peer)


def _forget(cluster: Cluster, peer: Cluster) -> None:
    """Remove what a cluster keeps of a peer beyond the peering: Liqo itself keeps it for the next time."""
    tenants = _tenants(cluster, peer)
    delete(cluster, cluster.kind(names.PEERING_KIND), peer.name, None)
    for tenant in tenants:
        delete(cluster, cluster.kind("namespace"), tenant["metadata"]["name"], None)
    delete(cluster, cluster.kind("secret"), names.PEER_TOKEN.format(id=cluster_id(peer)), names.NAMESPACE)


def _tenants(cluster: Cluster, peer: Cluster) -> list[Object]:
    """The namespaces in which a cluster keeps a peer's identity: they stay when a peering ends, on both sides."""
    return cluster.list("namespace", labels=f"{names.PEER_ID_LABEL}={cluster_id(peer)}").items


def _peer_again(lab: Lab, cluster: str, other: str) -> None:
    known = lab.cluster(cluster).get(names.PEERING_KIND, other) is not None
    if known:
        _liqoctl(lab, cluster, _PEERING_SECONDS, "peer", other)
        return
    said = _liqoctl(lab, other, _PEERING_SECONDS, "generate", "peer-command", "--only-command")
    _liqoctl(lab, cluster, _PEERING_SECONDS, *shlex.split(said)[1:])


def _unpeering(cluster: str, other: str) -> str:
    return f"unpeer {cluster} from {other}"


def _peered(foreign_cluster: Object) -> bool:
    return peering_is(names.ESTABLISHED)([foreign_cluster]) is None


def _seconds(timing: Timing) -> float:
    return timing.seconds if timing.seconds != DEFAULT_SECONDS else _PEERING_SECONDS


def _liqoctl(lab: Lab, cluster: str, seconds: float, *arguments: str) -> str:
    completed = lab.call("liqoctl", *arguments, cluster=cluster, timeout=seconds)
    shown = " ".join(("liqoctl", *arguments[:3]))
    if completed.timed_out:
        raise CheckFailedError(
            Failure(f'{shown} on cluster "{cluster}": not done after {seconds:g}s', output=completed.output)
        )
    if completed.code != 0:
        summary = f'{shown} on cluster "{cluster}": exit code {completed.code}'
        raise CheckFailedError(Failure(summary, output=completed.output, code=completed.code))
    return completed.output
