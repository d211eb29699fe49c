"""What controllers run, wrong."""

from __future__ import annotations

from typing import Any

from tests.kinds.refusals.play import Case, Object

LABELS: Object = {"a": "b"}
SELECTOR: Object = {"matchLabels": LABELS}


def template(labels: Object | None = None, **spec: Any) -> Object:
    whole = {"containers": [{"name": "c", "image": "i"}], **spec}
    given = LABELS if labels is None else labels
    return {"metadata": {"labels": given}, "spec": whole} if given else {"spec": whole}


def workload(kind: str, **spec: Any) -> Case:
    """A workload that is sound but for `spec`; None takes a field away."""
    whole = {"selector": SELECTOR, "template": template(), **spec}
    if kind == "StatefulSet":
        whole.setdefault("serviceName", "s")
    return Case(kind, {"spec": {key: value for key, value in whole.items() if value is not None}})


def deployment(**spec: Any) -> Case:
    return workload("Deployment", **spec)


def stateful(**spec: Any) -> Case:
    return workload("StatefulSet", **spec)


def daemons(**spec: Any) -> Case:
    return workload("DaemonSet", **spec)


def job(metadata: Object | None = None, **spec: Any) -> Case:
    whole = {"template": template({}, restartPolicy="Never"), **spec}
    return Case("Job", {"metadata": metadata or {}, "spec": whole})


def cron_job(metadata: Object | None = None, **spec: Any) -> Case:
    run = {"spec": {"template": template({}, restartPolicy="Never")}}
    return Case("CronJob", {"metadata": metadata or {}, "spec": {"schedule": "* * * * *", "jobTemplate": run, **spec}})


def failing(*rules: Object) -> Case:
    return job(podFailurePolicy={"rules": list(rules)})


def rolling(kind: str, field: str, **numbers: Any) -> Case:
    return workload(kind, **{field: {"type": "RollingUpdate", "rollingUpdate": numbers}})


METRIC: Object = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 5}},
}


def autoscaler(**spec: Any) -> Case:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    return Case("HorizontalPodAutoscaler", {"spec": {"scaleTargetRef": reference, "maxReplicas": 3, **spec}})


