"""Changes of what does not change."""

from __future__ import annotations

import base64
from typing import Any

from tests.kinds.refusals import configuration, networking, workloads
from tests.kinds.refusals.play import Case, Object

WAITING: Object = {"schedulerName": "nobody", "automountServiceAccountToken": False}


def change(case: Case, subresource: str = "", **patch: Any) -> Case:
    return case._replace(patch=patch, subresource=subresource)


def pod(patch: Object, metadata: Object | None = None, **spec: Any) -> Case:
    whole = {"containers": [{"name": "c", "image": "i"}], **WAITING, **spec}
    return Case("Pod", {"metadata": metadata or {}, "spec": whole}, {"spec": patch})


DEPLOYMENT = workloads.deployment(replicas=0)
JOB = workloads.job(suspend=True)
OTHER: Object = {"matchLabels": {"x": "y"}}
AFFINITY = "requiredDuringSchedulingIgnoredDuringExecution"


def terms(*values: str) -> Object:
    rows = [{"key": value, "operator": "Exists"} for value in values]
    return {"nodeAffinity": {AFFINITY: {"nodeSelectorTerms": [{"matchExpressions": rows}]}}}


CASES = {
    "pod restart policy": pod({"restartPolicy": "Never"}),
    "pod host": pod({"hostNetwork": True, "nodeSelector": {"a": "b"}}),
    "pod image": pod({"containers": [{"name": "c", "image": " ", "imagePullPolicy": "Always"}]}),
    "pod another container": pod({"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}]}),
    "pod command": pod({"containers": [{"name": "c", "image": "j", "command": ["a<b"]}]}),
    "pod deadline": pod({"activeDeadlineSeconds": 20}, activeDeadlineSeconds=10),
    "pod deadline gone": pod({"activeDeadlineSeconds": None}, activeDeadlineSeconds=10),
    "pod tolerations": pod({"tolerations": []}, tolerations=[{"key": "a", "operator": "Exists"}]),
    "pod gate": pod({"schedulingGates": [{"name": "a"}]}),
    "pod gated selector": pod({"nodeSelector": {"a": "c"}}, schedulingGates=[{"name": "g"}], nodeSelector={"a": "b"}),
    "pod gated affinity": pod({"affinity": terms("b")}, schedulingGates=[{"name": "g"}], affinity=terms("a")),
    "pod gated narrower": pod({"affinity": terms("a", "b")}, schedulingGates=[{"name": "g"}], affinity=terms("a")),
    "pod labels": Case("Pod", pod({}).body, {"metadata": {"labels": {"a": "x y"}, "finalizers": ["a"]}}),
    "pod uid": Case("Pod", pod({}).body, {"metadata": {"uid": "u"}}),
    "deployment selector": change(
        DEPLOYMENT, spec={"selector": OTHER, "template": {"metadata": {"labels": {"x": "y"}}}}
    ),
    "deployment selector misses": change(DEPLOYMENT, spec={"selector": OTHER}),
    "replica set selector": change(
        workloads.workload("ReplicaSet", replicas=0),
        spec={"selector": OTHER, "template": {"metadata": {"labels": {"x": "y", "a": None}}}},
    ),
    "daemon set selector": change(
        workloads.daemons(), spec={"selector": OTHER, "template": {"metadata": {"labels": {"x": "y"}}}}
    ),
    "stateful set": change(
        workloads.stateful(replicas=0), spec={"serviceName": "t", "podManagementPolicy": "Parallel"}
    ),
    "stateful set template": change(
        workloads.stateful(replicas=0), spec={"template": {"spec": {"restartPolicy": "Never"}}}
    ),
    "deployment status": change(
        DEPLOYMENT, "status", status={"replicas": -1, "readyReplicas": 1, "availableReplicas": 2}
    ),
    "job completions": change(JOB, spec={"completions": 3}),
    "job selector": change(JOB, spec={"selector": {"matchLabels": {"x": "y"}}}),
    "job frozen": change(JOB, spec={"completionMode": "Indexed", "completions": 1, "managedBy": "a.b/c"}),
    "job scheduling": change(JOB, spec={"template": {"spec": {"nodeSelector": {"a": "b"}}}}),
    "cron job": change(workloads.cron_job(suspend=True), spec={"schedule": "TZ=UTC * * * * *", "timeZone": "No/Where"}),
    "service address": change(networking.service(), spec={"clusterIP": "10.0.0.250", "clusterIPs": ["10.0.0.250"]}),
    "service status": change(
        networking.service(), "status", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}
    ),
    "balancer class": change(
        networking.service(type="LoadBalancer", loadBalancerClass="a.b/c"), spec={"loadBalancerClass": "a.b/d"}
    ),
    "balancer status": change(
        networking.service(type="LoadBalancer", loadBalancerClass="a.b/c"),
        "status",
        status={"loadBalancer": {"ingress": [{"ip": "a", "hostname": "10.0.0.1"}]}},
    ),
    "ingress status": change(networking.ingress(), "status", status={"loadBalancer": {"ingress": [{"ip": "a"}]}}),
    "class controller": change(networking.ingress_class(), spec={"controller": "a.b/d"}),
    "slice type": change(networking.slice_of("IPv4"), addressType="IPv6"),
    "config map": change(Case("ConfigMap", {"immutable": True, "data": {"a": "b"}}), immutable=False, data={"a": "c"}),
    "secret type": change(Case("Secret", {"type": "a/b"}), type="a/c"),
    "secret": change(
        Case("Secret", {"immutable": True, "stringData": {"a": "b"}}), data={"a": base64.b64encode(b"c").decode()}
    ),
    "claim": change(
        configuration.claim(storageClassName="a"), spec={"accessModes": ["ReadWriteMany"], "volumeMode": "Block"}
    ),
    "claim size": change(
        configuration.claim(storageClassName="a"), spec={"resources": {"requests": {"storage": "500Mi"}}}
    ),
    "claim class": change(configuration.claim(storageClassName="a"), spec={"storageClassName": "b"}),
    "volume source": change(configuration.volume(), spec={"hostPath": {"path": "/b"}, "volumeMode": "Block"}),
    "quota scopes": change(configuration.quota({"pods": "1"}), spec={"scopes": ["BestEffort"]}),
    "quota status": change(configuration.quota({"pods": "1"}), "status", status={"used": {"foo": "-1"}}),
    "binding": change(configuration.binding("RoleBinding"), roleRef={"name": "other"}),
    "storage class": change(
        configuration.storage_class(),
        provisioner="b.c/d",
        parameters={"a": "b"},
        reclaimPolicy="Retain",
        volumeBindingMode="WaitForFirstConsumer",
    ),
    "priority": change(configuration.priority("liqolab-x", value=1), value=2, preemptionPolicy="Never"),
    "runtime": change(configuration.runtime(), handler="i"),
    "revision": change(Case("ControllerRevision", {"revision": 1, "data": {"a": "b"}}), data={"a": "c"}),
    "node": change(
        configuration.node({"podCIDR": "10.9.0.0/24", "podCIDRs": ["10.9.0.0/24"], "providerID": "a"}),
        spec={"podCIDR": "10.9.1.0/24", "podCIDRs": ["10.9.1.0/24"], "providerID": "b"},
    ),
    "node status": change(
        configuration.node(),
        "status",
        status={"capacity": {"pods": "-1"}, "addresses": [{"type": "Hostname", "address": "a"}] * 2},
    ),
}
