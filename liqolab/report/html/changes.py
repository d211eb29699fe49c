"""What is different between two worlds: what came, what went, and what is another now.

Identity counts, as nothing but one scenario lies between the two worlds; comparing with a goal is another matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World

Kind = Literal["added", "removed", "changed"]
Key = tuple[str, str, str]
"""Cluster, kind of thing, and its name (that of a pod with its namespace)."""

Marks = Mapping[Key, Kind]
"""What changed, for whoever draws it."""

SIGNS: dict[Kind, str] = {"added": "+", "removed": "−", "changed": "~"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed; `text` says how, in a few words."""

    key: Key
    kind: Kind
    text: str


def changes(before: World, after: World) -> list[Change]:
    """All changes that a world shows, by cluster."""
    old, new = dict(_facts(before)), dict(_facts(after))
    found = [_change(key, old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)]
    whole = {change.key[0] for change in found if change.key[1] == "cluster" and change.kind != "changed"}
    # Of a cluster that came or went, everything came or went with it.
    return [change for change in found if change.key[1] == "cluster" or change.key[0] not in whole]


def _change(key: Key, old: str | None, new: str | None) -> Change:
    cluster, what, name = key
    subject = f"{what} {name}" if what != "cluster" else f"cluster {cluster}"
    place = "" if what == "cluster" else f" in {cluster}"
    if old is None:
        return Change(key, "added", f"{subject}{place}: {new}")
    if new is None:
        return Change(key, "removed", f"{subject}{place}: was {old}")
    return Change(key, "changed", f"{subject}{place}: {old} → {new}")


def _facts(world: World) -> Iterator[tuple[Key, str]]:
    for view in world.clusters:
        yield (view.name, "cluster", view.name), _cluster(view)
        for node in view.nodes:
            yield (view.name, "node", node.name), _node(node)
        for namespace in view.namespaces:
            yield (view.name, "namespace", namespace.name), _namespace(namespace)
        system = {namespace.name for namespace in view.namespaces if namespace.system}
        for pod in view.pods:
            if pod.namespace not in system:
                yield (view.name, "pod", f"{pod.namespace}/{pod.name}"), _pod(pod)
        for peering in view.peerings:
            if peering.outgoing in ("None", "") and world.cluster(peering.cluster) is not None:
                # The other side of a peering that the consumer's own view tells of.
                continue
            yield (view.name, "peering with", peering.cluster), _peering(peering)


def _cluster(view: ClusterView) -> str:
    if view.error:
        return "cannot be reached"
    return "with Liqo" if view.liqo else "without Liqo"


def _node(node: Node) -> str:
    words = ["Ready" if node.ready else "not Ready"]
    if not node.schedulable:
        words.append("cordoned")
    if node.cluster:
        words.append(f"virtual, stands for {node.cluster}")
    return ", ".join(words)


def _namespace(namespace: Namespace) -> str:
    words = [namespace.phase]
    if namespace.offloading:
        to = ", ".join(namespace.offloaded_to) or "no cluster yet"
        words.append(f"offloaded to {to}")
    if namespace.offloaded_from:
        words.append(f"twin from {namespace.offloaded_from}")
    return ", ".join(words)


def _pod(pod: Pod) -> str:
    reason = f" ({pod.reason})" if pod.reason and pod.reason != pod.state else ""
    return f"{pod.state}{reason}{f' on {pod.node}' if pod.node else ''}"


def _peering(peering: Peering) -> str:
    return f"outgoing {peering.outgoing}, incoming {peering.incoming}, networking {peering.networking}"
