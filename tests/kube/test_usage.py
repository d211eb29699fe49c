"""What pods and nodes use, and what acts on it: `kubectl top` with every version, and autoscalers."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.clusters import ClusterProcess
from tests.kubectls import Kubectl, kubectls

PHP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: php-apache}
spec:
  selector: {matchLabels: {run: php-apache}}
  template:
    metadata: {labels: {run: php-apache}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: php-apache
        image: registry.k8s.io/hpa-example
        ports: [{containerPort: 80}]
        resources: {limits: {cpu: 500m}, requests: {cpu: 200m}}
---
apiVersion: v1
kind: Service
metadata: {name: php-apache}
spec: {ports: [{port: 80}], selector: {run: php-apache}}
"""
LOAD = "while sleep 0.01; do wget -q -O- http://php-apache; done"


@pytest.fixture
def space(kubectl: Kubectl) -> Iterator[str]:
    name = f"usage-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def until(look: Callable[[], Any], holds: Callable[[Any], bool], seconds: float = 60) -> Any:
    """What `look` finds once it holds; usage is not watched but asked for, by `kubectl top` as by autoscalers."""
    end = time.monotonic() + seconds
    while not holds(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.5)
    return found


def test_top(kubectl: Kubectl, space: str) -> None:
    here = ("-n", space)
    kubectl(*here, "run", "busy", "--image=busybox", "--", "sh", "-c", "while true; do :; done")
    kubectl(*here, "run", "idle", "--image=nginx")
    kubectl(*here, "wait", "--for=condition=Ready", "pod/busy", "pod/idle", "--timeout=20s")

    def rows(*more: str) -> dict[str, list[str]]:
        lines = kubectl(*here, "top", "pod", "--no-headers", *more).splitlines()
        return {line.split()[0]: line.split()[1:] for line in lines}

    found = until(rows, lambda rows: int(rows["busy"][0].removesuffix("m")) > 50)
    assert re.fullmatch(r"\d+Mi", found["busy"][1]) and found["idle"][0] == "1m"
    assert list(rows("--sort-by=cpu")) == ["busy", "idle"]
    assert list(rows("-l", "run=idle")) == ["idle"]
    assert rows("--containers")["busy"][0] == "busy"
    kubectl(*here, "delete", "pod", "busy", "--now")
    assert list(rows()) == ["idle"]
    assert 'podmetrics.metrics.k8s.io "' + space + '/busy" not found' in kubectl(*here, "top", "pod", "busy", code=1)
    assert re.match(r"NAME +CPU", kubectl("top", "node")) and "kube-system" in kubectl("top", "pod", "-A")
    asked = json.loads(kubectl("get", "--raw", f"/apis/metrics.k8s.io/v1beta1/namespaces/{space}/pods/idle"))
    assert "counted" in asked["metadata"]["annotations"]["liqolab.io/simulated"]
    assert (asked["window"], asked["metadata"]["labels"]) == ("15s", {"run": "idle"})


@pytest.mark.journey
def test_the_walkthrough_of_autoscaling(cluster: ClusterProcess, namespace: str, tmp_path: Path) -> None:
    """https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale-walkthrough/"""
    kubectl, here = Kubectl(next(iter(kubectls())), cluster.kubeconfig, tmp_path), ("-n", namespace)
    kubectl(*here, "apply", "-f", "-", stdin=PHP)
    kubectl(*here, "rollout", "status", "deployment/php-apache", "--timeout=20s")
    kubectl(*here, "autoscale", "deployment", "php-apache", "--cpu-percent=50", "--min=1", "--max=10")
    quick = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}

    def autoscaler() -> Any:
        return json.loads(kubectl(*here, "get", "hpa.v2.autoscaling", "php-apache", "-o", "json"))

    def reasons(item: Any) -> dict[str, str]:
        return {row["type"]: row["reason"] for row in item["status"].get("conditions") or ()}

    def idle(item: Any) -> bool:
        rows = item["status"].get("currentMetrics") or [{}]
        used = rows[0].get("resource", {}).get("current", {}).get("averageUtilization")
        return bool(used == 0 and item["status"]["desiredReplicas"] == 1)

    found = until(autoscaler, idle)
    assert reasons(found)["ScalingActive"] == "ValidMetricFound"
    kubectl(*here, "run", "load", "--image=busybox:1.28", "--restart=Never", "--", "/bin/sh", "-c", LOAD)
    found = until(autoscaler, lambda item: item["status"]["desiredReplicas"] > 1)
    assert reasons(found)["AbleToScale"] == "SucceededRescale"
    told = kubectl(
        *here, "get", "events", "--field-selector=reason=SuccessfulRescale", "-o", "jsonpath={.items[*].message}"
    )
    assert re.search(r"New size: \d+; reason: cpu resource utilization \(percentage of request\) above target", told)
    assert "Deployment/php-apache" in kubectl(*here, "get", "hpa")
    kubectl(*here, "delete", "pod", "load", "--now")
    kubectl(*here, "patch", "hpa", "php-apache", "--type=merge", "-p", json.dumps(quick))
    until(autoscaler, idle)
    told = kubectl(
        *here, "get", "events", "--field-selector=reason=SuccessfulRescale", "-o", "jsonpath={.items[*].message}"
    )
    assert "New size: 1; reason: All metrics below target" in told


