"""The authentication service through its HTTPS door, and what the certificate it gives is good for."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from liqolab.apimachinery.builtin import CONFIG_MAPS, NAMESPACES, NODES, SECRETS
from liqolab.apimachinery.errors import ApiError
from liqolab.certificates import signing_request
from liqolab.controller.http import HttpClient
from liqolab.controller.kubeconfig import Access
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import NAMESPACE_MAPS, RESOURCE_REQUESTS
from liqolab.liqo.identity.certificates import new_identity_request

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("peering")]


async def post(cluster: Any, body: Any) -> tuple[int, Any]:
    url = await cluster.auth_url() + "/identity/certificate"
    async with aiohttp.ClientSession() as session, session.post(url, json=body, ssl=False) as answer:
        text = await answer.text()
        return answer.status, await answer.json() if answer.status == 202 else text


async def request(asked: Any, cluster_id: str, csr: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "cluster": {"clusterID": cluster_id, "clusterName": "visitor"},
        "destinationClusterToken": await asked.token(),
        "certificateSigningRequest": base64.b64encode(csr).decode(),
    } | changes


async def test_ids_tell_who_the_cluster_is(naples: Any) -> None:
    async with aiohttp.ClientSession() as session, session.get(await naples.auth_url() + "/ids", ssl=False) as answer:
        assert await answer.json() == {"clusterId": await naples.identity(), "clusterName": "naples"}


async def test_identity_is_granted_once_for_one_key(naples: Any) -> None:
    visitor = str(uuid.uuid4())
    key, csr = new_identity_request(visitor)
    body = await request(naples, visitor, csr)
    status, grant = await post(naples, body)
    assert status == 202
    assert grant["namespace"] == names.tenant_namespace("visitor", visitor)
    assert await post(naples, body) == (202, grant), "asking again is harmless"
    status, text = await post(naples, await request(naples, visitor, new_identity_request(visitor)[1]))
    assert status == 403, "another key for the same cluster"
    assert "exists already" in text

    certificate = base64.b64decode(grant["certificate"])
    access = Access(grant["apiServerUrl"], base64.b64decode(grant["apiServerCA"]), certificate, key)
    async with HttpClient(access) as client:
        spec = {"clusterIdentity": body["cluster"], "authUrl": "https://127.0.0.1:1"}
        wish = RESOURCE_REQUESTS.manifest("visitor", spec=spec)
        await client.create(RESOURCE_REQUESTS, wish, grant["namespace"])
        await client.delete(RESOURCE_REQUESTS, "visitor", grant["namespace"])
        for resource, namespace in (
            (SECRETS, grant["namespace"]),
            (NAMESPACE_MAPS, grant["namespace"]),
            (RESOURCE_REQUESTS, None),
            (CONFIG_MAPS, "liqo"),
            (NODES, None),
        ):
            with pytest.raises(ApiError) as refused:
                await client.list(resource, namespace)
            assert refused.value.code == 403, resource


async def test_refusals(naples: Any) -> None:
    visitor = str(uuid.uuid4())
    good = new_identity_request(visitor)[1]
    assert await post(naples, await request(naples, visitor, good, destinationClusterToken="wrong")) == (
        401,
        'invalid token "wrong"',
    )
    assert (await post(naples, await request(naples, visitor, good, destinationClusterToken="")))[0] == 401
    own, key = await naples.identity(), Ed25519PrivateKey.generate()
    bad = [
        [],
        {},
        await request(naples, visitor, good, certificateSigningRequest="no base64!"),
        await request(naples, visitor, b"no pem"),
        await request(naples, visitor, new_identity_request(str(uuid.uuid4()))[1]),
        await request(naples, visitor, signing_request(key, visitor, ["system:masters"])),
        await request(naples, visitor, signing_request(key, visitor)),
        await request(naples, own, new_identity_request(own)[1]),
        await request(naples, "kubernetes-admin", new_identity_request("kubernetes-admin")[1]),
        await request(naples, visitor, good, cluster={"clusterID": visitor, "clusterName": "../etc"}),
    ]
    for body in bad:
        status, text = await post(naples, body)
        assert status == 400, (body, text)


async def test_a_namespace_that_somebody_else_has_made_is_no_tenant_namespace(naples: Any) -> None:
    visitor = str(uuid.uuid4())
    taken = names.tenant_namespace("visitor", visitor)
    await naples.client.create(NAMESPACES, {"metadata": {"name": taken}})
    status, text = await post(naples, await request(naples, visitor, new_identity_request(visitor)[1]))
    assert status == 500
    assert f'namespace "{taken}" is not free' in text
    assert not [item for item in (await naples.client.list(SECRETS, taken)).items if item["type"] == "Opaque"]
    await naples.client.delete(NAMESPACES, taken)
