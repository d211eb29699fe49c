"""What people read in the columns, above all in a pod's."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.kinds.events import from_core, to_core
from liqolab.kube.kinds.printers import autoscaling, cluster, core, network, workloads
from liqolab.kube.kinds.printers.pods import POD

NOW = 1_795_363_200.0
CREATED = "2026-11-22T15:58:00Z"
Object = dict[str, Any]


def meta(name: str = "x", **fields: Any) -> Object:
    return {"name": name, "namespace": "n", "creationTimestamp": CREATED, **fields}


def pod(
    phase: str = "Running",
    containers: list[Object] | None = None,
    init: list[Object] | None = None,
    deleted: bool = False,
    spec: Object | None = None,
    **status: Any,
) -> Object:
    names = [row["name"] for row in containers or []] or ["c"]
    return {
        "metadata": meta(**({"deletionTimestamp": CREATED} if deleted else {})),
        "spec": {
            "containers": [{"name": name} for name in names],
            "initContainers": [{"name": row["name"], **row.pop("spec", {})} for row in init or []],
            **(spec or {}),
        },
        "status": {
            "phase": phase,
            "containerStatuses": containers or [],
            "initContainerStatuses": init or [],
            **status,
        },
    }


def state(name: str = "c", ready: bool = False, restarts: int = 0, last: str = "", **state: Any) -> Object:
    found: Object = {"name": name, "ready": ready, "restartCount": restarts, "state": state}
    if last:
        found["lastState"] = {"terminated": {"finishedAt": last, "exitCode": 1}}
    return found


READY = {"type": "Ready", "status": "True"}
RUNNING = {"startedAt": CREATED}
SIDECAR = {"spec": {"restartPolicy": "Always"}, "started": True}
POD_CASES = [
    (pod("Pending"), "0/1", "Pending", "0"),
    (pod(containers=[state(ready=True, running=RUNNING)]), "1/1", "Running", "0"),
    (pod("Pending", [state(waiting={"reason": "ContainerCreating"})]), "0/1", "ContainerCreating", "0"),
    (
        pod(containers=[state(restarts=3, last="2026-11-22T15:54:48Z", waiting={"reason": "CrashLoopBackOff"})]),
        *("0/1", "CrashLoopBackOff", "3 (5m12s ago)"),
    ),
    (pod("Succeeded", [state(terminated={"exitCode": 0, "reason": "Completed"})]), "0/1", "Completed", "0"),
    (pod("Failed", [state(terminated={"exitCode": 3})]), "0/1", "ExitCode:3", "0"),
    (pod("Failed", [state(terminated={"exitCode": 0, "signal": 9})]), "0/1", "Signal:9", "0"),
    (pod("Failed", reason="Evicted"), "0/1", "Evicted", "0"),
    (pod(containers=[state(ready=True, running=RUNNING)], deleted=True), "1/1", "Terminating", "0"),
    (pod(containers=[state(ready=True, running=RUNNING)], deleted=True, reason="NodeLost"), "1/1", "Unknown", "0"),
    (pod("Pending", init=[state("i", running=RUNNING)]), "0/1", "Init:0/1", "0"),
    (pod("Pending", init=[state("i", terminated={"exitCode": 0}), state("j")]), "0/1", "Init:1/2", "0"),
    (pod("Pending", init=[state("i", terminated={"exitCode": 2})]), "0/1", "Init:ExitCode:2", "0"),
    (
        pod("Pending", init=[state("i", restarts=2, waiting={"reason": "CrashLoopBackOff"})]),
        *("0/1", "Init:CrashLoopBackOff", "2"),
    ),
    (
        pod(containers=[state(ready=True, running=RUNNING)], init=[{**state("s", True, running=RUNNING), **SIDECAR}]),
        *("2/2", "Running", "0"),
    ),
    (
        pod(
            containers=[
                state("a", True, running=RUNNING),
                state("b", terminated={"exitCode": 0, "reason": "Completed"}),
            ],
            conditions=[READY],
        ),
        *("1/2", "Running", "0"),
    ),
    (
        pod(
            containers=[
                state("a", True, running=RUNNING),
                state("b", terminated={"exitCode": 0, "reason": "Completed"}),
            ]
        ),
        *("1/2", "NotReady", "0"),
    ),
    (
        pod("Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
        *("0/1", "SchedulingGated", "0"),
    ),
]


@pytest.mark.parametrize(("obj", "ready", "status", "restarts"), POD_CASES, ids=[row[2] for row in POD_CASES])
def test_a_pods_status_says_what_is_the_matter(obj: Object, ready: str, status: str, restarts: str) -> None:
    cells = POD.cells(obj, NOW)
    assert cells[1:5] == [ready, status, restarts, "2m"]
    assert cells[5:] == ["<none>"] * 4


def test_finished_pods_are_marked() -> None:
    assert POD.conditions is not None
    assert POD.conditions(pod()) == []
    (condition,) = POD.conditions(pod("Succeeded"))
    assert condition["message"] == "The pod has completed successfully."


TEMPLATE = {"metadata": {}, "spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]}}
SELECTOR = {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "In", "values": ["y", "x"]}]}
OTHERS = [
    (
        workloads.DEPLOYMENT,
        {"spec": {"replicas": 3, "selector": SELECTOR, "template": TEMPLATE}, "status": {"readyReplicas": 1}},
        ["1/3", 0, 0, "2m", "a,b", "x,y", "a=b,c in (x,y)"],
    ),
    (
        workloads.JOB,
        {"spec": {"completions": 2, "template": TEMPLATE}, "status": {"succeeded": 1, "startTime": CREATED}},
        ["Running", "1/2", "2m", "2m", "a,b", "x,y", "<none>"],
    ),
    (
        workloads.CRON_JOB,
        {"spec": {"schedule": "* * * * *", "suspend": False, "jobTemplate": {"spec": {"template": TEMPLATE}}}},
        ["* * * * *", "<none>", "False", 0, "<none>", "2m", "a,b", "x,y", "<none>"],
    ),
    (
        network.SERVICE,
        {
            "spec": {
                "type": "NodePort",
                "clusterIP": "10.0.0.1",
                "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}],
            }
        },
        ["NodePort", "10.0.0.1", "<none>", "80:30080/TCP,53/UDP", "2m", "<none>"],
    ),
    (
        network.SERVICE,
        {"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1", "selector": {"b": "2", "a": "1"}}},
        ["LoadBalancer", "10.0.0.1", "<pending>", "<none>", "2m", "a=1,b=2"],
    ),
    (
        network.ENDPOINTS,
        {"subsets": [{"addresses": [{"ip": f"10.0.0.{n}"} for n in range(5)], "ports": [{"port": 80}]}]},
        ["10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 2 more...", "2m"],
    ),
    (network.ENDPOINT_SLICE, {"addressType": "IPv4"}, ["IPv4", "<unset>", "<unset>", "2m"]),
    (
        network.INGRESS,
        {"spec": {"rules": [{"host": f"{n}.example.com"} for n in range(4)], "tls": [{}]}},
        ["<none>", "0.example.com,1.example.com,2.example.com + 1 more...", "", "80, 443", "2m"],
    ),
    (
        core.NODE,
        {
            "metadata": meta(labels={"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "agent"}),
            "spec": {"unschedulable": True},
            "status": {"conditions": [READY], "nodeInfo": {"kubeletVersion": "v1"}},
        },
        ["Ready,SchedulingDisabled", "agent,control-plane", "2m", "v1", "<none>", "<none>", *["<unknown>"] * 3],
    ),
    (
        core.EVENT,
        {
            "involvedObject": {"kind": "Pod", "name": "p"},
            "type": "Normal",
            "reason": "Scheduled",
            "message": "Successfully assigned ",
            "eventTime": CREATED,
            "reportingComponent": "default-scheduler",
            "reportingInstance": "host",
        },
        *(
            [
                "2m",
                "Normal",
                "Scheduled",
                "pod/p",
                "",
                "default-scheduler, host",
                "Successfully assigned",
                "2m",
                1,
                "x",
            ],
        ),
    ),
    (
        core.QUOTA,
        {"status": {"hard": {"pods": "10", "limits.cpu": "2", "cpu": "1"}, "used": {"cpu": "500m"}}},
        ["cpu: 500m/1, pods: 0/10", "limits.cpu: 0/2", "2m"],
    ),
    (
        cluster.SIGNING_REQUEST,
        {"spec": {"signerName": "a/b"}, "status": {"conditions": [{"type": "Approved"}], "certificate": "x"}},
        ["2m", "a/b", "", "<none>", "Approved,Issued"],
    ),
    (cluster.DISRUPTION_BUDGET, {"spec": {"minAvailable": "50%"}}, ["50%", "N/A", 0, "2m"]),
    (
        autoscaling.AUTOSCALER,
        {
            "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": "d"},
                "maxReplicas": 3,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
                    }
                ],
            }
        },
        ["Deployment/d", "cpu: <unknown>/80%", "<unset>", 3, 0, "2m"],
    ),
]


@pytest.mark.parametrize(("printer", "obj", "cells"), OTHERS)
def test_cells(printer: Any, obj: Object, cells: list[Any]) -> None:
    whole = {"metadata": meta(), **obj}
    got = printer.cells(whole, NOW)
    assert len(got) == len(printer.columns)
    assert got[-len(cells) :] == cells if printer is core.EVENT else got[1:] == cells


def test_every_kind_can_print_next_to_nothing() -> None:
    """Objects may be sparse (a status not yet reported, a spec without optional parts)."""
    bare = {"metadata": {"name": "x"}, "spec": {"template": TEMPLATE}}
    for spec in BUILTIN:
        if spec.printer is not None:
            assert len(spec.printer.cells(bare, NOW)) == len(spec.printer.columns), spec.resource


def test_event_views_lose_nothing() -> None:
    event = {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": meta(),
        "involvedObject": {"kind": "Pod"},
        "message": "m",
        "source": {"component": "kubelet"},
        "count": 3,
        "firstTimestamp": CREATED,
        "lastTimestamp": CREATED,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    }
    shown = from_core(event)
    assert shown["regarding"] == {"kind": "Pod"}
    assert shown["note"] == "m"
    assert shown["deprecatedCount"] == 3
    assert to_core(shown) == event
