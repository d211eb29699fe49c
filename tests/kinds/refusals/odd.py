"""Objects that are accepted with a warning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.kinds.refusals.play import Case, Object

_LABELS = ("beta.kubernetes.io/os", "failure-domain.beta.kubernetes.io/zone", "node-role.kubernetes.io/master")
_WHEN = "DuringSchedulingIgnoredDuringExecution"


def _pod(annotations: Mapping[str, str] | None = None, container: Object | None = None, **spec: Any) -> Object:
    metadata = {"annotations": dict(annotations)} if annotations else {}
    return {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "i", **(container or {})}], **spec}}


def _template(pod: Object) -> Object:
    return {"metadata": pod["metadata"] | {"labels": {"a": "b"}}, "spec": pod["spec"]}


def _workload(pod: Object, **spec: Any) -> Object:
    return {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": _template(pod), **spec}}


def _ports(*ports: Object) -> Object:
    return {"ports": list(ports)}


def _expression(key: str, *values: str) -> Object:
    return {"key": key, "operator": "In", "values": list(values)}


def _term(*keys: str) -> Object:
    return {"matchExpressions": [_expression(key, "x") for key in keys]}


_AMOUNTS = {"memory": "100m", "ephemeral-storage": "1.5"}
_PODS: dict[str, Object] = {
    "node selector": _pod(nodeSelector={_LABELS[0]: "linux"}),
    "node affinity": _pod(
        affinity={
            "nodeAffinity": {
                f"required{_WHEN}": {"nodeSelectorTerms": [_term("a"), _term(*_LABELS)]},
                f"preferred{_WHEN}": [
                    {
                        "weight": 1,
                        "preference": {"matchExpressions": [_expression(_LABELS[1], "a b", "ok", "-")]},
                    }
                ],
            }
        }
    ),
    "pod affinity": _pod(
        affinity={
            "podAffinity": {
                f"required{_WHEN}": [{"topologyKey": "a"}],
                f"preferred{_WHEN}": [{"weight": 1, "podAffinityTerm": {"topologyKey": "a"}}],
            },
            "podAntiAffinity": {
                f"required{_WHEN}": [{"topologyKey": "a", "labelSelector": {}}, {"topologyKey": "b"}],
                f"preferred{_WHEN}": [{"weight": 1, "podAffinityTerm": {"topologyKey": "a"}}],
            },
        }
    ),
    "spread": _pod(
        topologySpreadConstraints=[
            {"maxSkew": 1, "topologyKey": _LABELS[1], "whenUnsatisfiable": "ScheduleAnyway"},
            {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}},
        ]
    ),
    "annotations": _pod(
        annotations={
            "scheduler.alpha.kubernetes.io/critical-pod": "",
            "security.alpha.kubernetes.io/sysctls": "",
            "security.alpha.kubernetes.io/unsafe-sysctls": "",
        }
    ),
    "seccomp": _pod(
        annotations={
            "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
            "container.seccomp.security.alpha.kubernetes.io/c": "runtime/default",
            "container.seccomp.security.alpha.kubernetes.io/d": "runtime/default",
        }
    ),
    "AppArmor": _pod(annotations={"container.apparmor.security.beta.kubernetes.io/c": "runtime/default"}),
    "AppArmor for the pod": _pod(
        annotations={"container.apparmor.security.beta.kubernetes.io/c": "runtime/default"},
        securityContext={"appArmorProfile": {"type": "RuntimeDefault"}},
    ),
    "AppArmor unlike the pod": _pod(
        annotations={"container.apparmor.security.beta.kubernetes.io/c": "localhost/x"},
        securityContext={"appArmorProfile": {"type": "RuntimeDefault"}},
    ),
    "old volumes": _pod(
        volumes=[
            {"name": "a", "gitRepo": {"repository": "r"}},
            {"name": "b", "glusterfs": {"endpoints": "e", "path": "p"}},
            {"name": "c", "cephfs": {"monitors": ["m"]}},
            {"name": "d", "rbd": {"monitors": ["m"], "image": "i"}},
            {"name": "e", "photonPersistentDisk": {"pdID": "p"}},
            {"name": "f", "scaleIO": {"gateway": "g", "system": "s", "secretRef": {"name": "s"}, "volumeName": "v"}},
            {"name": "g", "flocker": {"datasetName": "d"}},
            {"name": "h", "storageos": {"volumeName": "v"}},
            {"name": "i", "quobyte": {"registry": "a:1", "volume": "v"}},
        ]
    ),
    "ephemeral volume": _pod(
        volumes=[
            {
                "name": "v",
                "ephemeral": {
                    "volumeClaimTemplate": {
                        "spec": {
                            "accessModes": ["ReadWriteOnce"],
                            "resources": {"requests": {"storage": "1.5"}, "limits": {"storage": "2500m"}},
                        }
                    }
                },
            }
        ]
    ),
    "overlapping paths": _pod(
        volumes=[
            {
                "name": "m",
                "configMap": {
                    "name": "m",
                    "items": [{"key": "a", "path": "x"}, {"key": "b", "path": "x/y"}, {"key": "c", "path": "xy"}],
                },
            },
            {"name": "s", "secret": {"secretName": "t", "items": [{"key": k, "path": "x"} for k in "ab"]}},
            {
                "name": "d",
                "downwardAPI": {
                    "items": [
                        {"path": "x/", "fieldRef": {"fieldPath": "metadata.name"}},
                        {"path": "x", "fieldRef": {"fieldPath": "metadata.uid"}},
                    ]
                },
            },
        ]
    ),
    "projected paths": _pod(
        volumes=[
            {
                "name": "p",
                "projected": {
                    "sources": [
                        {"configMap": {"name": "m", "items": [{"key": "a", "path": "x"}]}},
                        {"secret": {"name": "s", "items": [{"key": "a", "path": "x/y"}, {"key": "b", "path": "z"}]}},
                        {"serviceAccountToken": {"path": "z"}},
                        {"downwardAPI": {"items": [{"path": "x", "fieldRef": {"fieldPath": "metadata.name"}}]}},
                    ]
                },
            }
        ]
    ),
    "host aliases": _pod(hostAliases=[{"ip": "1.2.3.4", "hostnames": ["a"]}, {"ip": "1.2.3.4", "hostnames": ["b"]}]),
    "pull secrets": _pod(imagePullSecrets=[{"name": "a"}, {"name": "a"}, {"name": ""}]),
    "fractions": _pod(container={"resources": {"limits": _AMOUNTS, "requests": _AMOUNTS}}),
    "variables": _pod(
        container={
            "env": [
                {"name": "A", "value": "1"},
                {"name": "A", "value": "2"},
                {"name": "A", "value": "$(A)"},
                {"name": "A", "value": "$(A)3"},
                {"name": "B", "value": "1"},
                {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ]
        }
    ),
    "ports": _pod(
        container=_ports(
            {"containerPort": 80},
            {"containerPort": 80},
            {"containerPort": 80, "hostPort": 8080},
            {"containerPort": 80, "hostPort": 8080, "hostIP": "1.2.3.4"},
            {"containerPort": 81, "hostIP": "1.2.3.4", "name": "p"},
        ),
        initContainers=[{"name": "i", "image": "i", "ports": [{"containerPort": 82, "name": "p"}]}],
    ),
    "negative grace": _pod(terminationGracePeriodSeconds=-1),
    "odd addresses": _pod(
        hostAliases=[
            {"ip": ip, "hostnames": ["a"]} for ip in ("010.0.0.1", "::ffff:1.2.3.4", "2001:DB8::1", "2001:db8:0::1")
        ],
        dnsConfig={"nameservers": ["1.2.3.04"]},
    ),
}
_ODD = _PODS["variables"]
_JOB: Object = {"template": {**_ODD, "spec": {**_ODD["spec"], "restartPolicy": "Never"}}}
_NAMED = {"metadata": {"name": "x.y"}}
_PORT = {"ports": [{"port": 80}]}


def _service(annotations: Mapping[str, str] | None = None, **spec: Any) -> Object:
    return {"metadata": {"annotations": dict(annotations or {})}, "spec": {**_PORT, **spec}}


def _claim(size: str) -> Object:
    return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}


def _volume(**spec: Any) -> Object:
    return {"spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], **spec}}


def _tls(crt: str, key: str) -> Object:
    return {"type": "kubernetes.io/tls", "stringData": {"tls.crt": crt, "tls.key": key}}


def _pem(kind: str) -> str:
    return f"-----BEGIN {kind}-----\nYWJj\n-----END {kind}-----\n"


CASES: dict[str, Case] = {
    **{f"pod, {what}": Case("Pod", pod) for what, pod in _PODS.items()},
    **{f"template, {what}": Case("Deployment", _workload(pod)) for what, pod in _PODS.items()},
    "pod, name with dots": Case("Pod", _NAMED | _pod()),
    "pod, long name": Case("Pod", {"metadata": {"name": "x" * 70}, "spec": _pod()["spec"]}),
    "pod, patched": Case("Pod", {**_ODD}, {"metadata": {"labels": {"a": "b"}}}),
    **{
        f"{kind}": Case(kind, {**body, **_NAMED})
        for kind, body in (
            ("Deployment", _workload(_ODD)),
            ("ReplicaSet", _workload(_ODD)),
            ("StatefulSet", _workload(_ODD, serviceName="s")),
            ("DaemonSet", _workload(_ODD)),
            ("ReplicationController", {"spec": {"selector": {"a": "b"}, "template": _template(_ODD)}}),
            ("PodTemplate", {"template": _template(_ODD)}),
            ("Job", {"spec": _JOB}),
            ("CronJob", {"spec": {"schedule": "@daily", "jobTemplate": {"spec": _JOB}}}),
        )
    },
    "many indexes": Case(
        "Job", {"spec": {**_JOB, "completionMode": "Indexed", "completions": 100_001, "parallelism": 10_001}}
    ),
    "replica set, scaled": Case("ReplicaSet", _workload(_ODD, replicas=0), {"spec": {"minReadySeconds": 1}}),
    "replica set, labelled": Case("ReplicaSet", _workload(_ODD, replicas=0), {"metadata": {"labels": {"a": "b"}}}),
    "stateful set": Case(
        "StatefulSet",
        _workload(
            _pod(),
            serviceName="s",
            revisionHistoryLimit=-1,
            volumeClaimTemplates=[{"metadata": {"name": "v"}, "spec": _claim("1.5")}],
        ),
    ),
    "service, hints": Case("Service", _service({"service.kubernetes.io/topology-aware-hints": "auto"})),
    "service, headless": Case(
        "Service",
        _service(clusterIP="None", loadBalancerIP="01.2.3.4", externalIPs=["1.2.3.4"], sessionAffinity="ClientIP"),
    ),
    "service, external": Case("Service", _service(type="ExternalName", externalName="a.b", externalIPs=["1.2.3.4"])),
    "service, external name": Case("Service", _service(externalName="a.b")),
    "service, addresses": Case(
        "Service",
        _service(
            type="LoadBalancer",
            externalIPs=["1.2.3.04", "2001:DB8::1"],
            loadBalancerIP="::ffff:1.2.3.4",
            loadBalancerSourceRanges=["1.2.3.4/08", "01.0.0.0/8", "2001:DB8::/32", "2001:db8::1/64"],
        ),
    ),
    "endpoints": Case(
        "Endpoints",
        {"subsets": [{"addresses": [{"ip": "1.2.3.04"}], "notReadyAddresses": [{"ip": "2001:DB8::1"}], "ports": []}]},
    ),
    "slice of names": Case("EndpointSlice", {"addressType": "FQDN", "endpoints": [{"addresses": ["a.b"]}]}),
    "slice": Case("EndpointSlice", {"addressType": "IPv6", "endpoints": [{"addresses": ["2001:DB8::1"]}]}),
    "ingress class": Case(
        "Ingress",
        {
            "metadata": {"annotations": {"kubernetes.io/ingress.class": "nginx"}},
            "spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}},
        },
    ),
    "network policy": Case(
        "NetworkPolicy",
        {
            "spec": {
                "podSelector": {},
                "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1/8", "except": ["10.1.0.0/016"]}}]}],
                "egress": [
                    {"to": [{"ipBlock": {"cidr": "::ffff:10.0.0.1/104"}}, {"ipBlock": {"cidr": "2001:DB8::/32"}}]}
                ],
            }
        },
    ),
    "volume": Case(
        "PersistentVolume",
        {
            "metadata": {
                "annotations": {
                    "volume.beta.kubernetes.io/storage-class": "a",
                    "volume.beta.kubernetes.io/mount-options": "ro",
                }
            },
            **_volume(
                persistentVolumeReclaimPolicy="Recycle",
                nfs={"server": "s", "path": "/p"},
                nodeAffinity={"required": {"nodeSelectorTerms": [_term(_LABELS[1])]}},
            ),
        },
    ),
    "volume, old": Case("PersistentVolume", _volume(cephfs={"monitors": ["m"]})),
    "claim": Case(
        "PersistentVolumeClaim",
        {"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": "a"}}, "spec": _claim("1.5")},
    ),
    "storage class": Case(
        "StorageClass",
        {
            "provisioner": "p",
            "allowedTopologies": [{"matchLabelExpressions": [{"key": _LABELS[1], "values": ["a"]}]}],
        },
    ),
    "runtime class": Case("RuntimeClass", {"handler": "h", "scheduling": {"nodeSelector": {_LABELS[0]: "a"}}}),
    "node": Case("Node", {"spec": {"externalID": "e", "podCIDRs": ["010.0.0.0/24"], "podCIDR": "010.0.0.0/24"}}),
    "service account": Case(
        "ServiceAccount", {"metadata": {"annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}}
    ),
    "tls, nothing": Case("Secret", _tls("a", "b")),
    "tls, switched": Case("Secret", _tls(_pem("RSA PRIVATE KEY"), _pem("CERTIFICATE"))),
    "tls, other blocks": Case("Secret", _tls(_pem("A") + _pem("B"), "b")),
    "tls, no key": Case("Secret", _tls(_pem("CERTIFICATE"), "b")),
    "tls, two certificates": Case("Secret", _tls(_pem("CERTIFICATE"), _pem("CERTIFICATE"))),
    "tls, other keys": Case("Secret", _tls(_pem("CERTIFICATE"), _pem("A") + _pem("B"))),
    "tls, malformed": Case("Secret", _tls(_pem("CERTIFICATE"), _pem("PRIVATE KEY"))),
}
