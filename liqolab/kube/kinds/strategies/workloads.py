"""Deployments, replica sets, stateful sets, daemon sets: a selector, and a template that it matches."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    forbidden_field,
    invalid_value,
    not_negative,
    required,
    selector_value,
)
from liqolab.kube.kinds.strategies.common import Plain, WithStatus
from liqolab.kube.kinds.validation.workloads import (
    status_counts,
    validate_daemon_set,
    validate_deployment,
    validate_replica_set,
    validate_replication_controller,
    validate_stateful_set,
)
from liqolab.kube.schema.workload_defaults import TEMPLATE_GENERATION

_STATEFUL_MUTABLE = (
    *("replicas", "ordinals", "template", "updateStrategy"),
    *("revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"),
)
_STATEFUL_FORBIDDEN = (
    "updates to statefulset spec for fields other than "
    + ", ".join(f"'{field}'" for field in _STATEFUL_MUTABLE[:-1])
    + f" and '{_STATEFUL_MUTABLE[-1]}' are forbidden"
)


def selector_is_immutable(new: Object, old: Object) -> list[FieldError]:
    after, before = (obj.get("spec", {}).get("selector") for obj in (new, old))
    return [] if after == before else [invalid_value("spec.selector", selector_value(after), IMMUTABLE)]


DEPLOYMENT = WithStatus(
    counted_metadata=("annotations",),
    initial={},
    kept_metadata=("labels",),
    validate=validate_deployment,
    compare=selector_is_immutable,
    check_status=status_counts(
        *("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas"),
        *("unavailableReplicas", "terminatingReplicas", "collisionCount"),
        compared=("updatedReplicas", "readyReplicas", "availableReplicas"),
    ),
)

_SET_COUNTS = status_counts(
    *("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"),
    compared=("fullyLabeledReplicas", "readyReplicas", "availableReplicas"),
)

REPLICA_SET = WithStatus(
    initial={"replicas": 0}, validate=validate_replica_set, compare=selector_is_immutable, check_status=_SET_COUNTS
)


class _ReplicationControllerStrategy(WithStatus):
    """Its selector is a plain map, which defaults to the template's labels, as its own labels do; it is older than
    garbage collection, so its pods stay unless a DELETE says otherwise.
    """

    default_propagation = "Orphan"

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        spec = obj.get("spec") or {}
        labels = meta.get_path(spec, "template", "metadata", "labels")
        if labels and not spec.get("selector"):
            spec["selector"] = dict(labels)
        if labels and not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = dict(labels)


REPLICATION_CONTROLLER = _ReplicationControllerStrategy(
    initial={"replicas": 0}, validate=validate_replication_controller, check_status=_SET_COUNTS
)


class StatefulSetStrategy(WithStatus):
    """Only what a rolling update can carry out may change."""

    def __init__(self) -> None:
        counts = status_counts(
            *("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"),
            *("observedGeneration", "collisionCount"),
            compared=("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"),
        )
        super().__init__(
            initial={"replicas": 0, "availableReplicas": 0}, validate=validate_stateful_set, check_status=counts
        )

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        errors = validate_stateful_set(new, new=False)
        after, before = (
            {key: value for key, value in obj["spec"].items() if key not in _STATEFUL_MUTABLE} for obj in (new, old)
        )
        return errors if after == before else [*errors, forbidden_field("spec", _STATEFUL_FORBIDDEN)]


class DaemonSetStrategy(WithStatus):
    """Counts the generations of its template in an annotation, for the pods' sake."""

    def __init__(self) -> None:
        zeros = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
        super().__init__(initial=dict.fromkeys(zeros, 0), validate=validate_daemon_set, compare=selector_is_immutable)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        _annotate(obj, 1)

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        generation = int((old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1"))
        changed = meta.get_path(new, "spec", "template") != meta.get_path(old, "spec", "template")
        _annotate(new, generation + changed)


def _annotate(obj: Object, generation: int) -> None:
    annotations = obj["metadata"].get("annotations") or {}
    obj["metadata"]["annotations"] = {**annotations, TEMPLATE_GENERATION: str(generation)}


def validate_revision(revision: Object) -> list[FieldError]:
    """A controller revision has a number."""
    return not_negative("revision", revision.get("revision"))


def revision_data_is_immutable(new: Object, old: Object) -> list[FieldError]:
    """A controller revision is a snapshot."""
    return [] if new.get("data") == old.get("data") else [invalid_value("data", new.get("data"), IMMUTABLE)]


class _RevisionStrategy(Plain):
    """Data is an object of any form, and there from the beginning."""

    def validate_create(self, obj: Object) -> list[FieldError]:
        data, errors = obj.get("data"), super().validate_create(obj)
        if data is None:
            return [*errors, required("data", "data is mandatory")]
        return errors if isinstance(data, dict) else [*errors, required("data", "data must be a valid JSON object")]


CONTROLLER_REVISION = _RevisionStrategy(validate=validate_revision, compare=revision_data_is_immutable)