_NINE_PERCENT = {"type": "Utilization", "averageUtilization": 9}

FAILURES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # metric, reason, what the condition says, what the event of all metrics says
    "no requests": (
        {"type": "Resource", "resource": {"name": "memory", "target": _NINE_PERCENT}},
        "FailedGetResourceMetric",
        "failed to get memory utilization: missing request for memory in container nginx of Pod ",
        "failed to get memory resource metric value: failed to get memory utilization: missing request for memory",
    ),
    "pods": (
        {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "1k"}}},
        "FailedGetPodsMetric",
        "unable to get metric rps: unable to fetch metrics from custom metrics API: no custom metrics API "
        "(custom.metrics.k8s.io) registered",
        "failed to get pods metric value: unable to get metric rps:",
    ),
    "external": (
        {"type": "External", "external": {
            "metric": {"name": "queue", "selector": {"matchLabels": {"queue": "tasks"}}},
            "target": {"type": "AverageValue", "averageValue": "30"},
        }},
        "FailedGetExternalMetric",
        "/queue/&LabelSelector{MatchLabels:map[string]string{queue: tasks,},MatchExpressions:"
        "[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: the server could not find "
        "the requested resource (get queue.external.metrics.k8s.io)",
        "failed to get queue external metric value: failed to get queue external metric: unable to get external metric",
    ),
}  # fmt: skip


def test_what_cannot_be_scaled_says_why(kubectl: Kubectl, space: str) -> None:
    here = ("-n", space)
    kubectl(*here, "create", "deployment", "web", "--image=nginx")
    kubectl(*here, "rollout", "status", "deployment/web", "--timeout=20s")
    for number, (metric, reason, condition, event) in enumerate(FAILURES.values()):
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        _make(kubectl, space, f"h{number}", {"scaleTargetRef": target, "maxReplicas": 3, "metrics": [metric]})
        row = until(partial(_condition, kubectl, space, f"h{number}", "ScalingActive"), bool, 20)
        assert (row["status"], row["reason"]) == ("False", reason)
        assert "the HPA was unable to compute the replica count: " in row["message"] and condition in row["message"]
        chosen = f"--field-selector=reason=FailedComputeMetricsReplicas,involvedObject.name=h{number}"
        (said,) = json.loads(kubectl(*here, "get", "events", chosen, "-o", "json"))["items"]
        assert (
            said["message"].startswith("invalid metrics (1 invalid out of 1), first error is: ")
            and event in said["message"]
        )
        assert "<unknown>" in kubectl(*here, "get", "hpa", f"h{number}")
        kubectl(*here, "delete", "hpa", f"h{number}")
    for kind, text in (
        ("Deployment", 'deployments.apps "no" not found'),
        ("Foo", 'no matches for kind "Foo" in group "apps"'),
    ):
        target = {"apiVersion": "apps/v1", "kind": kind, "name": "no"}
        _make(kubectl, space, kind.lower(), {"scaleTargetRef": target, "maxReplicas": 3})
        row = until(partial(_condition, kubectl, space, kind.lower(), "AbleToScale"), bool, 20)
        assert (row["status"], row["reason"]) == ("False", "FailedGetScale")
        assert row["message"] == f"the HPA controller was unable to get the target's current scale: {text}"


def _make(kubectl: Kubectl, space: str, name: str, spec: dict[str, Any]) -> None:
    body = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec}
    kubectl("-n", space, "apply", "-f", "-", stdin=json.dumps(body))


def _condition(kubectl: Kubectl, space: str, name: str, type: str) -> Any:
    item = json.loads(kubectl("-n", space, "get", "hpa.v2.autoscaling", name, "-o", "json"))
    return next((row for row in item["status"].get("conditions") or () if row["type"] == type), None)
