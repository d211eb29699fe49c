"""Bytes that travel between clusters: a remapped address dialled in one arrives at a pod of the other."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NETWORK_POLICIES, PODS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.names import unique_name
from liqolab.liqo.gen05.resources import TUNNEL_ENDPOINTS
from liqolab.liqo.network.mapping import local_pod_cidr, map_ip, remote_pod_ip

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("peering")]


async def ready_pod(cluster: Any, name: str, **probe: Any) -> Object:
    """A pod that serves port 80, once it is ready; `probe` may make that depend on somebody else's answer."""
    container = {"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}
    if probe:
        container["readinessProbe"] = {"httpGet": {"path": "/", "port": 80, **probe}, "periodSeconds": 1}
    body = {"metadata": {"name": name}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 0}}
    await cluster.client.create(PODS, body, "default")

    def of(found: list[Object]) -> list[Object]:
        return [pod for pod in found if meta.name(pod) == name and meta.pod_is_ready(pod)]

    return of(await cluster.until(PODS, lambda found: bool(of(found))))[0]


async def test_a_pod_of_the_peer_answers_under_its_remapped_address(venice: Any, naples: Any) -> None:
    await venice.peered_with(naples)
    name = unique_name("naples", await naples.identity())
    tep = await venice.client.get(TUNNEL_ENDPOINTS, name, await venice.tenant(naples))
    address = (await ready_pod(naples, "far"))["status"]["podIP"]
    remapped = remote_pod_ip(tep, address)
    assert remapped != address, "both clusters have the same pod network"
    await ready_pod(venice, "near", host=remapped)
    for cluster, pod in ((venice, "near"), (naples, "far")):
        await cluster.client.delete(PODS, pod, "default")


async def asked(cluster: Any, name: str, url: str) -> tuple[str, str]:
    """The address of a pod that asks for `url` in vain or not, and what it was answered."""
    ask = f"curl -s --max-time 5 {url} || echo nothing"
    container = {"name": "c", "image": "curlimages/curl", "command": ["sh", "-c", ask]}
    spec = {"containers": [container], "restartPolicy": "Never"}
    await cluster.client.create(PODS, {"metadata": {"name": name}, "spec": spec}, "default")

    def of(found: list[Object]) -> list[Object]:
        return [pod for pod in found if meta.name(pod) == name and meta.pod_is_terminal(pod)]

    (pod,) = of(await cluster.until(PODS, lambda found: bool(of(found)), 60))
    said = (await cluster.client.raw(PODS.path("default", name, "log"))).decode()
    await cluster.client.delete(PODS, name, "default", grace_seconds=0)
    return pod["status"]["podIP"], said.strip()


async def test_a_peers_pods_are_known_by_their_addresses_and_policies_hold_for_them(venice: Any, naples: Any) -> None:
    await venice.peered_with(naples)
    name = unique_name("naples", await naples.identity())
    tep = await venice.client.get(TUNNEL_ENDPOINTS, name, await venice.tenant(naples))
    container = {"name": "c", "image": "registry.k8s.io/e2e-test-images/agnhost:2.53", "args": ["netexec"]}
    body = {"metadata": {"name": "server"}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 0}}
    await naples.client.create(PODS, body, "default")
    found = await naples.until(
        PODS, lambda found: any(meta.name(pod) == "server" and meta.pod_is_ready(pod) for pod in found), 60
    )
    address = next(pod["status"]["podIP"] for pod in found if meta.name(pod) == "server")
    url = f"http://{remote_pod_ip(tep, address)}:8080/clientip"
    own, said = await asked(venice, "free", url)
    assert said.partition(":")[0] == map_ip(local_pod_cidr(tep), own)

    # It is no pod of this cluster, whatever its gateway is: only a rule about addresses lets it in.
    for number, (peer, answered) in enumerate(
        (({"ipBlock": {"cidr": local_pod_cidr(tep)}}, True), ({"namespaceSelector": {}}, False))
    ):
        spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [peer]}]}
        policy = NETWORK_POLICIES.manifest(f"policy-{number}", "default", spec=spec)
        await naples.client.create(NETWORK_POLICIES, policy, "default")
        own, said = await asked(venice, f"judged-{number}", url)
        expected = map_ip(local_pod_cidr(tep), own) if answered else "nothing"
        assert said.partition(":")[0] == expected
        await naples.client.delete(NETWORK_POLICIES, f"policy-{number}", "default")
    await naples.client.delete(PODS, "server", "default")
