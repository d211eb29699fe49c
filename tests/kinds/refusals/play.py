"""Plays a case against a server and keeps of the answer what any server of that version would say.

A case is an object that is created for trial (``dryRun=All``), or one that is made and then patched. Answers hold the
status, the message with its causes, and the warnings; names of namespaces, uids and resource versions are blotted out.
"""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.api_server import Api

Object = dict[str, Any]

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WARNING = re.compile(r'299 - "((?:[^"\\]|\\.)*)"')
_NAMESPACED = re.compile(r"\{ns\}")

PATHS: Mapping[str, str] = {
    "Binding": "/api/v1/namespaces/{ns}/bindings",
    "ConfigMap": "/api/v1/namespaces/{ns}/configmaps",
    "Endpoints": "/api/v1/namespaces/{ns}/endpoints",
    "LimitRange": "/api/v1/namespaces/{ns}/limitranges",
    "Namespace": "/api/v1/namespaces",
    "Node": "/api/v1/nodes",
    "PersistentVolume": "/api/v1/persistentvolumes",
    "PersistentVolumeClaim": "/api/v1/namespaces/{ns}/persistentvolumeclaims",
    "Pod": "/api/v1/namespaces/{ns}/pods",
    "PodTemplate": "/api/v1/namespaces/{ns}/podtemplates",
    "ReplicationController": "/api/v1/namespaces/{ns}/replicationcontrollers",
    "ResourceQuota": "/api/v1/namespaces/{ns}/resourcequotas",
    "Secret": "/api/v1/namespaces/{ns}/secrets",
    "Service": "/api/v1/namespaces/{ns}/services",
    "ServiceAccount": "/api/v1/namespaces/{ns}/serviceaccounts",
    "ControllerRevision": "/apis/apps/v1/namespaces/{ns}/controllerrevisions",
    "DaemonSet": "/apis/apps/v1/namespaces/{ns}/daemonsets",
    "Deployment": "/apis/apps/v1/namespaces/{ns}/deployments",
    "ReplicaSet": "/apis/apps/v1/namespaces/{ns}/replicasets",
    "StatefulSet": "/apis/apps/v1/namespaces/{ns}/statefulsets",
    "CronJob": "/apis/batch/v1/namespaces/{ns}/cronjobs",
    "Job": "/apis/batch/v1/namespaces/{ns}/jobs",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers",
    "Lease": "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses",
    "IngressClass": "/apis/networking.k8s.io/v1/ingressclasses",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "RuntimeClass": "/apis/node.k8s.io/v1/runtimeclasses",
    "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
    "VolumeAttachment": "/apis/storage.k8s.io/v1/volumeattachments",
    "ValidatingWebhookConfiguration": ("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"),
}
"""Kind → where its objects are posted."""


class Case(NamedTuple):
    """One trial.

    Attributes:
        kind: of the object.
        body: the object; its name is ``x`` unless it says otherwise.
        patch: for a trial of a change, the merge patch; None for one of a new object.
        subresource: what of the object is patched.
        labels: of the namespace, while the case is played.
        pods: what there is in the namespace; for a trial of a change of the namespace itself.
    """

    kind: str
    body: Object
    patch: Object | None = None
    subresource: str = ""
    labels: Mapping[str, str] = {}
    pods: Sequence[Object] = ()


async def play(api: Api, title: str, case: Case, namespace: str, pause: float = 0) -> Object:
    """The server's answer to a case, freed of what differs from one run to the next.

    What is made is named after the case: it may take its time to go. A server may need a pause to see labels.
    """
    if not case.labels:
        return await _play(api, title, case, namespace)
    await _label(api, namespace, case.labels)
    try:
        await asyncio.sleep(pause)
        return await _play(api, title, case, namespace)
    finally:
        await _label(api, namespace, dict.fromkeys(case.labels))


async def _label(api: Api, namespace: str, labels: Mapping[str, str | None]) -> None:
    patch = {"metadata": {"labels": dict(labels)}}
    await api("PATCH", f"/api/v1/namespaces/{namespace}", patch, type="application/merge-patch+json", code=200)


async def _relabel(api: Api, case: Case, namespace: str) -> Object:
    """The answer to a change of the namespace that has the case's pods."""
    pods = PATHS["Pod"].format(ns=namespace)
    for pod in case.pods:
        await api("POST", pods, pod, code=201)
    try:
        path = f"/api/v1/namespaces/{namespace}?dryRun=All"
        answer = await api("PATCH", path, case.patch, type="application/merge-patch+json")
        return _kept(api, answer, namespace)
    finally:
        for pod in case.pods:
            await api("DELETE", f"{pods}/{pod['metadata']['name']}?gracePeriodSeconds=0")


async def _play(api: Api, title: str, case: Case, namespace: str) -> Object:
    if case.pods:
        return await _relabel(api, case, namespace)
    body = copy.deepcopy(case.body)
    metadata = body.setdefault("metadata", {})
    metadata.setdefault("name", "x")
    if case.patch is not None:
        metadata["name"] += "-" + re.sub("[^a-z]+", "-", title)
    collection = PATHS[case.kind].format(ns=namespace)
    name = body["metadata"]["name"]
    if case.patch is None:
        answer = await api("POST", f"{collection}?dryRun=All", body)
        return _kept(api, answer, namespace)
    await api("POST", collection, body, code=201)
    try:
        path = f"{collection}/{name}" + (f"/{case.subresource}" if case.subresource else "")
        answer = await api("PATCH", f"{path}?dryRun=All", case.patch, type="application/merge-patch+json")
        return _kept(api, answer, namespace)
    finally:
        await api("DELETE", f"{collection}/{name}?gracePeriodSeconds=0")


def _kept(api: Api, answer: Any, namespace: str) -> Object:
    warnings = [_unquoted(text) for header in api.headers.getall("Warning", []) for text in _WARNING.findall(header)]
    kept: Object = {"code": api.status}
    if api.status >= 400:
        kept |= {key: answer[key] for key in ("reason", "message") if key in answer}
        causes = (answer.get("details") or {}).get("causes")
        if causes:
            # How often a server looks at something is not of interest.
            kept["causes"] = [cause for index, cause in enumerate(causes) if cause not in causes[:index]]
    if warnings:
        kept["warnings"] = warnings
    blotted: Object = _blot(kept, namespace)
    return blotted


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _blot(value: Any, namespace: str) -> Any:
    if isinstance(value, dict):
        return {key: _blot(item, namespace) for key, item in value.items()}
    if isinstance(value, list):
        return [_blot(item, namespace) for item in value]
    return _UID.sub("UID", value.replace(namespace, "NAMESPACE")) if isinstance(value, str) else value