CASES = {
    "deployment without selector": deployment(selector=None),
    "deployment of nothing": Case("Deployment", {"spec": {}}),
    "empty selector": deployment(selector={}),
    "selector misses": deployment(template=template({"x": "y"})),
    "selector operator": deployment(selector={"matchExpressions": [{"key": "a", "operator": "Is", "values": ["b"]}]}),
    "selector values": deployment(
        selector={
            "matchLabels": LABELS,
            "matchExpressions": [
                {"key": "a", "operator": "In"},
                {"key": "a", "operator": "Exists", "values": ["b"]},
                {"key": "-", "operator": "Exists"},
            ],
        }
    ),
    "negative replicas": deployment(replicas=-1, minReadySeconds=-1, revisionHistoryLimit=-1),
    "restart policy": deployment(template=template(restartPolicy="Never", activeDeadlineSeconds=5)),
    "template": deployment(template=template({"a": "b", "c": "x y"}, containers=[])),
    "strategy": deployment(strategy={"type": "Odd"}),
    "recreate and roll": deployment(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
    "roll by nothing": rolling("Deployment", "strategy", maxSurge=0, maxUnavailable=0),
    "roll by text": rolling("Deployment", "strategy", maxSurge="some", maxUnavailable="101%"),
    "roll backwards": rolling("Deployment", "strategy", maxSurge=-1, maxUnavailable="1.5%"),
    "deadline": deployment(progressDeadlineSeconds=5, minReadySeconds=10),
    "ephemeral in template": deployment(template=template(ephemeralContainers=[{"name": "e", "image": "i"}])),
    "replica set": workload("ReplicaSet", replicas=-1, minReadySeconds=-1, selector={}),
    "replica set selector": workload("ReplicaSet", selector={"matchLabels": {"x": "y"}}),
    "replication controller": Case("ReplicationController", {"spec": {"replicas": -1, "selector": {"x": "y"}}}),
    "replication controller misses": Case(
        "ReplicationController", {"spec": {"selector": {"x": "y"}, "template": template(restartPolicy="Never")}}
    ),
    "stateful policies": stateful(podManagementPolicy="Odd", updateStrategy={"type": "Odd"}, replicas=-1),
    "stateful on delete": stateful(updateStrategy={"type": "OnDelete", "rollingUpdate": {"partition": 1}}),
    "stateful partition": rolling("StatefulSet", "updateStrategy", partition=-1),
    "stateful service": stateful(serviceName="A.b", ordinals={"start": -1}),
    "stateful retention": stateful(persistentVolumeClaimRetentionPolicy={"whenDeleted": "X", "whenScaled": "Y"}),
    "stateful claims": stateful(volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": {}}]),
    "stateful name": Case("StatefulSet", {**stateful().body, "metadata": {"name": "a.b"}}),
    "stateful selector": stateful(selector={}, template=template(restartPolicy="OnFailure")),
    "daemon set": daemons(selector={}, updateStrategy={"type": "Odd"}, minReadySeconds=-1),
    "daemon set misses": daemons(template=template({"x": "y"}, restartPolicy="Never")),
    "daemons rolled by both": rolling("DaemonSet", "updateStrategy", maxSurge=1, maxUnavailable=1),
    "daemons rolled by none": rolling("DaemonSet", "updateStrategy", maxSurge=0, maxUnavailable=0),
    "daemons rolled by text": rolling("DaemonSet", "updateStrategy", maxUnavailable="200%"),
    "pod template": Case("PodTemplate", {"template": template({"a": "x y"}, containers=[])}),
    "revision": Case("ControllerRevision", {"revision": -1}),
    "revision data": Case("ControllerRevision", {"revision": 1, "data": [1]}),
    "job counts": job(
        parallelism=-1, completions=-1, activeDeadlineSeconds=-1, backoffLimit=-1, ttlSecondsAfterFinished=-1
    ),
    "job restart": job(template=template({})),
    "job restart odd": job(template=template({}, restartPolicy="Sometimes")),
    "job selector": job(selector=SELECTOR),
    "job manual selector": job(manualSelector=True, selector=SELECTOR),
    "job without selector": job(manualSelector=True),
    "job mode": job(completionMode="Odd"),
    "job indexed": job(completionMode="Indexed"),
    "job indexed too many": job(completionMode="Indexed", completions=10, parallelism=200000, maxFailedIndexes=20),
    "job per index": job(backoffLimitPerIndex=1, maxFailedIndexes=1),
    "job managed by": job(managedBy="me"),
    "job managed by path": job(managedBy="A.b/c d"),
    "job indexed name": job({"name": "a" * 62}, completionMode="Indexed", completions=100),
    "job success": job(successPolicy={"rules": [{"succeededCount": 1}]}),
    "job success rules": job(
        completionMode="Indexed",
        completions=5,
        successPolicy={
            "rules": [{}, {"succeededIndexes": "1-9"}, {"succeededIndexes": "3,1"}, {"succeededCount": 9}],
        },
    ),
    "job failure": failing({}, {"action": "Odd", "onPodConditions": [{"type": "-", "status": "Maybe"}]}),
    "job failure codes": failing(
        {"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [3, 0, 3], "containerName": "x"}},
        {"action": "Ignore", "onExitCodes": {"operator": "Odd", "values": []}},
    ),
    "job failure restart": job(
        template=template({}, restartPolicy="OnFailure"),
        podFailurePolicy={"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1]}}]},
        podReplacementPolicy="TerminatingOrFailed",
    ),
    "job replacement": job(podReplacementPolicy="Odd"),
    "cron job": cron_job(
        schedule="61 * * * *",
        concurrencyPolicy="Odd",
        startingDeadlineSeconds=-1,
        successfulJobsHistoryLimit=-1,
        failedJobsHistoryLimit=-1,
    ),
    "cron job without schedule": cron_job(schedule=""),
    "cron job name": cron_job({"name": "a" * 53}),
    "cron job template": cron_job(
        jobTemplate={"spec": {"template": template({}), "backoffLimit": -1, "selector": SELECTOR}}
    ),
    "cron job manual": cron_job(
        jobTemplate={"spec": {"template": template({}, restartPolicy="Never"), "manualSelector": True}}
    ),
    **{
        f"cron schedule {schedule!r}": cron_job(schedule=schedule)
        for schedule in (
            "* * * *",
            "@never",
            "@every 5x",
            "@every 5m",
            "0 0 * * 7",
            "0 0 * * 8",
            "60 * * * *",
            "* 24 * * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * foo *",
            "*/0 * * * *",
            "5-1 * * * *",
            "1-2-3 * * * *",
            "1/2/3 * * * *",
            "TZ=Europe/Rome 0 0 * * *",
            "CRON_TZ=Nowhere/Land 0 0 * * *",
            "-1 * * * *",
            "L * * * *",
        )
    },
    **{
        f"cron time zone {zone!r}": cron_job(timeZone=zone)
        for zone in (
            "Europe/Nowhere",
            "",
            "Local",
            "local",
            "Europe/Rome",
            "../etc",
            "europe/rome",
            "UTC",
            "Europe/",
            "CET",
        )
    },
    "autoscaler of nothing": Case("HorizontalPodAutoscaler", {"spec": {}}),
    "autoscaler from zero": autoscaler(minReplicas=0),
    "autoscaler upside down": autoscaler(minReplicas=5),
    "autoscaler reference": autoscaler(scaleTargetRef={"kind": "a/b", "name": "", "apiVersion": "a/b/c"}),
    "autoscaler metric type": autoscaler(metrics=[{"type": "Odd"}, {"type": ""}]),
    "autoscaler metric source": autoscaler(metrics=[{"type": "Pods"}, {**METRIC, "type": "Object"}]),
    "autoscaler targets": autoscaler(
        metrics=[
            {"type": "Resource", "resource": {"name": "", "target": {"type": "Odd", "averageUtilization": 0}}},
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Value", "averageValue": "-1"}}},
            {"type": "Pods", "pods": {"metric": {"name": ""}, "target": {"type": "Value", "value": "0"}}},
            {"type": "External", "external": {"metric": {"name": "a/b"}, "target": {"type": "Value"}}},
            {
                "type": "ContainerResource",
                "containerResource": {"name": "x", "container": "A", "target": {"type": "Value"}},
            },
        ]
    ),
    "autoscaler behaviour": autoscaler(
        behavior={
            "scaleUp": {"stabilizationWindowSeconds": -1, "selectPolicy": "Odd"},
            "scaleDown": {
                "stabilizationWindowSeconds": 4000,
                "policies": [{"type": "Odd", "value": 0, "periodSeconds": 2000}],
            },
        }
    ),
    "budget of both": Case("PodDisruptionBudget", {"spec": {"minAvailable": 1, "maxUnavailable": 1}}),
    "budget share": Case("PodDisruptionBudget", {"spec": {"minAvailable": "101%"}}),
    "budget text": Case("PodDisruptionBudget", {"spec": {"maxUnavailable": "some"}}),
    "budget negative": Case(
        "PodDisruptionBudget", {"spec": {"maxUnavailable": -1, "unhealthyPodEvictionPolicy": "Odd"}}
    ),
}
