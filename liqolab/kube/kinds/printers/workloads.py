"""Columns of apps/v1, batch/v1 and of replication controllers."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.printers.common import (
    AGE,
    CONTAINERS,
    IMAGES,
    NAME,
    NONE,
    SELECTOR,
    UNSET,
    age,
    containers,
    elapsed,
    integer,
    labels,
    name,
    template_cells,
)
from liqolab.kube.kinds.spec import Column, Printer


def _status(obj: Object) -> Object:
    return obj.get("status") or {}


def _deployment(obj: Object, now: float) -> list[Any]:
    status = _status(obj)
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    return [name(obj), ready, updated, available, age(obj, now), *template_cells(obj)]


DEPLOYMENT = Printer(
    (NAME, Column("Ready"), Column("Up-to-date"), Column("Available"), AGE, CONTAINERS, IMAGES, SELECTOR), _deployment
)


def _replica_set(obj: Object, now: float) -> list[Any]:
    status = _status(obj)
    counts = [obj["spec"].get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [name(obj), *counts, age(obj, now), *template_cells(obj)]


def _replication_controller(obj: Object, now: float) -> list[Any]:
    cells = _replica_set({**obj, "spec": {**obj["spec"], "selector": None}}, now)
    return [*cells[:-1], labels(obj["spec"].get("selector"))]


_REPLICA_COLUMNS = (
    *(NAME, integer("Desired"), integer("Current"), integer("Ready"), AGE),
    *(CONTAINERS, IMAGES, SELECTOR),
)
REPLICA_SET = Printer(_REPLICA_COLUMNS, _replica_set)
REPLICATION_CONTROLLER = Printer(_REPLICA_COLUMNS, _replication_controller)


def _stateful_set(obj: Object, now: float) -> list[Any]:
    ready = f"{_status(obj).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"
    return [name(obj), ready, age(obj, now), *template_cells(obj)[:2]]


STATEFUL_SET = Printer((NAME, Column("Ready"), AGE, CONTAINERS, IMAGES), _stateful_set)


def _daemon_set(obj: Object, now: float) -> list[Any]:
    status = _status(obj)
    counts = [
        status.get(key, 0)
        for key in (
            *("desiredNumberScheduled", "currentNumberScheduled", "numberReady"),
            *("updatedNumberScheduled", "numberAvailable"),
        )
    ]
    node_selector = labels(obj["spec"]["template"]["spec"].get("nodeSelector"))
    return [name(obj), *counts, node_selector, age(obj, now), *template_cells(obj)]


DAEMON_SET = Printer(
    (
        *(NAME, integer("Desired"), integer("Current"), integer("Ready"), integer("Up-to-date"), integer("Available")),
        *(Column("Node Selector"), AGE, CONTAINERS, IMAGES, SELECTOR),
    ),
    _daemon_set,
)

_JOB_STATES = ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet")


def _job_state(obj: Object) -> str:
    true = {c.get("type") for c in _status(obj).get("conditions") or [] if c.get("status") == "True"}
    for state in ("Complete", "Failed"):
        if state in true:
            return state
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return next((state for state in _JOB_STATES if state in true), "Running")


def _job_completions(obj: Object) -> str:
    succeeded, spec = _status(obj).get("succeeded", 0), obj["spec"]
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _job_duration(obj: Object, now: float) -> str:
    start, end = _status(obj).get("startTime"), _status(obj).get("completionTime")
    if not start:
        return ""
    stop = timestamps.parse(end).timestamp() if end else now
    return timestamps.human_duration(stop - timestamps.parse(start).timestamp())


def _job(obj: Object, now: float) -> list[Any]:
    state, completions = _job_state(obj), _job_completions(obj)
    return [name(obj), state, completions, _job_duration(obj, now), age(obj, now), *template_cells(obj)]


JOB = Printer(
    (
        *(NAME, Column("Status"), Column("Completions"), Column("Duration"), AGE),
        *(CONTAINERS, IMAGES, SELECTOR),
    ),
    _job,
)


def _cron_job(obj: Object, now: float) -> list[Any]:
    spec, status = obj["spec"], _status(obj)
    last = status.get("lastScheduleTime")
    suspend = spec.get("suspend")
    return [
        *(name(obj), spec.get("schedule", ""), spec.get("timeZone") or NONE),
        *(UNSET if suspend is None else str(suspend), len(status.get("active") or [])),
        *(elapsed(last, now) if last else NONE, age(obj, now)),
        *template_cells({"spec": (spec.get("jobTemplate") or {}).get("spec")}),
    ]


CRON_JOB = Printer(
    (
        *(NAME, Column("Schedule"), Column("Timezone"), Column("Suspend", type="boolean"), integer("Active")),
        *(Column("Last Schedule"), AGE, CONTAINERS, IMAGES, SELECTOR),
    ),
    _cron_job,
)


def _controller_revision(obj: Object, now: float) -> list[Any]:
    owner = next((ref for ref in obj["metadata"].get("ownerReferences") or [] if ref.get("controller")), None)
    text = NONE
    if owner:
        group = owner["apiVersion"].rpartition("/")[0]
        text = f"{owner['kind'].lower()}{'.' + group if group else ''}/{owner['name']}"
    return [name(obj), text, obj.get("revision", 0), age(obj, now)]


CONTROLLER_REVISION = Printer(
    (NAME, Column("Controller"), Column("Revision"), AGE),
    _controller_revision,
)


def _pod_template(obj: Object, now: float) -> list[Any]:
    template = obj.get("template") or {}
    return [name(obj), *containers(template.get("spec") or {}), labels((template.get("metadata") or {}).get("labels"))]


POD_TEMPLATE = Printer((NAME, Column("Containers"), Column("Images"), Column("Pod Labels")), _pod_template)
