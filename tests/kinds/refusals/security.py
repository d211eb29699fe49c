"""Pods, and what makes pods, in namespaces whose labels ask for the Pod Security Standards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.kinds.refusals.play import Case, Object

_SAFE: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _labels(**modes: str) -> dict[str, str]:
    return {f"pod-security.kubernetes.io/{mode.replace('_', '-')}": value for mode, value in modes.items()}


def _container(name: str = "c", **fields: Any) -> Object:
    return {"name": name, "image": "i", **fields}


def _pod(*containers: Object, annotations: Mapping[str, str] | None = None, **spec: Any) -> Object:
    body: Object = {"spec": {"containers": list(containers) or [_container()], **spec}}
    return body | {"metadata": {"annotations": dict(annotations)}} if annotations else body


_NAUGHTY = _pod(
    _container(
        securityContext={
            "privileged": True,
            "capabilities": {"add": ["SYS_ADMIN", "NET_RAW", "CHOWN"]},
            "seLinuxOptions": {"type": "spc_t", "user": "u", "role": "r"},
            "seccompProfile": {"type": "Unconfined"},
            "appArmorProfile": {"type": "Unconfined"},
            "runAsUser": 0,
        },
        ports=[{"containerPort": 80, "hostPort": 8080}, {"containerPort": 9, "hostPort": 9}],
        livenessProbe={"httpGet": {"port": 1, "host": "example.com"}},
        lifecycle={"preStop": {"tcpSocket": {"port": 1, "host": "127.0.0.1"}}},
    ),
    _container(
        "d",
        securityContext={"capabilities": {"add": ["KILL"], "drop": ["ALL"]}, "runAsNonRoot": False},
        ports=[{"containerPort": 81, "hostPort": 81}],
    ),
    initContainers=[_container("i", securityContext={"privileged": True})],
    hostPID=True,
    hostIPC=True,
    volumes=[
        {"name": "v", "hostPath": {"path": "/"}},
        {"name": "w", "hostPath": {"path": "/tmp"}},
        {"name": "n", "nfs": {"server": "s", "path": "/"}},
        {"name": "e", "emptyDir": {}},
    ],
    securityContext={
        "sysctls": [{"name": "net.core.somaxconn", "value": "1"}, {"name": "net.ipv4.tcp_rmem", "value": "1"}],
        "seLinuxOptions": {"type": "container_engine_t"},
        "runAsNonRoot": False,
        "runAsUser": 0,
    },
)
_PLAIN = _pod()
_SAFE_POD = _pod(_container(securityContext=_SAFE))
_TEMPLATE: Object = {"metadata": {"labels": {"a": "b"}}, "spec": _PLAIN["spec"]}


def _workload(**spec: Any) -> Object:
    return {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": _TEMPLATE, **spec}}


_JOB: Object = {"template": {"spec": {**_PLAIN["spec"], "restartPolicy": "Never"}}}
_RESTRICTED = _labels(enforce="restricted")


def _named(name: str, **spec: Any) -> Object:
    return {"metadata": {"name": name}, **_pod(**spec)}


def _relabel(**modes: str) -> Object:
    return {"metadata": {"labels": _labels(**modes)}}


CASES: dict[str, Case] = {
    "plain pod, restricted": Case("Pod", _PLAIN, labels=_RESTRICTED),
    "safe pod, restricted": Case("Pod", _SAFE_POD, labels=_RESTRICTED),
    "plain pod, baseline": Case("Pod", _PLAIN, labels=_labels(enforce="baseline")),
    "plain pod, warned": Case("Pod", _PLAIN, labels=_labels(warn="restricted")),
    "plain pod, audited": Case("Pod", _PLAIN, labels=_labels(audit="restricted")),
    "plain pod, baseline but warned": Case(
        "Pod", _PLAIN, labels=_labels(enforce="baseline", warn="restricted", warn_version="v1.22")
    ),
    "naughty pod, baseline": Case("Pod", _NAUGHTY, labels=_labels(enforce="baseline")),
    "naughty pod, restricted": Case("Pod", _NAUGHTY, labels=_RESTRICTED),
    **{
        f"naughty pod, {level} of {version}": Case(
            "Pod", _NAUGHTY, labels=_labels(enforce=level, enforce_version=version)
        )
        for level in ("baseline", "restricted")
        for version in ("v1.0", "v1.7", "v1.8", "v1.18", "v1.19", "v1.22", "v1.24", "v1.30", "v1.33", "v1.99")
    },
    "host network": Case(
        "Pod", _pod(_container(ports=[{"containerPort": 80}]), hostNetwork=True), labels=_labels(enforce="baseline")
    ),
    "proc mount": Case(
        "Pod",
        _pod(_container(securityContext={"procMount": "Unmasked"}), hostUsers=False),
        labels=_labels(enforce="baseline"),
    ),
    "host process": Case(
        "Pod",
        _pod(
            hostNetwork=True,
            os={"name": "windows"},
            securityContext={"windowsOptions": {"hostProcess": True}},
        ),
        labels=_RESTRICTED,
    ),
    "windows": Case("Pod", _pod(os={"name": "windows"}, securityContext={"runAsNonRoot": True}), labels=_RESTRICTED),
    "set for the pod": Case(
        "Pod",
        _pod(
            _container(securityContext={"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}),
            securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "Localhost", "localhostProfile": "x"}},
        ),
        labels=_RESTRICTED,
    ),
    "a field that is not looked at": Case(
        "Pod", _PLAIN, {"metadata": {"labels": {"a": "b"}}}, labels=_labels(warn="restricted")
    ),
    "a field that is": Case(
        "Pod",
        _pod(automountServiceAccountToken=False),
        {"spec": {"containers": [_container() | {"image": "j"}]}},
        labels=_labels(warn="restricted"),
    ),
    **{
        f"{kind}": Case(kind, body, labels=_RESTRICTED)
        for kind, body in (
            ("PodTemplate", {"template": _TEMPLATE}),
            ("ReplicationController", {"spec": {"selector": {"a": "b"}, "template": _TEMPLATE}}),
            ("ReplicaSet", _workload()),
            ("Deployment", _workload()),
            ("StatefulSet", _workload(serviceName="s")),
            ("DaemonSet", _workload()),
            ("Job", {"spec": _JOB}),
            ("CronJob", {"spec": {"schedule": "@daily", "jobTemplate": {"spec": _JOB}}}),
        )
    },
    "Deployment, audited": Case("Deployment", _workload(), labels=_labels(audit="restricted")),
    "namespace with wrong labels": Case(
        "Namespace",
        {
            "metadata": {
                "name": "x",
                "labels": _labels(enforce="strict", enforce_version="1.2", audit="a", warn="", warn_version="v1.01"),
            }
        },
    ),
    "namespace with labels": Case(
        "Namespace", {"metadata": {"name": "x", "labels": _labels(enforce="restricted", enforce_version="v1.99")}}
    ),
    "label made wrong": Case("Namespace", {}, _relabel(warn="high"), pods=[_named("a")]),
    "label for pods": Case(
        "Namespace",
        {},
        _relabel(enforce="restricted"),
        pods=[_named("b"), _named("c"), _named("a"), _named("d", hostPID=True), _named("e", hostPID=True)],
    ),
    "label for one pod": Case(
        "Namespace", {}, _relabel(enforce="baseline", enforce_version="v1.30"), pods=[_named("b", hostIPC=True)]
    ),
    "label for warnings": Case("Namespace", {}, _relabel(warn="restricted"), pods=[_named("b")]),
    "a stricter version": Case(
        "Namespace", {}, _relabel(enforce_version="v1.20"), labels=_labels(enforce="baseline"), pods=[_named("b")]
    ),
    "relaxed": Case("Namespace", {"metadata": {"labels": _RESTRICTED}}, _relabel(enforce="baseline")),
}
