"""An offloaded pod and the API server of its home cluster: upstream's job that lists the pods of its namespace."""

from __future__ import annotations

import base64
import json

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import JOBS, PODS, ROLE_BINDINGS, SECRETS, SERVICE_ACCOUNTS
from liqolab.apimachinery.resources import Object, Resource
from tests.liqo_offloading.conftest import Lab

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("offloading")]

ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles", "Role")
LISTS_PODS = """
cd /var/run/secrets/kubernetes.io/serviceaccount
curl -s --cacert ca.crt -H "Authorization: Bearer $(cat token)" \
  "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/$(cat namespace)/pods"
"""


async def grant(lab: Lab, account: str) -> None:
    """A service account at home that may list the pods of the namespace."""
    client, namespace = lab.venice.client, lab.venice.namespace
    await client.create(SERVICE_ACCOUNTS, SERVICE_ACCOUNTS.manifest(account, namespace), namespace)
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    await client.create(ROLES, ROLES.manifest("lister", namespace, rules=[rule]), namespace)
    binding: Object = ROLE_BINDINGS.manifest(
        "lister",
        namespace,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lister"},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    )
    await client.create(ROLE_BINDINGS, binding, namespace)


async def listed(lab: Lab, account: str) -> list[str]:
    """The pods that a job in naples is told of."""
    client, namespace = lab.venice.client, lab.venice.namespace
    asker = {"name": "c", "image": "curlimages/curl", "command": ["sh", "-c", LISTS_PODS]}
    south = {"topology.liqo.io/region": "south"}
    pod = {"serviceAccountName": account, "containers": [asker], "restartPolicy": "Never", "nodeSelector": south}
    job: Object = JOBS.manifest("lister", namespace, spec={"backoffLimit": 0, "template": {"spec": pod}})
    await client.create(JOBS, job, namespace)

    def ended(item: Object) -> bool:
        return bool(meta.get_path(item, "status", "succeeded") or meta.get_path(item, "status", "failed"))

    await lab.venice.until(JOBS, "lister", ended)
    (found,) = (await client.list(PODS, namespace, labels="job-name=lister")).items
    assert found["spec"]["nodeName"] == "liqo-naples"
    said = await client.raw(PODS.path(namespace, meta.name(found), "log"))
    answer = json.loads(said)
    assert answer["kind"] == "PodList", answer
    return sorted(map(meta.name, answer["items"]))


async def test_a_job_on_the_provider_lists_the_pods_of_its_home(lab: Lab) -> None:
    await lab.offload()
    await grant(lab, "lister")
    await lab.venice.pod("at-home", nodeName="venice-control-plane")
    await lab.venice.running("at-home")
    names = await listed(lab, "lister")
    assert "at-home" in names
    assert len(names) == 2

    # It is a token of that account and of no other, and it opens the home cluster only.
    (secret,) = (await lab.naples.client.list(SECRETS, lab.naples.namespace)).items
    assert meta.labels(secret)["kubernetes.io/service-account.name"] == "lister"
    token = base64.b64decode(secret["data"]["token"]).decode()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == f"system:serviceaccount:{lab.venice.namespace}:lister"
    assert claims["exp"] - claims["iat"] == 3600
