"""Which replica set runs the current template, which ones are history, and how revisions are numbered.

The revision is an annotation on the replica set, copied to the deployment. A template that comes back (``kubectl
rollout undo`` writes the old template again) finds its old replica set, which gets the newest number and remembers the
former ones.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import REPLICA_SETS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers.deployment.sizes import DESIRED_REPLICAS, MAX_REPLICAS, max_surge, replicas
from liqolab.kube.controllers.workload.hashing import without_nulls

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
HASH_LABEL = "pod-template-hash"
_HISTORY_CHARACTERS = 2000

_NOT_COPIED = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
        "deprecated.deployment.rollback.to",
    }
)
"""Annotations of a deployment that say nothing about a replica set."""


def split(deployment: Object, replica_sets: Objects) -> tuple[Object | None, Objects]:
    """(the replica set of the current template or None, all others, oldest first)."""
    ordered = sorted(replica_sets, key=lambda item: (item["metadata"].get("creationTimestamp") or "", meta.name(item)))
    wanted = _bare(deployment["spec"]["template"])
    new = next((item for item in ordered if _bare(item["spec"]["template"]) == wanted), None)
    return new, [item for item in ordered if item is not new]


def same_template(deployment: Object, replica_set: Object) -> bool:
    return bool(_bare(deployment["spec"]["template"]) == _bare(replica_set["spec"]["template"]))


def _bare(template: Object) -> Object:
    """The template without the hash label that replica sets add."""
    bare: Object = without_nulls(template)
    metadata = bare.setdefault("metadata", {})
    labels = {key: value for key, value in (metadata.pop("labels", None) or {}).items() if key != HASH_LABEL}
    if labels:
        metadata["labels"] = labels
    return bare


def revision(item: Object) -> int:
    text = meta.annotations(item).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def new_annotations(deployment: Object, old: Objects, current: dict[str, str]) -> dict[str, str]:
    """The annotations of the new replica set (that has `current` ones so far), numbered after all `old` ones."""
    annotations = dict(current)
    newest = max(map(revision, old), default=0) + 1
    before = annotations.get(REVISION, "")
    if (int(before) if before.isdigit() else 0) < newest:
        annotations[REVISION] = str(newest)
        if before:
            annotations[REVISION_HISTORY] = _appended(annotations.get(REVISION_HISTORY, ""), before)
    for key, value in meta.annotations(deployment).items():
        if key not in _NOT_COPIED:
            annotations[key] = value
    return annotations


def _appended(history: str, number: str) -> str:
    entries = history.split(",") if history else []
    while entries and len(",".join([*entries, number])) > _HISTORY_CHARACTERS:
        entries.pop(0)
    return ",".join([*entries, number])


def size_annotations(deployment: Object) -> dict[str, str]:
    """What a replica set remembers of the deployment's size, to tell later by how much it changed."""
    wanted = replicas(deployment)
    return {DESIRED_REPLICAS: str(wanted), MAX_REPLICAS: str(wanted + max_surge(deployment))}


def new_replica_set(deployment: Object, old: Objects, template_hash: str, size: int) -> Object:
    """A replica set for the current template, ready to be created."""
    template = meta.deep_copy(deployment["spec"]["template"])
    labels = {**meta.labels(template), HASH_LABEL: template_hash}
    template.setdefault("metadata", {})["labels"] = labels
    selector = meta.deep_copy(deployment["spec"]["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: template_hash}
    return REPLICA_SETS.manifest(
        f"{meta.name(deployment)}-{template_hash}",
        meta.namespace(deployment),
        labels=labels,
        annotations={**new_annotations(deployment, old, {}), **size_annotations(deployment)},
        owners=[meta.owner_reference(deployment)],
        spec={
            "replicas": size,
            "minReadySeconds": deployment["spec"].get("minReadySeconds", 0),
            "selector": selector,
            "template": template,
        },
    )


def surplus(deployment: Object, old: Objects) -> Objects:
    """Old replica sets beyond the history limit that can go: empty, settled, lowest revision first."""
    limit = deployment["spec"].get("revisionHistoryLimit")
    living = [item for item in old if not meta.is_deleting(item)]
    if limit is None or len(living) <= limit:
        return []
    return [item for item in sorted(living, key=revision)[: len(living) - limit] if _is_empty(item)]


def _is_empty(item: Object) -> bool:
    status = item.get("status") or {}
    return (
        replicas(item) == 0
        and not status.get("replicas")
        and meta.generation(item) <= (status.get("observedGeneration") or 0)
    )
