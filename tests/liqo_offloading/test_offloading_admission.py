"""The webhooks through their door: AdmissionReviews over HTTPS."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from liqolab.apimachinery.errors import not_found
from liqolab.controller.client import Client
from liqolab.controller.dialing import serving
from liqolab.liqo.gen05.chart.certificate import ServingCertificate
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS
from liqolab.liqo.webhook.policies import Policies
from liqolab.liqo.webhook.server import AdmissionServer
from tests.host_network import HostNetwork

PORT = 9443


def offloading(strategy: Any = "LocalAndRemote", mapping: Any = "EnforceSameName", name: str = "offloading") -> Any:
    return {
        "metadata": {"name": name, "namespace": "liqo-demo"},
        "spec": {"namespaceMappingStrategy": mapping, "podOffloadingStrategy": strategy},
    }


class Cache:
    """An informer that knows what it is told."""

    def __init__(self) -> None:
        self.known = None

    def get(self, name: str, namespace: str) -> Any:
        return self.known

    def add_handler(self, handler: Any) -> None:
        self.tell = handler


class Server(Client):
    """An API server with at most one NamespaceOffloading."""

    def __init__(self) -> None:
        self.stored = None

    async def answer(self, call: Any) -> Any:
        if self.stored is None:
            raise not_found(NAMESPACE_OFFLOADINGS, call.name)
        return self.stored

    def events(self, call: Any) -> None:
        raise NotImplementedError


class Webhooks:
    def __init__(self, session: Any, url: Any, cache: Any, api: Any) -> None:
        self.session, self.url, self.cache, self.api = session, url, cache, api

    async def ask(self, path: Any, new: Any, old: Any = None) -> Any:
        request = {"uid": "u", "namespace": "liqo-demo", "object": new, "oldObject": old}
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        async with self.session.post(self.url + path, json=review) as answer:
            response = orjson.loads(await answer.read())["response"]
        assert response["uid"] == "u"
        return response

    async def pod(self) -> Any:
        answer = await self.ask("/mutate/pod", {"metadata": {"name": "p"}, "spec": {"containers": []}})
        return orjson.loads(base64.b64decode(answer["patch"])) if "patch" in answer else answer

    async def write(self, new: Any, old: Any = None) -> Any:
        return await self.ask("/validate/namespace-offloading", new, old)


@pytest.fixture
async def webhooks(tmp_path: Path) -> AsyncIterator[Any]:
    certificate = ServingCertificate.issue("liqo-controller-manager", "liqo")
    file = tmp_path / "tls.pem"
    file.write_bytes(certificate.key + certificate.certificate)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    trust = ssl.create_default_context(cadata=certificate.authority.decode())
    trust.check_hostname = False
    cache, api, network = Cache(), Server(), HostNetwork()
    handler, connector = AdmissionServer(Policies(api, cache)).handle, aiohttp.TCPConnector(ssl=trust)
    async with serving(network, PORT, handler, tls), aiohttp.ClientSession(connector=connector) as session:
        yield Webhooks(session, f"https://127.0.0.1:{network.ports[PORT]}", cache, api)
    await network.close()


async def test_a_pod_is_refused_where_no_policy_can_be_found(webhooks: Any) -> None:
    answer = await webhooks.pod()
    assert not answer["allowed"]
    assert answer["status"] == {"code": 500, "message": "failed retrieving NamespaceOffloading"}


async def test_a_pod_meets_a_policy_that_the_cache_has_not_seen_yet(webhooks: Any) -> None:
    webhooks.api.stored = offloading("Remote")
    assert [operation["path"] for operation in await webhooks.pod()] == ["/spec/tolerations", "/spec/affinity"]


async def test_a_pod_meets_the_new_policy_while_the_cache_still_has_the_old_one(webhooks: Any) -> None:
    webhooks.cache.known = offloading()
    assert [operation["path"] for operation in await webhooks.pod()] == ["/spec/tolerations"]
    new = offloading("Remote")
    await webhooks.write(new, offloading())
    webhooks.api.stored = new
    assert [operation["path"] for operation in await webhooks.pod()] == ["/spec/tolerations", "/spec/affinity"]
    webhooks.cache.known = new
    webhooks.cache.tell("MODIFIED", new, offloading())
    webhooks.api.stored = None
    assert [operation["path"] for operation in await webhooks.pod()] == ["/spec/tolerations", "/spec/affinity"]


@pytest.mark.parametrize(
    ("new", "old", "text"),
    [
        (offloading(name="other"), None, "NamespaceOffloading name must match offloading"),
        (
            offloading(mapping="DefaultName"),
            offloading(),
            "The NamespaceMappingStrategy value cannot be modified after creation",
        ),
    ],
)
async def test_denials_carry_their_text_as_reason(webhooks: Any, new: Any, old: Any, text: Any) -> None:
    answer = await webhooks.write(new, old)
    assert (answer["allowed"], answer["status"]) == (False, {"code": 403, "reason": text})


@pytest.mark.parametrize(
    ("before", "after", "warned"),
    [
        ("LocalAndRemote", "Local", True),
        ("LocalAndRemote", "Remote", True),
        ("Local", "Remote", True),
        ("Remote", "LocalAndRemote", False),
        ("Local", "Local", False),
    ],
)
async def test_a_more_restrictive_strategy_is_warned_of(webhooks: Any, before: Any, after: Any, warned: Any) -> None:
    answer = await webhooks.write(offloading(after), offloading(before))
    assert answer["allowed"]
    assert bool(answer.get("warnings")) == warned


async def test_what_is_no_review_is_a_bad_request(webhooks: Any) -> None:
    for body in (b"nonsense", b"[]", b"{}"):
        async with webhooks.session.post(webhooks.url + "/mutate/pod", data=body) as answer:
            assert answer.status == 400
