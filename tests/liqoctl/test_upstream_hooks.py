"""The jobs that upstream's chart runs before and after it is installed or removed are done by programs here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    CLUSTER_ROLE_BINDINGS,
    MUTATING_WEBHOOKS,
    PODS,
    SECRETS,
    SERVICE_ACCOUNTS,
    VALIDATING_WEBHOOKS,
)
from liqolab.apimachinery.resources import Object
from liqolab.controller.http import HttpClient
from liqolab.controller.waiting import wait_for
from liqolab.kube.node.programs import installed
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS
from liqolab.liqo.programs import PROGRAMS

CHART: Any = yaml.safe_load((Path(__file__).parents[1] / "liqo_upstream/chart.yaml").read_text())
SECRET = "liqo-webhook-certs"
ENVOY = "envoyproxy/envoy"


@pytest.fixture
async def account(admin: HttpClient, namespace: str) -> AsyncIterator[str]:
    """A service account that may do everything."""
    await admin.create(SERVICE_ACCOUNTS, SERVICE_ACCOUNTS.manifest("hook", namespace))
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subjects = [{"kind": "ServiceAccount", "name": "hook", "namespace": namespace}]
    await admin.create(
        CLUSTER_ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS.manifest(namespace, roleRef=role, subjects=subjects)
    )
    yield "hook"
    await admin.delete(CLUSTER_ROLE_BINDINGS, namespace)


async def _runs(admin: HttpClient, namespace: str, account: str, job: str) -> None:
    """A pod as the job makes it, until it has ended well."""
    ((name, container),) = CHART[job]["containers"].items()
    args = [word.replace("--namespace=liqo", f"--namespace={namespace}") for word in container.get("args", [])]
    spec = {
        "restartPolicy": "OnFailure",
        "serviceAccountName": account,
        "containers": [{"name": name, "image": container["image"], "args": args}],
    }
    pod = await admin.create(
        PODS, {**PODS.manifest("", namespace, spec=spec), "metadata": {"generateName": "hook-"}}, namespace
    )
    key = (namespace, meta.name(pod))
    await wait_for(
        admin,
        PODS,
        lambda store: store.get(key, {}).get("status", {}).get("phase") == "Succeeded",
        namespace,
        seconds=60,
    )


async def test_the_webhooks_certificate_is_made_and_trusted(admin: HttpClient, namespace: str, account: str) -> None:
    webhook: Object = {
        "name": "pod.mutate.liqo.io",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Ignore",
        "clientConfig": {"service": {"name": "nobody", "namespace": namespace}},
        "rules": [
            {"operations": ["CREATE"], "apiGroups": ["none.example"], "apiVersions": ["v1"], "resources": ["none"]}
        ],
    }
    kinds = (MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS)
    for kind in kinds:
        await admin.create(kind, kind.manifest("liqo-webhook", webhooks=[webhook]))
    try:
        await _runs(admin, namespace, account, "Job liqo-webhook-certificate-patch (pre-install,pre-upgrade)")
        await _runs(admin, namespace, account, "Job liqo-webhook-certificate-patch (post-install,post-upgrade)")
        secret = await admin.get(SECRETS, SECRET, namespace)
        assert set(secret["data"]) == {"ca", "tls.crt", "tls.key"}
        for kind in kinds:
            (found,) = (await admin.get(kind, "liqo-webhook"))["webhooks"]
            assert found["clientConfig"]["caBundle"] == secret["data"]["ca"]
    finally:
        for kind in kinds:
            await admin.delete(kind, "liqo-webhook")


async def test_peers_are_forgotten_before_the_chart_is_removed(admin: HttpClient, namespace: str, account: str) -> None:
    spec = {
        "clusterIdentity": {"clusterID": "1", "clusterName": "naples"},
        "foreignAuthUrl": "https://192.0.2.1",
        "outgoingPeeringEnabled": "Yes",
        "incomingPeeringEnabled": "Auto",
        "insecureSkipTLSVerify": True,
    }
    await admin.create(FOREIGN_CLUSTERS, FOREIGN_CLUSTERS.manifest("naples", spec=spec))
    await _runs(admin, namespace, account, "Job liqo-pre-delete (pre-delete)")
    assert (await admin.list(FOREIGN_CLUSTERS)).items == []


def test_every_image_of_upstreams_chart_has_a_program() -> None:
    images = {
        container["image"].rpartition(":")[0]
        for facts in CHART.values()
        for part in ("containers", "init containers")
        for container in facts.get(part, {}).values()
    }
    # Envoy is anybody's: what it does is in its configuration, and it runs simulated.
    assert images - installed().keys() == {ENVOY}
    assert {image for image in images if image.startswith("liqo/")} <= PROGRAMS.keys()
