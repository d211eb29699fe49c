"""Sentences that act: manifests applied, objects deleted, patched, scaled and labelled, nodes tainted and drained.

Every action leaves a note of how to take it back, and the scenario's end does so, the last action first. An object that
is named without a namespace is in the scenario's own one, which is made when the first sentence acts there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import yaml

from liqolab.apimachinery.meta import controller_of
from liqolab.apimachinery.resources import Object, Resource
from liqolab.steps.clusters import Cluster
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Failure
from liqolab.steps.keeping import GONE_SECONDS, delete, keep, make_namespace
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject, observe
from liqolab.steps.registry import then, when
from liqolab.steps.sentences import manifests
from liqolab.steps.subjects import namespace_of_action
from liqolab.steps.timing import Timing
from liqolab.steps.transport import RefusedError

_NOT_FOUND = 404
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@when("I apply manifest {path}[ to namespace {namespace}][ in cluster {cluster}]")
def apply_manifest(lab: Lab, path: str, namespace: str | None, cluster: str | None) -> None:
    """Apply the documents of a file, in their order.

    A relative path is taken from the working folder, else from the feature's own, else from where the run was started.
    """
    manifests.apply(lab, lab.cluster(cluster), manifests.read_file(lab, path), namespace)


@when("I apply[ to namespace {namespace}][ in cluster {cluster}]:")
def apply_text(lab: Lab, namespace: str | None, cluster: str | None, docstring: str) -> None:
    """Apply the YAML documents of the text block, in their order; a kind that one of them defines is waited for."""
    documents = manifests.read_documents(docstring, "the text block")
    manifests.apply(lab, lab.cluster(cluster), documents, namespace)


@then("cluster {cluster} rejects with {text}:")
def cluster_rejects(lab: Lab, cluster: str, text: str, docstring: str) -> None:
    """Holds when the cluster refuses the YAML document of the text block, and the text is a part of what it says.

    It is asked without anything being done (a dry run), so a document that is accepted leaves nothing either.
    """
    here = lab.cluster(cluster)
    for document in manifests.read_documents(docstring, "the text block"):
        placed = manifests.place(lab, here, document, None)
        try:
            here.create(placed.kind, placed.manifest, placed.namespace, dry_run=True)
        except RefusedError as error:
            if text in error.message or text == error.reason:
                continue
            raise CheckFailedError(f'cluster "{cluster}" rejects {placed.name}, but with: {error.message}') from None
        raise CheckFailedError(f'cluster "{cluster}" does not reject {placed.kind.kind.lower()} "{placed.name}"')


@when("I delete {kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}]")
def delete_object(lab: Lab, kind: str, name: str, namespace: str | None, cluster: str | None, timing: Timing) -> None:
    """Delete an object and wait until it is gone, a minute unless said otherwise; it has to be there.

    The scenario's end makes it anew, unless a controller does so or it was the scenario's own.
    """
    here, found, place = _target(lab, kind, namespace, cluster)
    before = _existing(lab, here, found, name, place)
    if controller_of(before) is not None and lab.undo and place != lab.own_namespace:
        # Its controller makes another one; making this one again would be one too many.
        lab.undo.pop()
    delete(here, found, name, place, timing.seconds if timing != Timing() else GONE_SECONDS)


@when("I patch {kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] with:")
def patch_object(lab: Lab, kind: str, name: str, namespace: str | None, cluster: str | None, docstring: str) -> None:
    """Change an object: a YAML map is merged into it (null removes a key), a list is the operations of a JSON patch."""
    try:
        patch = yaml.safe_load(docstring)
    except yaml.YAMLError as error:
        raise CheckFailedError(f"the text block is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(patch, (dict, list)):
        raise CheckFailedError("the text block is to be a YAML map (merged) or a list (the operations of a JSON patch)")
    here, found, place = _target(lab, kind, namespace, cluster)
    _existing(lab, here, found, name, place)
    here.patch(found, name, patch, place, form="json" if isinstance(patch, list) else "merge")


@when("I scale {kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] to {count:int} replicas")
def scale(lab: Lab, kind: str, name: str, namespace: str | None, cluster: str | None, count: int) -> None:
    """Set how many replicas a workload is to have; whether it has them is another sentence's question."""
    here, found, place = _target(lab, kind, namespace, cluster)
    _existing(lab, here, found, name, place)
    try:
        here.patch(found, name, {"spec": {"replicas": count}}, place, subresource="scale")
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        # It is there, so what was not found is the part of it that says how many.
        raise CheckFailedError(f'a {kind} has no replicas: cluster "{here.name}" cannot scale it') from None


@when("I label {kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] with {labels}")
def label(lab: Lab, kind: str, name: str, namespace: str | None, cluster: str | None, labels: str) -> None:
    """Set labels, written `key=value` with commas between them; `key-` removes one."""
    _set_pairs(lab, "labels", kind, name, namespace, cluster, labels)


@when("I annotate {kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] with {annotations}")
def annotate(lab: Lab, kind: str, name: str, namespace: str | None, cluster: str | None, annotations: str) -> None:
    """Set annotations, written `key=value` with commas between them; `key-` removes one."""
    _set_pairs(lab, "annotations", kind, name, namespace, cluster, annotations)


