"""Endpoints that people write for services without a selector, and the slices that follow them."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import ENDPOINT_SLICES, ENDPOINTS, EVENTS, SERVICES
from liqolab.apimachinery.resources import Object
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANAGER = "endpointslicemirroring-controller.k8s.io"
SERVICE = {"metadata": {"name": "db"}, "spec": {"ports": [{"name": "pg", "port": 5432}]}}


def endpoints(*addresses: str, port: int = 5432, **metadata: Any) -> Object:
    rows = [{"ip": address} for address in addresses]
    subset = {"addresses": rows, "ports": [{"name": "pg", "port": port}]}
    return {"metadata": {"name": "db"} | metadata, "subsets": [subset]}


def shown(item: Object) -> list[str]:
    return [row["addresses"][0] for row in item.get("endpoints") or []]


async def test_a_slice_follows_what_somebody_wrote(lab: Lab, namespace: str) -> None:
    await lab.client.create(SERVICES, SERVICE, namespace)
    written = endpoints("10.9.0.2", "10.9.0.1", labels={"kept": "yes"}, annotations={"note": "mine"})
    written["subsets"][0]["notReadyAddresses"] = [{"ip": "10.9.0.3", "hostname": "three"}]
    made = await lab.client.create(ENDPOINTS, written, namespace)
    mirror = await lab.until(ENDPOINT_SLICES, namespace, shown)
    assert meta.labels(mirror) == {
        "kept": "yes",
        "kubernetes.io/service-name": "db",
        "endpointslice.kubernetes.io/managed-by": MANAGER,
    }
    assert meta.annotations(mirror) == {"note": "mine"}
    assert meta.is_controlled_by(mirror, made)
    assert mirror["ports"] == [{"name": "pg", "port": 5432, "protocol": "TCP"}]
    assert {row["addresses"][0]: row["conditions"] for row in mirror["endpoints"]} == {
        "10.9.0.1": {"ready": True},
        "10.9.0.2": {"ready": True},
        "10.9.0.3": {"ready": False},
    }
    await lab.client.patch(ENDPOINTS, "db", {"subsets": endpoints("10.9.0.9")["subsets"]}, namespace)
    changed = await lab.until(ENDPOINT_SLICES, namespace, lambda item: shown(item) == ["10.9.0.9"])
    assert meta.uid(changed) == meta.uid(mirror)
    await lab.client.delete(ENDPOINTS, "db", namespace)
    await lab.until_gone(ENDPOINT_SLICES, meta.name(mirror), namespace)


async def test_an_address_is_mirrored_once_with_all_of_its_ports(lab: Lab, namespace: str) -> None:
    await lab.client.create(SERVICES, SERVICE, namespace)
    written = endpoints("10.9.0.1", "10.9.0.2")
    written["subsets"] += [
        {"notReadyAddresses": [{"ip": "10.9.0.2"}], "ports": [{"name": "pg", "port": 5432}]},
        {
            "addresses": [{"ip": "10.9.0.1"}],
            "notReadyAddresses": [{"ip": "10.9.0.2"}],
            "ports": [{"name": "b", "port": 1}],
        },
    ]
    await lab.client.create(ENDPOINTS, written, namespace)
    mirror = await lab.until(ENDPOINT_SLICES, namespace, shown)
    assert [row["name"] for row in mirror["ports"]] == ["b", "pg"]
    assert {row["addresses"][0]: row["conditions"]["ready"] for row in mirror["endpoints"]} == {
        "10.9.0.1": True,
        "10.9.0.2": False,
    }


async def test_every_family_and_every_set_of_ports_has_a_slice(lab: Lab, namespace: str) -> None:
    await lab.client.create(SERVICES, SERVICE, namespace)
    written = endpoints("10.9.0.1", "fd00::1")
    written["subsets"] += endpoints("10.9.0.1", port=5433)["subsets"]
    await lab.client.create(ENDPOINTS, written, namespace)
    expected = {("IPv4", 5432), ("IPv4", 5433), ("IPv6", 5432)}
    found: set[tuple[str, int]] = set()
    async for item in lab.follow(ENDPOINT_SLICES, namespace):
        found.add((item["addressType"], item["ports"][0]["port"]))
        if found == expected:
            return
    raise AssertionError(found)


@pytest.mark.parametrize("why", ["label", "selector"])
async def test_who_wants_no_mirror_gets_none(lab: Lab, namespace: str, why: str) -> None:
    await lab.client.create(SERVICES, SERVICE, namespace)
    await lab.client.create(ENDPOINTS, endpoints("10.9.0.1"), namespace)
    mirror = await lab.until(ENDPOINT_SLICES, namespace, shown)
    if why == "label":
        labels = {"endpointslice.kubernetes.io/skip-mirror": "true"}
        await lab.client.patch(ENDPOINTS, "db", {"metadata": {"labels": labels}}, namespace)
    else:
        await lab.client.patch(SERVICES, "db", {"spec": {"selector": {"app": "db"}}}, namespace)
    await lab.until_gone(ENDPOINT_SLICES, meta.name(mirror), namespace)


async def test_a_thousand_addresses_of_a_subset_are_mirrored(lab: Lab, namespace: str) -> None:
    await lab.client.create(SERVICES, SERVICE, namespace)
    await lab.client.create(
        ENDPOINTS, endpoints(*(f"10.9.{index // 250}.{index % 250 + 1}" for index in range(1003))), namespace
    )
    mirror = await lab.until(ENDPOINT_SLICES, namespace, shown)
    assert len(shown(mirror)) == 1000
    event = await lab.until(EVENTS, namespace, lambda item: item["reason"] == "TooManyAddressesToMirror")
    assert event["message"] == (
        "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped"
    )
