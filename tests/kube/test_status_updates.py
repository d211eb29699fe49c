"""What an update of a subresource changes, and what it leaves: nearly always status and metadata, never the rest."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.api_server import Api

MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"

_POD = {"containers": [{"name": "c", "image": "nowhere/none", "command": ["x"]}]}
_TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {**_POD, "nodeSelector": {"no": "such"}}}
_WORKLOAD = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": _TEMPLATE}
_JOB = {"suspend": True, "template": {"spec": {**_POD, "restartPolicy": "Never"}}}
_RULES = {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}

KINDS = {
    "core pods": ({**_POD, "nodeSelector": {"no": "such"}}, ""),
    "core services": ({"ports": [{"port": 80}]}, ""),
    "core replicationcontrollers": ({**_WORKLOAD, "selector": {"a": "b"}}, ""),
    "core resourcequotas": ({"hard": {"pods": "9"}}, ""),
    "core persistentvolumeclaims": (
        {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"},
        "",
    ),
    "apps/v1 deployments": (_WORKLOAD, "labels"),
    "apps/v1 replicasets": (_WORKLOAD, ""),
    "apps/v1 statefulsets": ({**_WORKLOAD, "serviceName": "s"}, ""),
    "apps/v1 daemonsets": ({key: _WORKLOAD[key] for key in ("selector", "template")}, ""),
    "batch/v1 jobs": (_JOB, ""),
    "batch/v1 cronjobs": ({"suspend": True, "schedule": "* * * * *", "jobTemplate": {"spec": _JOB}}, ""),
    "networking.k8s.io/v1 ingresses": (_RULES, ""),
    "policy/v1 poddisruptionbudgets": ({"minAvailable": 1, "selector": {"matchLabels": {"a": "none"}}}, ""),
    "autoscaling/v2 horizontalpodautoscalers": (
        {"maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}},
        "",
    ),
}
"""Group version and plural → a spec, and the metadata that an update of the status leaves alone."""


@pytest.mark.parametrize("kind", KINDS)
async def test_a_status_update_takes_metadata_along(api: Api, namespace: str, kind: str) -> None:
    (spec, kept), (group_version, plural) = KINDS[kind], kind.split()
    root = "/api/v1" if group_version == "core" else f"/apis/{group_version}"
    path = f"{root}/namespaces/{namespace}/{plural}"
    await api("POST", path, {"metadata": {"name": "x"}, "spec": spec}, code=201)
    added = {"labels": {"new": "1"}, "annotations": {"new": "1"}}
    for form in (MERGE, STRATEGIC):
        await api("PATCH", f"{path}/x/status", {"metadata": added, "spec": {"replicas": 7}}, type=form, code=200)
        stored = await api("GET", f"{path}/x", code=200)
        changed = [field for field in added if "new" in stored["metadata"].get(field, {})]
        assert changed == [field for field in added if field != kept]
        assert stored["spec"].get("replicas", 0) == 0 and stored["metadata"].get("generation", 1) == 1


async def test_a_custom_object_s_status_update_is_about_its_status_alone(api: Api, namespace: str) -> None:
    group = f"{namespace}.example.com"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    definition = {
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [{**version, "subresources": {"status": {}}}],
        },
    }
    root = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await api("POST", root, definition, code=201)
    path = f"/apis/{group}/v1/namespaces/{namespace}/things"
    thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"a": 1}}
    while (await api("POST", path, thing)) and api.status == 404:
        pass
    body = {"metadata": {"labels": {"new": "1"}, "annotations": {"new": "1"}}, "spec": {"a": 2}, "status": {"b": 3}}
    stored = await api("PATCH", f"{path}/t/status", body, type=MERGE, code=200)
    assert (stored["spec"], stored["status"]) == ({"a": 1}, {"b": 3})
    assert "labels" not in stored["metadata"] and "annotations" not in stored["metadata"]
    await api("DELETE", f"{root}/things.{group}", code=200)


async def test_a_pod_s_status_keeps_its_owners_and_its_quality_of_service(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"
    spec = {**_POD, "nodeSelector": {"no": "such"}}
    await api("POST", path, {"metadata": {"name": "p"}, "spec": spec}, code=201)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "none", "uid": "1"}
    body = {"metadata": {"ownerReferences": [owner]}, "status": {"qosClass": None, "reason": "x"}}
    stored = await api("PATCH", f"{path}/p/status", body, type=MERGE, code=200)
    assert "ownerReferences" not in stored["metadata"]
    assert (stored["status"]["qosClass"], stored["status"]["reason"]) == ("BestEffort", "x")


async def test_a_volume_remembers_when_its_phase_changed(api: Api, namespace: str) -> None:
    path = "/api/v1/persistentvolumes"
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": "/x"},
        "storageClassName": "none",
    }
    await api("POST", path, {"metadata": {"name": namespace}, "spec": spec}, code=201)
    failed = {"phase": "Failed", "lastPhaseTransitionTime": "2001-01-01T00:00:00Z"}
    stored = await api("PATCH", f"{path}/{namespace}/status", {"status": failed}, type=MERGE, code=200)
    assert stored["status"] == failed, "whoever gives a time is believed"
    released = {"phase": "Released", "lastPhaseTransitionTime": None}
    stored = await api("PATCH", f"{path}/{namespace}/status", {"status": released}, type=MERGE, code=200)
    assert stored["status"]["lastPhaseTransitionTime"] > failed["lastPhaseTransitionTime"]
    await api("DELETE", f"{path}/{namespace}", code=200)


# ---------------------------------------------------------------------- certificate signing requests

SIGNING_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"


@pytest.fixture
async def signing_request(api: Api, namespace: str) -> AsyncIterator[str]:
    """The path of a request for a signer that nobody is."""
    key = ec.generate_private_key(ec.SECP256R1())
    wanted = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = base64.b64encode(wanted.public_bytes(serialization.Encoding.PEM)).decode()
    spec = {"request": pem, "signerName": "example.com/nobody", "usages": ["digital signature"]}
    await api("POST", SIGNING_REQUESTS, {"metadata": {"name": namespace}, "spec": spec}, code=201)
    yield f"{SIGNING_REQUESTS}/{namespace}"
    await api("DELETE", f"{SIGNING_REQUESTS}/{namespace}", code=200)


def row(kind: str, status: str = "True") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": "R", "message": "M"}


@pytest.mark.parametrize("subresource", ["status", "approval"])
async def test_any_condition_may_be_set_by_either_subresource(api: Api, signing_request: str, subresource: str) -> None:
    body = {"metadata": {"annotations": {"seen": "1"}}, "status": {"conditions": [row("Looked", "False")]}}
    await api("PATCH", f"{signing_request}/{subresource}", body, type=MERGE, code=200)
    stored = await api("GET", signing_request, code=200)
    assert stored["metadata"]["annotations"] == {"seen": "1"}
    (condition,) = stored["status"]["conditions"]
    assert row("Looked", "False").items() <= condition.items()
    assert {"lastUpdateTime", "lastTransitionTime"} <= set(condition)


async def test_decisions_are_made_by_approval_once_and_for_all(api: Api, signing_request: str) -> None:
    async def refused(subresource: str, *conditions: Any) -> str:
        body = {"status": {"conditions": list(conditions)}}
        answer = await api("PATCH", f"{signing_request}/{subresource}", body, type=MERGE, code=422)
        return str(answer["message"]).partition(" is invalid: ")[2]

    place = "status.conditions: Forbidden: updates may not"
    assert await refused("status", row("Approved")) == f'{place} add a condition of type "Approved"'
    both = 'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'
    assert await refused("approval", row("Approved"), row("Denied")) == both
    wrong = 'status.conditions[0].status: Unsupported value: "False": supported values: "True"'
    assert await refused("approval", row("Approved", "False")) == wrong
    approved = {"status": {"conditions": [row("Approved")], "certificate": "eA=="}}
    stored = await api("PATCH", f"{signing_request}/approval", approved, type=MERGE, code=200)
    assert "certificate" not in stored["status"]
    for subresource in ("approval", "status"):
        assert await refused(subresource) == f'{place} remove a condition of type "Approved"'
    changed = {"status": {"conditions": [{**row("Approved"), "message": "other"}]}}
    stored = await api("PATCH", f"{signing_request}/status", changed, type=MERGE, code=200)
    assert stored["status"]["conditions"][0]["message"] == "M"
