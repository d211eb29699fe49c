"""Defaults of the workload kinds (groups apps and batch): one table entry a kind."""

from __future__ import annotations

from liqolab.apimachinery.resources import Object
from liqolab.kube.schema.filling import Table, with_status
from liqolab.kube.schema.pod_defaults import CLAIM_SPEC, TEMPLATE


def _deployment_strategy(strategy: Object) -> None:
    if strategy.get("type") == "RollingUpdate":
        rolling = strategy["rollingUpdate"] = strategy.get("rollingUpdate") or {}
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")


def _stateful_strategy(strategy: Object) -> None:
    if strategy.get("type") == "RollingUpdate":
        strategy["rollingUpdate"] = strategy.get("rollingUpdate") or {}
        strategy["rollingUpdate"].setdefault("partition", 0)


def _daemon_strategy(strategy: Object) -> None:
    if strategy.get("type") == "RollingUpdate":
        rolling = strategy["rollingUpdate"] = strategy.get("rollingUpdate") or {}
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)


TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
"""Annotation of a DaemonSet: how often its template has changed. A field of its own inside a real server, which writes
the annotation for whatever it is sent.
"""


def _template_generation(daemon_set: Object) -> None:
    annotations = daemon_set["metadata"].get("annotations") or {}
    if TEMPLATE_GENERATION not in annotations:
        daemon_set["metadata"]["annotations"] = {**annotations, TEMPLATE_GENERATION: "0"}


_ROLLING = {"type": "RollingUpdate"}

APPS: dict[str, tuple[Table, ...]] = {
    "Deployment": with_status(
        Table(
            {"replicas": 1, "strategy": {}, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
            within={"strategy": Table(_ROLLING, rules=(_deployment_strategy,)), "template": TEMPLATE},
        )
    ),
    "ReplicaSet": with_status(Table({"replicas": 1}, within={"template": TEMPLATE}), replicas=0),
    "StatefulSet": with_status(
        Table(
            {
                "replicas": 1,
                "podManagementPolicy": "OrderedReady",
                "updateStrategy": {},
                "revisionHistoryLimit": 10,
                "persistentVolumeClaimRetentionPolicy": {},
            },
            within={
                "template": TEMPLATE,
                "updateStrategy": Table(_ROLLING, rules=(_stateful_strategy,)),
                "persistentVolumeClaimRetentionPolicy": Table({"whenDeleted": "Retain", "whenScaled": "Retain"}),
            },
            each={
                "volumeClaimTemplates": Table(
                    {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "status": {}},
                    within={"spec": CLAIM_SPEC, "status": Table({"phase": "Pending"})},
                )
            },
        ),
        replicas=0,
        availableReplicas=0,
    ),
    "DaemonSet": (
        Table(rules=(_template_generation,)),
        *with_status(
            Table(
                {"updateStrategy": {}, "revisionHistoryLimit": 10},
                within={"updateStrategy": Table(_ROLLING, rules=(_daemon_strategy,)), "template": TEMPLATE},
            ),
            currentNumberScheduled=0,
            numberMisscheduled=0,
            desiredNumberScheduled=0,
            numberReady=0,
        ),
    ),
    "ControllerRevision": (),
}

# --- batch ----------------------------------------------------------------------------------------------------------

_MAX_INT32 = 2**31 - 1


def _job(spec: Object) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    if spec.get("parallelism") is None:
        spec["parallelism"] = 1
    if spec.get("backoffLimit") is None:
        spec["backoffLimit"] = 6 if spec.get("backoffLimitPerIndex") is None else _MAX_INT32
    if not spec.get("podReplacementPolicy"):
        spec["podReplacementPolicy"] = "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"


def _job_labels(job: Object) -> None:
    labels = (((job.get("spec") or {}).get("template") or {}).get("metadata") or {}).get("labels")
    metadata = job.setdefault("metadata", {})
    if labels and not metadata.get("labels"):
        metadata["labels"] = dict(labels)


_FAILURE_POLICY = Table(each={"rules": Table(each={"onPodConditions": Table({"status": "True"})})})

BATCH: dict[str, tuple[Table, ...]] = {
    "Job": (
        Table(
            {"status": {}},
            rules=(_job_labels,),
            within={
                "spec": Table(
                    {"completionMode": "NonIndexed", "suspend": False, "manualSelector": False},
                    rules=(_job,),
                    within={"template": TEMPLATE, "podFailurePolicy": _FAILURE_POLICY},
                )
            },
        ),
    ),
    "CronJob": with_status(
        Table(
            {
                "concurrencyPolicy": "Allow",
                "suspend": False,
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
            },
            within={"jobTemplate": Table({"metadata": {}}, within={"spec": Table(within={"template": TEMPLATE})})},
        )
    ),
}
