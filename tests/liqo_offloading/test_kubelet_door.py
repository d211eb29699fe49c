"""The virtual kubelet's own port: whom it answers, by certificate."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from liqolab.certificates import Authority
from liqolab.controller.client import Client
from liqolab.controller.dialing import serving
from liqolab.controller.tls import show_certificate, unverified_tls
from liqolab.liqo.virtualkubelet.kubelet import KubeletServer, kubelet_tls
from tests.host_network import HostNetwork

NODE = "liqo-naples"


class Pods:
    def list(self) -> Any:
        return []


class ApiServer(Client):
    """Lets administrators do everything and others nothing."""

    async def answer(self, call: Any) -> Any:
        body = call.body
        attributes = body["spec"]["resourceAttributes"]
        assert attributes == {"verb": "get", "resource": "nodes", "subresource": "proxy", "name": NODE}
        return {"status": {"allowed": "system:masters" in body["spec"]["groups"]}}

    def events(self, call: Any) -> None:
        raise NotImplementedError


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Any]:
    """Asks the kubelet for its pods with a certificate for (name, organization), or without one."""
    authority, authority_file = Authority.create("kubernetes"), tmp_path / "ca.crt"
    authority_file.write_bytes(authority.pem)
    network = HostNetwork()
    handler = KubeletServer((ApiServer(), None), None, Pods(), NODE).handle

    async def ask(name: str = "", organization: Any = "", path: Any = "/pods") -> Any:
        tls = unverified_tls()
        if name:
            pair = authority.issue(name, [organization])
            show_certificate(tls, pair.certificate, pair.key)
        url = f"https://127.0.0.1:{network.ports[10250]}{path}"
        async with aiohttp.ClientSession() as session, session.get(url, ssl=tls) as answer:
            return answer.status

    async with serving(network, 10250, handler, kubelet_tls(NODE, authority_file)):
        yield ask
    await network.close()


async def test_the_api_server_is_answered(door: Any) -> None:
    assert await door("kube-apiserver", "system:masters") == 200


async def test_a_peer_is_not_although_it_has_a_certificate_of_this_cluster(door: Any) -> None:
    assert await door("53d11339-fc85-4741-a912-a3eda781a69e", "liqo.io") == 403
    assert await door("53d11339-fc85-4741-a912-a3eda781a69e", "liqo.io", "/containerLogs/a/b/c") == 403


async def test_nobody_is_not(door: Any) -> None:
    with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
        await door()
