"""The virtual kubelet's own port: whom it answers, by certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from liqolab.certificates import Authority
from liqolab.controller.client import Client
from liqolab.controller.dialing import serving
from liqolab.controller.http import HttpClient
from liqolab.controller.kubeconfig import Access
from liqolab.controller.tls import show_certificate, unverified_tls
from liqolab.controller.upgrades import offered_within, upgrade
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


async def test_what_another_api_server_asks_for_in_spdy_is_passed_on_to_the_byte(tmp_path: Path) -> None:
    """Real API servers speak SPDY with kubelets, whatever their clients speak."""
    asked: list[str] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100_000):
            writer.write(data)

    async def provider(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path_qs)
        return await upgrade(request, offered_within(request)[-1], echo)

    authority, authority_file = Authority.create("kubernetes"), tmp_path / "ca.crt"
    authority_file.write_bytes(authority.pem)
    network = HostNetwork()
    mappings = SimpleNamespace(active={"here": SimpleNamespace(remote="there")})
    async with serving(network, 6443, provider):
        remote = HttpClient(Access(f"http://127.0.0.1:{network.ports[6443]}"))
        kubelet = KubeletServer((ApiServer(), remote), mappings, Pods(), NODE)
        async with remote, serving(network, 10250, kubelet.handle, kubelet_tls(NODE, authority_file)):
            pair = authority.issue("kube-apiserver", ["system:masters"])
            access = Access(
                f"https://127.0.0.1:{network.ports[10250]}", certificate=pair.certificate, key=pair.key, insecure=True
            )
            content = bytes(range(256)) * 2000
            for path, query, wanted in (
                ("/portForward/here/p", [], "/portforward?"),
                ("/exec/here/p/c", [("command", "a b"), ("input", "1")], "/exec?container=c&command=a+b&stdin=true"),
                ("/attach/here/p/c", [("output", "1")], "/attach?container=c&stdout=true"),
            ):
                async with HttpClient(access) as client, client.upgraded(path, query, ("a", "b")) as (spoken, stream):
                    stream[1].write(content)
                    assert (spoken, await stream[0].readexactly(len(content)) == content) == ("b", True)
                assert asked.pop() == f"/api/v1/namespaces/there/pods/p{wanted}".rstrip("?")
    await network.close()
