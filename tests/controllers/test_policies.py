"""Certificates, aggregated roles, budgets, quotas, token secrets, cron jobs."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from liqolab import certificates
from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CERTIFICATE_SIGNING_REQUESTS,
    CLUSTER_ROLES,
    CONFIG_MAPS,
    CRON_JOBS,
    JOBS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    SECRETS,
    SERVICE_ACCOUNTS,
)
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")


def signing_request(key: Any, signer: Any, *usages: Any, organization: Any = "liqo.io", **spec: Any) -> Any:
    encoded = base64.b64encode(certificates.signing_request(key, "naples", [organization])).decode()
    spec = {"request": encoded, "signerName": f"kubernetes.io/{signer}", "usages": list(usages)} | spec
    return {"metadata": {"generateName": "request-"}, "spec": spec}


async def decided(lab: Lab, body: Any, verdict: Any, wanted: Any) -> Any:
    """Create and decide a request, and wait until it is as `wanted`."""
    made = await lab.client.create(CERTIFICATE_SIGNING_REQUESTS, body)
    row = {"type": verdict, "status": "True", "reason": "Test", "message": ""}
    approved = {**made, "status": {"conditions": [row]}}
    await lab.client.update(CERTIFICATE_SIGNING_REQUESTS, approved, subresource="approval")
    return await lab.until(CERTIFICATE_SIGNING_REQUESTS, None, lambda r: meta.name(r) == meta.name(made) and wanted(r))


@pytest.mark.parametrize("key", [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())])
async def test_an_approved_request_is_signed(lab: Lab, key: Any) -> None:
    body = signing_request(
        key, "kube-apiserver-client", "digital signature", "key encipherment", "client auth", expirationSeconds=3600
    )
    request = await decided(lab, body, "Approved", lambda r: r["status"].get("certificate"))
    issued = x509.load_pem_x509_certificate(base64.b64decode(request["status"]["certificate"]))
    issued.verify_directly_issued_by(x509.load_pem_x509_certificate(lab.ca))
    assert issued.public_key() == key.public_key()
    assert issued.subject.rfc4514_string() == "CN=naples,O=liqo.io"
    assert issued.not_valid_after_utc <= datetime.now(UTC) + timedelta(hours=1)
    extended = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.CLIENT_AUTH]


async def test_a_signer_keeps_to_its_rules(lab: Lab) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    body = signing_request(key, "kubelet-serving", "digital signature", "server auth")
    failed = await decided(lab, body, "Approved", lambda r: meta.find_condition(r, "Failed"))
    condition = meta.find_condition(failed, "Failed")
    assert condition["reason"] == "SignerValidationFailure"
    assert condition["message"] == "subject organization is not system:nodes"
    assert "certificate" not in failed["status"]


async def test_roles_with_the_label_are_aggregated(lab: Lab, namespace: str) -> None:
    label = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    rule = {"apiGroups": [f"{namespace}.io"], "resources": ["things"], "verbs": ["get"]}
    await lab.client.create(CLUSTER_ROLES, {"metadata": {"name": namespace, "labels": label}, "rules": [rule]})
    for role in ("view", "edit", "admin"):
        await lab.until(CLUSTER_ROLES, None, lambda r, n=role: meta.name(r) == n and rule in r["rules"])
    await lab.client.delete(CLUSTER_ROLES, namespace)
    await lab.until(CLUSTER_ROLES, None, lambda r: meta.name(r) == "admin" and rule not in r["rules"])


async def test_a_budget_counts_healthy_pods(lab: Lab, namespace: str) -> None:
    labels = {"app": "r"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
    spec = {"replicas": 3, "selector": {"matchLabels": labels}, "template": template}
    await lab.client.create(REPLICA_SETS, {"metadata": {"name": "r"}, "spec": spec}, namespace)
    budget = {"metadata": {"name": "b"}, "spec": {"maxUnavailable": "34%", "selector": {"matchLabels": labels}}}
    await lab.client.create(POD_DISRUPTION_BUDGETS, budget, namespace)
    async with lab.kubelet(namespace, ready=2) as kubelet:
        # 34 % of three is two, rounded up: one has to stay.
        state = await lab.until(
            POD_DISRUPTION_BUDGETS, namespace, lambda b: b.get("status", {}).get("disruptionsAllowed") == 1
        )
        numbers = {key: value for key, value in state["status"].items() if isinstance(value, int)}
        assert numbers == {
            "currentHealthy": 2,
            "desiredHealthy": 1,
            "disruptionsAllowed": 1,
            "expectedPods": 3,
            "observedGeneration": 1,
        }
        assert meta.find_condition(state, "DisruptionAllowed")["reason"] == "SufficientPods"
        kubelet.permit()
        await lab.until(POD_DISRUPTION_BUDGETS, namespace, lambda b: b["status"]["disruptionsAllowed"] == 2)


async def test_a_quota_shows_what_is_used(lab: Lab, namespace: str) -> None:
    hard = {"pods": "4", "requests.cpu": "2", "count/configmaps": "10"}
    await lab.client.create(RESOURCE_QUOTAS, {"metadata": {"name": "q"}, "spec": {"hard": hard}}, namespace)
    container = {"name": "x", "image": "x", "resources": {"requests": {"cpu": "250m"}}}
    for name in ("a", "b"):
        await lab.client.create(PODS, {"metadata": {"name": name}, "spec": {"containers": [container]}}, namespace)
    await lab.client.create(CONFIG_MAPS, {"metadata": {"name": "c"}}, namespace)
    used = {"pods": "2", "requests.cpu": "500m", "count/configmaps": "2"}
    await lab.until(RESOURCE_QUOTAS, namespace, lambda q: q.get("status", {}) == {"hard": hard, "used": used})
    await lab.client.delete(PODS, "a", namespace, grace_seconds=0)
    used |= {"pods": "1", "requests.cpu": "250m"}
    await lab.until(RESOURCE_QUOTAS, namespace, lambda q: q["status"]["used"] == used)


async def test_a_token_secret_is_filled_and_goes_with_its_account(lab: Lab, namespace: str) -> None:
    account = await lab.client.create(SERVICE_ACCOUNTS, {"metadata": {"name": "robot"}}, namespace)
    metadata = {"name": "key", "annotations": {"kubernetes.io/service-account.name": "robot"}}
    body = {"type": "kubernetes.io/service-account-token", "metadata": metadata}
    await lab.client.create(SECRETS, body, namespace)
    secret = await lab.until(SECRETS, namespace, lambda s: meta.name(s) == "key" and s.get("data"))
    data = {key: base64.b64decode(value) for key, value in secret["data"].items()}
    token = f"token of {namespace}/robot in key".encode()
    assert data == {"token": token, "ca.crt": lab.ca, "namespace": namespace.encode()}
    assert meta.annotations(secret)["kubernetes.io/service-account.uid"] == meta.uid(account)
    await lab.client.delete(SERVICE_ACCOUNTS, "robot", namespace)
    await lab.until_gone(SECRETS, "key", namespace)


async def test_a_cron_job_that_is_due_starts_one_job(lab: Lab, namespace: str) -> None:
    """Created years ago as far as its status knows: one run makes up for all that were missed, and as it is due once a
    year no other comes in between.
    """
    job = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "x"}]}}}}
    due = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
    spec = {"schedule": f"{due:%M %H %d %m} *", "suspend": True, "jobTemplate": job, "concurrencyPolicy": "Forbid"}
    await lab.client.create(CRON_JOBS, {"metadata": {"name": "c"}, "spec": spec}, namespace)
    past = (due - timedelta(days=3 * 366)).strftime("%Y-%m-%dT%H:%M:%SZ")
    await lab.client.patch(CRON_JOBS, "c", {"status": {"lastScheduleTime": past}}, namespace, subresource="status")
    await lab.client.patch(CRON_JOBS, "c", {"spec": {"suspend": False}}, namespace)
    async with lab.kubelet(namespace) as kubelet:
        pod = await lab.until(PODS, namespace, meta.pod_is_ready)
        active = await lab.until(CRON_JOBS, namespace, lambda c: c["status"].get("active"))
        [reference] = active["status"]["active"]
        assert datetime.fromisoformat(active["status"]["lastScheduleTime"]) == due
        assert reference["name"] == f"c-{int(due.timestamp()) // 60}"
        await lab.client.patch(CRON_JOBS, "c", {"spec": {"suspend": True}}, namespace)
        await kubelet.report(meta.name(pod), "Succeeded")
        done = await lab.until(CRON_JOBS, namespace, lambda c: c["status"].get("lastSuccessfulTime"))
    assert not done["status"].get("active")
    name = reference["name"]
    events = await lab.events(namespace)
    assert f"Created job {name}" in events and f"Saw completed job: {name}, condition: Complete" in events
    assert [meta.name(job) for job in (await lab.client.list(JOBS, namespace)).items] == [name]
