"""What upstream's liqoctl 0.5.4 looks for, our Liqo has: its recorded requests find something, and its waits end."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS
from tests.liqo_offloading.conftest import Lab

REQUESTS: Any = yaml.safe_load((Path(__file__).parents[1] / "liqo_upstream/requests.yaml").read_text())
CONTROL_PLANE = ("status", "generate peer-command")


async def _found(client: Any, request: str) -> list[Object]:
    path, _, query = request.partition("?")
    answer: Object = await client.document(path, query=dict(parse_qsl(query)))
    return answer["items"] if answer["kind"].endswith("List") else [answer]


@pytest.mark.parametrize("command", REQUESTS)
async def test_every_request_finds_something(lab: Lab, command: str) -> None:
    if command == "offload namespace":
        await lab.offload()
    peer = await lab.venice.client.get(FOREIGN_CLUSTERS, "naples")
    known = {
        "peer": "naples",
        "peer-id": peer["spec"]["clusterIdentity"]["clusterID"],
        "tenant": peer["status"]["tenantNamespace"]["local"],
        "namespace": lab.venice.namespace,
    }
    missing = []
    for request in REQUESTS[command]:
        for name, value in known.items():
            request = request.replace(f"{{{name}}}", value)
        found = await _found(lab.venice.client, request)
        if not found or (command in CONTROL_PLANE and "/pods?" in request and not all(map(meta.pod_is_ready, found))):
            missing.append(request)
    assert missing == []


async def test_what_peering_waits_for_has_come(lab: Lab) -> None:
    identifier = (await lab.venice.client.get(FOREIGN_CLUSTERS, "naples"))["spec"]["clusterIdentity"]["clusterID"]
    clusters, nodes = [
        await _found(lab.venice.client, request.replace("{peer-id}", identifier))
        for request in REQUESTS["peer out-of-band"]
    ]
    # Exactly one of each: upstream's takes two for an error.
    ((cluster,), (node,)) = clusters, nodes
    rows = {row["type"]: row["status"] for row in cluster["status"]["peeringConditions"]}
    for waited in ("AuthenticationStatus", "NetworkStatus", "OutgoingPeering"):
        assert rows[waited] == "Established"
    assert [row["status"] for row in meta.conditions(node) if row["type"] == "Ready"] == ["True"]


async def test_generating_finds_the_address_and_the_port(lab: Lab) -> None:
    (deployment,) = await _found(lab.venice.client, REQUESTS["generate peer-command"][2])
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert "--cluster-id=$(CLUSTER_ID)" in container["args"]
    (service,) = await _found(lab.venice.client, REQUESTS["generate peer-command"][3])
    assert [port["name"] for port in service["spec"]["ports"]] == ["https"]
    assert service["spec"]["ports"][0]["nodePort"]
    (storage,) = await _found(lab.venice.client, REQUESTS["status"][-1])
    assert all(storage["spec"][field] for field in ("podCIDR", "serviceCIDR", "externalCIDR"))
