"""Endpoints and endpoint slices: who is behind a service, and in what state."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import ENDPOINT_SLICES, ENDPOINTS, PODS, SERVICES
from liqolab.apimachinery.resources import Object
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")


def service(name: str = "web", target: Any = "http", **spec: Any) -> Any:
    ports = [{"name": "http", "port": 80, "targetPort": target}]
    body = {"selector": {"app": "web"}, "ports": ports} | spec
    return {"metadata": {"name": name, "labels": {"team": "a"}}, "spec": body}


def pod(name: str, port: Any = 8080, **spec: Any) -> Any:
    container = {"name": "x", "image": "x", "ports": [{"name": "http", "containerPort": port}]}
    metadata = {"name": name, "labels": {"app": "web"}}
    return {"metadata": metadata, "spec": {"containers": [container]} | spec}


def ready_addresses(item: Object) -> Any:
    return [endpoint["addresses"][0] for endpoint in item["endpoints"] or [] if endpoint["conditions"]["ready"]]


async def test_a_slice_follows_its_pods(lab: Lab, namespace: str) -> None:
    made = await lab.client.create(SERVICES, service(), namespace)
    empty = await lab.until(ENDPOINT_SLICES, namespace, lambda s: True)
    assert not empty["endpoints"] and meta.name(empty).startswith("web-")
    assert meta.labels(empty) == {
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "team": "a",
    }
    assert meta.owner_references(empty) == [meta.owner_reference(made)]

    async with lab.kubelet(namespace, ready=1):
        await lab.client.create(PODS, pod("a"), namespace)
        full = await lab.until(ENDPOINT_SLICES, namespace, ready_addresses)
        assert meta.uid(full) == meta.uid(empty), "one write, not two"
        [endpoint] = full["endpoints"]
        target = await lab.client.get(PODS, "a", namespace)
        assert endpoint["targetRef"] == {"kind": "Pod", "namespace": namespace, "name": "a", "uid": meta.uid(target)}
        assert (endpoint["addresses"], endpoint["nodeName"]) == ([target["status"]["podIP"]], "here")
        assert endpoint["conditions"] == {"ready": True, "serving": True, "terminating": False}
        assert full["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]

        # A terminating pod still serves, but is not ready.
        await lab.client.patch(PODS, "a", {"metadata": {"finalizers": ["tests.liqo.io/hold"]}}, namespace)
        await lab.client.delete(PODS, "a", namespace)
        going = await lab.until(ENDPOINT_SLICES, namespace, lambda s: s["endpoints"] and not ready_addresses(s))
        assert going["endpoints"][0]["conditions"] == {"ready": False, "serving": True, "terminating": True}
        await lab.client.patch(PODS, "a", {"metadata": {"finalizers": None}}, namespace)
        await lab.until(ENDPOINT_SLICES, namespace, lambda s: not s["endpoints"])
    await lab.client.delete(SERVICES, "web", namespace)
    await lab.until_gone(ENDPOINT_SLICES, meta.name(empty), namespace)


async def test_pods_that_name_different_ports_share_no_slice(lab: Lab, namespace: str) -> None:
    await lab.client.create(SERVICES, service(), namespace)
    async with lab.kubelet(namespace):
        await lab.client.create(PODS, pod("a", 8080), namespace)
        await lab.client.create(PODS, pod("b", 9090), namespace)
        by_port = {}
        async for item in lab.follow(ENDPOINT_SLICES, namespace):
            for port in item["ports"] or []:
                by_port[port["port"]] = ready_addresses(item)
            if by_port.get(8080) and by_port.get(9090):
                break
        endpoints = await lab.until(ENDPOINTS, namespace, lambda e: len(e.get("subsets") or []) == 2)
    assert [subset["ports"][0]["port"] for subset in endpoints["subsets"]] == [8080, 9090]


async def test_endpoints_tell_ready_from_not_ready(lab: Lab, namespace: str) -> None:
    await lab.client.create(SERVICES, service(target=8080), namespace)
    await lab.client.create(SERVICES, service("eager", target=8080, publishNotReadyAddresses=True), namespace)
    async with lab.kubelet(namespace) as kubelet:
        await lab.client.create(PODS, pod("a"), namespace)
        full = await lab.until(ENDPOINTS, namespace, lambda e: meta.name(e) == "web" and e.get("subsets"))
        assert [address["targetRef"]["name"] for address in full["subsets"][0]["addresses"]] == ["a"]
        assert meta.labels(full) == {"endpoints.kubernetes.io/managed-by": "endpoint-controller", "team": "a"}
        await kubelet.report("a", "Running", ready=False)
        unready = await lab.until(
            ENDPOINTS,
            namespace,
            lambda e: meta.name(e) == "web" and "notReadyAddresses" in (e.get("subsets") or [{}])[0],
        )
        assert "addresses" not in unready["subsets"][0]
        address = unready["subsets"][0]["notReadyAddresses"][0]["ip"]
        await lab.until(
            ENDPOINTS,
            namespace,
            lambda e: meta.name(e) == "eager" and e["subsets"][0].get("addresses", [{}])[0].get("ip") == address,
        )
        await kubelet.report("a", "Succeeded")
        await lab.until(ENDPOINTS, namespace, lambda e: meta.name(e) == "web" and not e.get("subsets"))
    await lab.client.delete(SERVICES, "web", namespace)
    await lab.until_gone(ENDPOINTS, "web", namespace)


async def test_headless_services_name_their_pods(lab: Lab, namespace: str) -> None:
    await lab.client.create(SERVICES, service(clusterIP="None"), namespace)
    async with lab.kubelet(namespace):
        await lab.client.create(PODS, pod("web-0", hostname="web-0", subdomain="web"), namespace)
        item = await lab.until(ENDPOINT_SLICES, namespace, ready_addresses)
    assert item["endpoints"][0]["hostname"] == "web-0"
    assert meta.labels(item)["service.kubernetes.io/headless"] == ""


async def test_slices_of_other_managers_are_left_alone(lab: Lab, namespace: str) -> None:
    """Liqo reflects the slices of remote clusters into a service that also has local pods."""
    labels = {
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice.reflection.liqo.io",
    }
    reflected = {
        "metadata": {"name": "web-remote", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.204.0.12"], "conditions": {"ready": True}}],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    }
    made = await lab.client.create(ENDPOINT_SLICES, reflected, namespace)
    await lab.client.create(SERVICES, service(), namespace)
    async with lab.kubelet(namespace):
        await lab.client.create(PODS, pod("a"), namespace)
        await lab.until(ENDPOINT_SLICES, namespace, lambda s: meta.name(s) != "web-remote" and ready_addresses(s))
    assert await lab.client.get(ENDPOINT_SLICES, "web-remote", namespace) == made


async def test_a_hundred_endpoints_to_a_slice(lab: Lab, namespace: str) -> None:
    await lab.client.create(SERVICES, service(target=8080), namespace)
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}

    async def run(number: Any) -> None:
        await lab.client.create(PODS, pod(f"p{number}"), namespace)
        address = {"podIP": f"10.201.0.{number}"}
        await lab.client.patch(PODS, f"p{number}", {"status": status | address}, namespace, subresource="status")

    await asyncio.gather(*map(run, range(130)))
    sizes = {}
    async for item in lab.follow(ENDPOINT_SLICES, namespace):
        sizes[meta.name(item)] = len(item["endpoints"] or [])
        if sum(sizes.values()) == 130:
            break
    assert sorted(sizes.values()) == [30, 100]
