"""Bytes that travel between clusters: a remapped address dialled in one arrives at a pod of the other."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.names import unique_name
from liqolab.liqo.gen05.resources import TUNNEL_ENDPOINTS
from liqolab.liqo.network.mapping import remote_pod_ip

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
