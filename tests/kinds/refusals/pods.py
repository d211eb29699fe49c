"""Pods that are wrong."""

from __future__ import annotations

from typing import Any

from tests.kinds.refusals.play import Case, Object

A_VOLUME: Object = {"name": "v", "emptyDir": {}}


def pod(metadata: Object | None = None, **spec: Any) -> Case:
    """A pod with one sound container unless told otherwise; it mounts no token, whose volume has a random name."""
    whole = {"containers": [{"name": "c", "image": "i"}], "automountServiceAccountToken": False, **spec}
    return Case("Pod", {"metadata": metadata or {}, "spec": whole})


def one(**fields: Any) -> Case:
    """A pod whose container has these fields, and which has a volume called v."""
    return pod(containers=[{"name": "c", "image": "i", **fields}], volumes=[A_VOLUME])


def volume(**source: Any) -> Case:
    return pod(volumes=[{"name": "v", **source}])


def affine(kind: str, **rules: Any) -> Case:
    return pod(affinity={kind: rules})


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def node_term(**term: Any) -> Case:
    return affine("nodeAffinity", **{REQUIRED: {"nodeSelectorTerms": [term]}})


SPREAD: Object = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
PROBE: Object = {"exec": {"command": ["true"]}}

CASES = {
    "nothing": Case("Pod", {"spec": {}}),
    "name": pod({"name": "A_b"}),
    "long name": pod({"name": "a" * 254}),
    "generated name": pod({"name": "a", "generateName": "A_b-"}),
    "labels": pod({"labels": {"-a": "ok"}}),
    "label value": pod({"labels": {"a": "x y"}}),
    "annotation": pod({"annotations": {"a/b/c": ""}}),
    "annotations too large": pod({"annotations": {"a": "x" * 262144}}),
    "owner": pod({"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "", "uid": "u"}]}),
    "two controllers": pod(
        {
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": "u", "controller": True} for name in "ab"
            ]
        }
    ),
    "finalizer": pod({"finalizers": ["mine"]}),
    "finalizer name": pod({"finalizers": ["a b"]}),
    "container name": pod(containers=[{"name": "A", "image": ""}, {"image": "i"}]),
    "two of a name": pod(containers=[{"name": "c", "image": "i"}, {"name": "c", "image": "i"}]),
    "init of the same name": pod(initContainers=[{"name": "c", "image": "i"}]),
    "init restart": pod(initContainers=[{"name": "d", "image": "i", "restartPolicy": "Never"}]),
    "init probe": pod(initContainers=[{"name": "d", "image": "i", "livenessProbe": PROBE, "lifecycle": {}}]),
    "container restart": one(restartPolicy="Always"),
    "ephemeral": pod(ephemeralContainers=[{"name": "e", "image": "i", "ports": [{"containerPort": 1}]}]),
    "image spaces": one(image=" i "),
    "pull policy": one(imagePullPolicy="Often"),
    "message policy": one(terminationMessagePolicy="X"),
    "ports": one(ports=[{"containerPort": 0}, {"containerPort": 70000, "hostPort": -1, "protocol": "ICMP"}]),
    "port names": one(ports=[{"name": name, "containerPort": 1} for name in ("A", "a--b", "a" * 16, "1", "ok", "ok")]),
    "host ports": one(ports=[{"containerPort": 1, "hostPort": 80}, {"containerPort": 2, "hostPort": 80}]),
    "host network": pod(
        hostNetwork=True, containers=[{"name": "c", "image": "i", "ports": [{"containerPort": 1, "hostPort": 2}]}]
    ),
    "env name": one(env=[{"name": ""}, {"name": "a=b"}, {"name": "é"}]),
    "env source": one(env=[{"name": "a", "valueFrom": {}}]),
    "env two sources": one(
        env=[
            {
                "name": "a",
                "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}, "secretKeyRef": {"name": "A", "key": ""}},
            }
        ]
    ),
    "env value and source": one(
        env=[{"name": "a", "value": "b", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    ),
    "env fields": one(
        env=[
            {"name": "a", "valueFrom": {"fieldRef": {"fieldPath": path}}}
            for path in ("", "spec.foo", "metadata.labels", "metadata.labels['-a']", "status.phase", "spec.x['a']")
        ]
    ),
    "env resources": one(
        env=[
            {"name": "a", "valueFrom": {"resourceFieldRef": {"resource": "limits.foo"}}},
            {"name": "b", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "3"}}},
            {"name": "d", "valueFrom": {"resourceFieldRef": {"resource": "requests.memory", "divisor": "1m"}}},
            {"name": "e", "valueFrom": {"resourceFieldRef": {"resource": ""}}},
        ]
    ),
    "env from": one(
        envFrom=[{}, {"prefix": "a="}, {"configMapRef": {"name": ""}}, {"secretRef": {"name": "A"}}],
    ),
    "env from two": one(envFrom=[{"configMapRef": {"name": "a"}, "secretRef": {"name": "a"}}]),
    "mounts": one(
        volumeMounts=[
            {"name": "w", "mountPath": "/a"},
            {"name": "v", "mountPath": "/a"},
            {"name": "v", "mountPath": ""},
            {"name": "v", "mountPath": "/b", "subPath": "/x/../y"},
            {"name": "v", "mountPath": "/c", "subPath": "a", "subPathExpr": "../$(b)"},
        ]
    ),
    "mount propagation": one(volumeMounts=[{"name": "v", "mountPath": "/a", "mountPropagation": "Bidirectional"}]),
    "mount propagation kind": one(volumeMounts=[{"name": "v", "mountPath": "/a", "mountPropagation": "X"}]),
    "mount recursive": one(volumeMounts=[{"name": "v", "mountPath": "/a", "recursiveReadOnly": "Enabled"}]),
    "mount recursive kind": one(volumeMounts=[{"name": "v", "mountPath": "/a", "recursiveReadOnly": "X"}]),
    "devices": one(volumeDevices=[{"name": "v", "devicePath": "/a"}, {"name": "", "devicePath": "a/../b"}]),
    "request above limit": one(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1500m"}}),
    "negative": one(resources={"limits": {"memory": "-1Gi"}}),
    "resource name": one(resources={"limits": {"foo": "1"}}),
    "resource of storage": one(resources={"limits": {"storage": "1"}}),
    "extended without limit": one(resources={"requests": {"nvidia.com/gpu": "1"}}),
    "extended fraction": one(resources={"limits": {"nvidia.com/gpu": "500m"}}),
    "extended unequal": one(resources={"requests": {"a.b/c": "1"}, "limits": {"a.b/c": "2"}}),
    "huge pages alone": one(resources={"limits": {"hugepages-2Mi": "4Mi"}}),
    "huge pages odd": one(resources={"limits": {"hugepages-2Mi": "3Mi", "cpu": "1"}}),
    "claims": one(resources={"claims": [{"name": "a"}, {"name": ""}]}),
    "pod resources": pod(resources={"requests": {"cpu": "1"}, "limits": {"nvidia.com/gpu": "1"}}),
    "pod resources too few": pod(
        resources={"requests": {"cpu": "1"}},
        containers=[{"name": "c", "image": "i", "resources": {"requests": {"cpu": "2"}}}],
    ),
    "resize policy": one(resizePolicy=[{"resourceName": "disk", "restartPolicy": "Maybe"}]),
    "probe without handler": one(livenessProbe={}),
    "probe of two": one(readinessProbe={"tcpSocket": {"port": 0}, "httpGet": {"port": "A"}}),
    "probe numbers": one(
        livenessProbe={**PROBE, "initialDelaySeconds": -1, "successThreshold": 2, "periodSeconds": -5}
    ),
    "probe grace": one(readinessProbe={**PROBE, "terminationGracePeriodSeconds": 5}),
    "probe no grace": one(startupProbe={**PROBE, "terminationGracePeriodSeconds": 0}),
    "probe http": one(
        livenessProbe={"httpGet": {"port": 70000, "scheme": "FTP", "httpHeaders": [{"name": "a b", "value": ""}]}}
    ),
    "probe grpc": one(livenessProbe={"grpc": {"port": 0}}),
    "probe exec": one(livenessProbe={"exec": {}}),
    "lifecycle": one(lifecycle={"preStop": {"sleep": {"seconds": 100}}, "postStart": {}}),
    "privileged without escalation": one(securityContext={"privileged": True, "allowPrivilegeEscalation": False}),
    "security ids": one(securityContext={"runAsUser": -1, "runAsGroup": 2**31, "procMount": "X"}),
    "seccomp": one(securityContext={"seccompProfile": {"type": "Localhost"}}),
    "seccomp file": one(securityContext={"seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "a"}}),
    "apparmor": one(securityContext={"appArmorProfile": {"type": "X"}}),
    "proc mount": one(securityContext={"procMount": "Unmasked"}),
    "pod security": pod(
        securityContext={
            "fsGroup": -1,
            "runAsUser": -1,
            "supplementalGroups": [-1],
            "sysctls": [{"name": "A", "value": ""}, {"name": "", "value": ""}],
            "fsGroupChangePolicy": "X",
            "seccompProfile": {"type": ""},
            "supplementalGroupsPolicy": "X",
            "seLinuxChangePolicy": "X",
        }
    ),
    "sysctl of the host": pod(hostNetwork=True, securityContext={"sysctls": [{"name": "net.a", "value": "1"}]}),
    "shared processes": pod(hostPID=True, shareProcessNamespace=True),
    "users of its own": pod(hostUsers=False, hostNetwork=True, hostPID=True),
    "volume names": pod(volumes=[{"name": "A", "emptyDir": {}}, {"emptyDir": {}}, A_VOLUME, A_VOLUME]),
    "two sources": volume(secret={"secretName": "s"}, emptyDir={}, configMap={"name": ""}),
    "empty sources": pod(
        volumes=[
            {"name": f"v{number}", source: {}}
            for number, source in enumerate(
                (
                    "hostPath",
                    "gitRepo",
                    "secret",
                    "nfs",
                    "persistentVolumeClaim",
                    "configMap",
                    "csi",
                    "ephemeral",
                    "image",
                )
            )
        ]
    ),
    "host path": volume(hostPath={"path": "/a/../b", "type": "X"}),
    "keys": volume(configMap={"name": "a", "items": [{"key": "", "path": "../a"}, {"key": "b", "path": "..c"}]}),
    "mode": volume(secret={"secretName": "s", "defaultMode": 512}),
    "size limit": volume(emptyDir={"sizeLimit": "-1"}),
    "downward": volume(
        downwardAPI={
            "items": [
                {"path": "/a", "fieldRef": {"fieldPath": "spec.nodeName"}},
                {"path": "b"},
                {"path": "c", "resourceFieldRef": {"resource": "limits.cpu"}},
            ]
        }
    ),
    "projected": volume(
        projected={
            "sources": [
                {"secret": {"name": ""}, "configMap": {"name": "a"}},
                {"configMap": {"name": "a", "items": [{"key": "a", "path": "p"}, {"key": "b", "path": "p"}]}},
                {"serviceAccountToken": {"path": "", "expirationSeconds": 5}},
            ]
        }
    ),
    "claim template": volume(ephemeral={"volumeClaimTemplate": {"metadata": {"name": "a"}, "spec": {}}}),
    "restart policy": pod(restartPolicy="Sometimes"),
    "dns policy": pod(dnsPolicy="Mine"),
    "dns none": pod(dnsPolicy="None"),
    "dns none empty": pod(dnsPolicy="None", dnsConfig={}),
    "dns config": pod(
        dnsConfig={"nameservers": ["1", "1.1.1.1", "::1", "2.2.2.2"], "searches": ["a b"], "options": [{}]}
    ),
    "node selector": pod(nodeSelector={"a": "x y"}),
    "no terms": affine("nodeAffinity", **{REQUIRED: {"nodeSelectorTerms": []}}),
    "operators": node_term(
        matchExpressions=[
            {"key": "a", "operator": "In"},
            {"key": "a", "operator": "Exists", "values": ["x"]},
            {"key": "a", "operator": "Gt", "values": ["1", "2"]},
            {"key": "", "operator": "X"},
            {"key": "a", "operator": "In", "values": ["x y"]},
        ]
    ),
    "match fields": node_term(
        matchFields=[
            {"key": "metadata.uid", "operator": "In", "values": ["a"]},
            {"key": "metadata.name", "operator": "In", "values": ["A", "b"]},
            {"key": "metadata.name", "operator": "Exists"},
        ]
    ),
    "weights": affine(
        "nodeAffinity", **{PREFERRED: [{"weight": 0, "preference": {}}, {"weight": 101, "preference": {}}]}
    ),
    "pod affinity": affine(
        "podAntiAffinity",
        **{
            REQUIRED: [
                {"topologyKey": ""},
                {"topologyKey": "a b", "namespaces": ["A"]},
                {
                    "topologyKey": "z",
                    "labelSelector": {"matchExpressions": [{"key": "a", "operator": "X"}]},
                    "matchLabelKeys": ["a"],
                    "mismatchLabelKeys": ["a", "-"],
                },
                {"topologyKey": "z", "matchLabelKeys": ["a"]},
            ],
            PREFERRED: [{"weight": 0, "podAffinityTerm": {"topologyKey": "z"}}],
        },
    ),
    "tolerations": pod(
        tolerations=[
            {"operator": "Equal"},
            {"key": "a", "operator": "Exists", "value": "b"},
            {"key": "a", "effect": "NoSchedule", "tolerationSeconds": 1},
            {"key": "a", "operator": "X", "effect": "Y"},
            {"key": "-a", "value": "x y"},
        ]
    ),
    "spread": pod(
        topologySpreadConstraints=[
            {**SPREAD, "maxSkew": 0},
            SPREAD,
            {"maxSkew": 1, "topologyKey": "", "whenUnsatisfiable": "X"},
            {**SPREAD, "topologyKey": "b", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 0},
            {**SPREAD, "topologyKey": "d", "nodeAffinityPolicy": "X", "matchLabelKeys": ["a"]},
        ]
    ),
    "names": pod(
        serviceAccountName="",
        nodeName="A",
        hostname="a.b",
        subdomain="A",
        schedulerName="",
        priorityClassName="system-node-critical",
        activeDeadlineSeconds=0,
    ),
    "host aliases": pod(hostAliases=[{"ip": "a", "hostnames": ["A"]}, {"ip": "010.0.0.1", "hostnames": ["a"]}]),
    "gates": pod(schedulingGates=[{"name": "a"}, {"name": "a"}, {"name": ""}], readinessGates=[{"conditionType": "-"}]),
    "gated on a node": pod(schedulingGates=[{"name": "a"}], nodeName="n"),
    "system": pod(os={"name": "beos"}),
    "system without name": pod(os={"name": ""}),
    "preemption": pod(preemptionPolicy="Never", overhead={"cpu": "1"}),
    "resource claims": pod(resourceClaims=[{"name": "A"}, {"name": "b", "resourceClaimName": "A"}]),
    "deletion cost": pod({"annotations": {"controller.kubernetes.io/pod-deletion-cost": "x"}}),
    "apparmor annotation": pod({"annotations": {"container.apparmor.security.beta.kubernetes.io/d": "odd"}}),
    "seccomp annotation": pod({"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "odd"}}),
}
