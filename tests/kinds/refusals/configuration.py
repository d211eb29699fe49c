"""Config maps, secrets, storage, quotas, nodes, rights and classes that are wrong."""

from __future__ import annotations

import base64
from typing import Any

from tests.kinds.refusals.play import Case, Object


def secret(kind: str, **data: str) -> Case:
    encoded = {key.replace("_", "."): base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return Case("Secret", {"type": f"kubernetes.io/{kind}", "data": encoded})


def claim(**spec: Any) -> Case:
    whole = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    return Case("PersistentVolumeClaim", {"spec": whole})


def volume(**spec: Any) -> Case:
    whole = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/a"}, **spec}
    kept = {key: value for key, value in whole.items() if value is not None}
    return Case("PersistentVolume", {"metadata": {"name": "liqolab-x"}, "spec": kept})


def quota(hard: Object, **spec: Any) -> Case:
    return Case("ResourceQuota", {"spec": {"hard": hard, **spec}})


def scoped(*rows: Object) -> Case:
    return quota({"pods": "1"}, scopeSelector={"matchExpressions": list(rows)})


def limits(**item: Any) -> Case:
    return Case("LimitRange", {"spec": {"limits": [{"type": "Container", **item}]}})


def node(spec: Object | None = None, **status: Any) -> Case:
    return Case("Node", {"metadata": {"name": "liqolab-x"}, "spec": spec or {}, "status": status})


def role(*rules: Object) -> Case:
    return Case("Role", {"rules": list(rules)})


def binding(of: str, *subjects: Object, **ref: Any) -> Case:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r", **ref}
    return Case(of, {"metadata": {"name": "liqolab-x"}, "roleRef": reference, "subjects": list(subjects)})


def storage_class(**fields: Any) -> Case:
    return Case("StorageClass", {"metadata": {"name": "liqolab-x"}, "provisioner": "a.b/c", **fields})


def runtime(**fields: Any) -> Case:
    return Case("RuntimeClass", {"metadata": {"name": "liqolab-x"}, "handler": "h", **fields})


def priority(name: str, **fields: Any) -> Case:
    return Case("PriorityClass", {"metadata": {"name": name}, **fields})


def topology(*rows: Object) -> Object:
    return {"matchLabelExpressions": list(rows)}


CASES = {
    "keys": Case("ConfigMap", {"data": {"a b": ""}, "binaryData": {"..c": "YQ=="}}),
    "keys of both": Case("ConfigMap", {"data": {"a": ""}, "binaryData": {"a": "YQ=="}}),
    "too large": Case("ConfigMap", {"data": {"a": "x" * (1024 * 1024 + 1)}}),
    "too large together": Case(
        "ConfigMap", {"data": {"a": "é" * 300000}, "binaryData": {"b": base64.b64encode(b"x" * 500000).decode()}}
    ),
    "just fits": Case("ConfigMap", {"data": {"a": "x" * (1024 * 1024)}}),
    "name": Case("ConfigMap", {"metadata": {"name": "A" * 254}}),
    "secret too large": Case("Secret", {"stringData": {"a": "x" * (1024 * 1024 + 1)}}),
    "secret just fits": Case("Secret", {"stringData": {"a": "x" * (1024 * 1024)}}),
    "secret key": Case("Secret", {"stringData": {"a b": ""}}),
    "secret tls": secret("tls"),
    "secret ssh": secret("ssh-auth"),
    "secret basic": secret("basic-auth"),
    "secret token": secret("service-account-token"),
    "secret docker": secret("dockerconfigjson"),
    "secret docker odd": Case(
        "Secret", {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "Zm9v"}}
    ),
    "secret docker list": Case("Secret", {"type": "kubernetes.io/dockercfg", "data": {".dockercfg": "W10="}}),
    "secret docker empty": Case("Secret", {"type": "kubernetes.io/dockercfg", "data": {".dockercfg": ""}}),
    "claim of nothing": Case("PersistentVolumeClaim", {"spec": {}}),
    "claim modes": claim(accessModes=["Odd", "ReadWriteOncePod", "ReadWriteOnce"]),
    "claim of zero": claim(resources={"requests": {"storage": "0"}}),
    "claim of less": claim(resources={"requests": {"storage": "-1Gi"}}),
    "claim names": claim(storageClassName="A b", volumeMode="Odd", selector={"matchLabels": {"a": "x y"}}),
    "claim source": claim(dataSource={"kind": "Odd", "name": ""}),
    "claim sources": claim(
        dataSource={"kind": "PersistentVolumeClaim", "name": "a"},
        dataSourceRef={"kind": "PersistentVolumeClaim", "name": "b"},
    ),
    "volume of nothing": Case("PersistentVolume", {"metadata": {"name": "liqolab-x"}, "spec": {}}),
    "volume modes": volume(accessModes=["Odd"]),
    "volume capacity": volume(capacity={"cpu": "1"}),
    "volume of zero": volume(capacity={"storage": "0"}),
    "volume two sources": volume(nfs={"server": "", "path": "a"}),
    "volume path": volume(hostPath={"path": "", "type": "Odd"}),
    "volume recycled root": volume(hostPath={"path": "/"}, persistentVolumeReclaimPolicy="Recycle"),
    "volume policy": volume(persistentVolumeReclaimPolicy="Odd", volumeMode="Odd", storageClassName="A b"),
    "volume local": volume(hostPath=None, local={"path": "a/../b"}),
    "volume affinity": volume(nodeAffinity={}),
    "volume csi": volume(hostPath=None, csi={"driver": "A b", "volumeHandle": "", "nodePublishSecretRef": {}}),
    "volume attributes": volume(volumeAttributesClassName="a"),
    "quota names": quota({"foo": "1"}),
    "quota storage": quota({"storage": "1"}),
    "quota negative": quota({"pods": "-1"}),
    "quota fraction": quota({"pods": "1500m"}),
    "quota extended": quota({"requests.a.b/c": "1", "count/deployments.apps": "1"}),
    "quota scope": quota({"pods": "1"}, scopes=["Odd"]),
    "quota scopes": quota({"services": "1"}, scopes=["BestEffort", "NotBestEffort"]),
    "quota scope cpu": quota({"cpu": "1"}, scopes=["BestEffort"]),
    "quota selector": scoped(
        {"scopeName": "Odd", "operator": "Is"},
        {"scopeName": "PriorityClass", "operator": "In"},
        {"scopeName": "PriorityClass", "operator": "Exists", "values": ["a"]},
        {"scopeName": "BestEffort", "operator": "In", "values": ["a"]},
    ),
    "limit type": Case("LimitRange", {"spec": {"limits": [{"type": "Odd"}, {"type": "Pod"}, {"type": "Pod"}]}}),
    "limit pod default": Case("LimitRange", {"spec": {"limits": [{"type": "Pod", "default": {"cpu": "1"}}]}}),
    "limit claim": Case("LimitRange", {"spec": {"limits": [{"type": "PersistentVolumeClaim"}]}}),
    "limit order": limits(min={"cpu": "3"}, max={"cpu": "2"}),
    "limit defaults": limits(min={"cpu": "2"}, default={"cpu": "1"}, defaultRequest={"cpu": "4"}),
    "limit above": limits(max={"cpu": "2"}, default={"cpu": "3"}, defaultRequest={"cpu": "3"}),
    "limit ratio": limits(maxLimitRequestRatio={"cpu": "500m"}),
    "limit ratio too large": limits(min={"cpu": "1"}, max={"cpu": "2"}, maxLimitRequestRatio={"cpu": "3"}),
    "limit name": limits(max={"foo": "1"}),
    "node taints": node({"taints": [{"key": "-", "effect": "Odd"}, {"key": "a", "value": "x y", "effect": ""}]}),
    "node taints twice": node({"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule"}]}),
    "node networks": node({"podCIDR": "a", "podCIDRs": ["a"]}),
    "node networks of one family": node({"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24", "10.0.1.0/24"]}),
    "node capacity": node(capacity={"pods": "-1"}),
    "node capacity fraction": node(capacity={"pods": "1500m"}),
    "namespace": Case("Namespace", {"metadata": {"name": "liqolab.x"}}),
    "namespace finalizer": Case("Namespace", {"metadata": {"name": "liqolab-x"}, "spec": {"finalizers": ["a b"]}}),
    "account": Case("ServiceAccount", {"metadata": {"name": "A"}}),
    "role": role({}, {"verbs": ["get"]}, {"verbs": ["get"], "nonResourceURLs": ["/a"], "resources": ["pods"]}),
    "cluster role": Case(
        "ClusterRole",
        {
            "metadata": {"name": "liqolab-x"},
            "rules": [{"verbs": ["get"], "nonResourceURLs": ["/a"], "apiGroups": [""]}],
            "aggregationRule": {"clusterRoleSelectors": []},
        },
    ),
    "role name": Case("Role", {"metadata": {"name": "a%b"}}),
    "binding": binding("RoleBinding", {"kind": "Odd", "name": ""}, kind="Odd", name=""),
    "binding subjects": binding(
        "RoleBinding",
        {"kind": "ServiceAccount", "name": "A b", "apiGroup": "x"},
        {"kind": "User", "name": "a", "apiGroup": "x"},
        name="a/b",
        apiGroup="x",
    ),
    "cluster binding": binding("ClusterRoleBinding", {"kind": "ServiceAccount", "name": "a"}, kind="Role"),
    "lease": Case("Lease", {"spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1, "preferredHolder": "a"}}),
    "priority": priority("liqolab-x", value=2000000000),
    "priority of the system": priority("system-liqolab", value=1),
    "priority policy": priority("liqolab-x", value=1, preemptionPolicy="Odd"),
    "class": storage_class(provisioner="", reclaimPolicy="Odd", volumeBindingMode="Odd"),
    "class provisioner": storage_class(provisioner="a b"),
    "class recycle": storage_class(reclaimPolicy="Recycle"),
    "class topologies": storage_class(
        allowedTopologies=[
            topology({"key": "-", "values": []}, {"key": "a", "values": ["x", "x"]}, {"key": "a", "values": ["y"]}),
        ]
    ),
    "runtime": runtime(handler="A"),
    "runtime overhead": runtime(overhead={"podFixed": {"foo": "-1"}}),
    "runtime scheduling": runtime(
        scheduling={"nodeSelector": {"a": "x y"}, "tolerations": [{"key": "a"}, {"key": "a"}, {"operator": "Odd"}]}
    ),
    "attachment": Case("VolumeAttachment", {"metadata": {"name": "liqolab-x"}, "spec": {"source": {}, "nodeName": ""}}),
    "webhook": Case(
        "ValidatingWebhookConfiguration",
        {
            "metadata": {"name": "liqolab-x"},
            "webhooks": [
                {
                    "name": "a",
                    "clientConfig": {"url": "http://u@x?y#z"},
                    "rules": [{"operations": ["*", "CREATE"], "apiGroups": [], "apiVersions": ["*", "v1"]}],
                    "sideEffects": "Some",
                    "admissionReviewVersions": ["v2"],
                    "timeoutSeconds": 31,
                    "failurePolicy": "Odd",
                }
            ],
        },
    ),
}