@when("I taint node {node}[ in cluster {cluster}] with {taint}")
def taint_node(lab: Lab, node: str, cluster: str | None, taint: str) -> None:
    """Set a taint, written `key=value:NoSchedule`; `key:NoSchedule-` removes it."""
    remove = taint.endswith("-")
    pair, _, effect = taint.removesuffix("-").rpartition(":")
    key, _, value = pair.partition("=")
    if not key or effect not in _EFFECTS:
        raise CheckFailedError(f'"{taint}" is no taint; write it like key=value:{"|".join(_EFFECTS)}')
    here, kind, _ = _target(lab, "node", None, cluster)
    before = _existing(lab, here, kind, node, None)
    kept = [each for each in before["spec"].get("taints") or [] if (each["key"], each["effect"]) != (key, effect)]
    added = [] if remove else [{"key": key, "effect": effect, **({"value": value} if value else {})}]
    here.patch(kind, node, {"spec": {"taints": kept + added}})


@when("I cordon node {node}[ in cluster {cluster}]")
def cordon_node(lab: Lab, node: str, cluster: str | None) -> None:
    """Keep new pods away from a node."""
    _set_unschedulable(lab, node, cluster, True)


@when("I uncordon node {node}[ in cluster {cluster}]")
def uncordon_node(lab: Lab, node: str, cluster: str | None) -> None:
    """Let pods be scheduled on a node again."""
    _set_unschedulable(lab, node, cluster, None)


@when("I drain node {node}[ in cluster {cluster}]")
def drain_node(lab: Lab, node: str, cluster: str | None, timing: Timing) -> None:
    """Cordon a node, evict its pods and wait until they are gone; those of daemon sets stay.

    Evictions respect disruption budgets: where one forbids it, this fails and says so. The scenario's end lets pods in
    again, but does not bring back those that no controller does.
    """
    here = _set_unschedulable(lab, node, cluster, True)
    pods = here.kind("pod")
    subject = Subject(here, "pod", fields=f"spec.nodeName={node}")

    def holds(items: list[Object]) -> str | None:
        leaving = [item for item in items if not _stays(item)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda item: _evict(here, pods, item), leaving))
        names = ", ".join(item["metadata"]["name"] for item in leaving)
        return f"still on the node: {names}" if leaving else None

    observe(subject, holds, timing)


@when("I create namespace {name}[ in cluster {cluster}]")
def create_namespace(lab: Lab, name: str, cluster: str | None) -> None:
    """Make a namespace and wait until pods can be created in it; one that is there already is left as it is."""
    make_namespace(lab, lab.cluster(cluster), name)


def _target(lab: Lab, kind: str, namespace: str | None, cluster: str | None) -> tuple[Cluster, Resource, str | None]:
    here = lab.cluster(cluster)
    found = here.kind(kind)
    return here, found, namespace_of_action(lab, here, found, namespace)


def _existing(lab: Lab, cluster: Cluster, kind: Resource, name: str, namespace: str | None) -> Object:
    """The object as it is, kept for taking the action back.

    Raises:
        CheckFailedError: there is none.
    """
    if cluster.read(kind, name, namespace) is None:
        target = Subject.named(cluster, kind.kind.lower(), name, namespace).target
        raise CheckFailedError(Failure(f"{target}: it does not exist", target))
    before = keep(lab, cluster, kind, name, namespace)
    assert before is not None
    return before


def _set_pairs(
    lab: Lab, field: str, kind: str, name: str, namespace: str | None, cluster: str | None, text: str
) -> None:
    pairs: dict[str, Any] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        key, equals, value = part.partition("=")
        if not equals and not key.endswith("-"):
            raise CheckFailedError(f'"{part}" says neither key=value nor, to remove it, key-')
        pairs[key if equals else key.removesuffix("-")] = value if equals else None
    if not pairs:
        raise CheckFailedError(f"no {field} are named; write them like key=value, or key- to remove one")
    here, found, place = _target(lab, kind, namespace, cluster)
    _existing(lab, here, found, name, place)
    here.patch(found, name, {"metadata": {field: pairs}}, place)


def _set_unschedulable(lab: Lab, node: str, cluster: str | None, value: bool | None) -> Cluster:
    here, kind, _ = _target(lab, "node", None, cluster)
    _existing(lab, here, kind, node, None)
    here.patch(kind, node, {"spec": {"unschedulable": value}})
    return here


def _stays(pod: Object) -> bool:
    owner = controller_of(pod) or {}
    mirrored = "kubernetes.io/config.mirror" in (pod["metadata"].get("annotations") or {})
    return mirrored or owner.get("kind") == "DaemonSet" or pod["status"].get("phase") in ("Succeeded", "Failed")


def _evict(cluster: Cluster, pods: Resource, pod: Object) -> None:
    metadata = pod["metadata"]
    if metadata.get("deletionTimestamp"):
        return
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
    }
    try:
        cluster.transport.call("post", pods.path(metadata["namespace"], metadata["name"], "eviction"), body=eviction)
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
