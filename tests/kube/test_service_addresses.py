"""ServiceCIDRs and IPAddresses: every cluster address has an object, and networks can be added. Texts are 1.34's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import EVENTS, IP_ADDRESSES, SERVICE_CIDRS, SERVICES
from liqolab.apimachinery.errors import ApiError
from liqolab.controller.client import Client
from liqolab.kube.controllers.services import addresses
from tests.clusters import in_process
from tests.kube.test_system_objects import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = "default"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A cluster with few addresses, in which networks go at once."""
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(addresses, "_GRACE_SECONDS", 0.0)
    folder = tmp_path_factory.mktemp("addresses") / "addresses"
    async with in_process(folder, serviceCIDR="10.80.0.0/28") as (_, made):
        yield made
    monkeypatch.undo()


def service(name: str, **spec: Any) -> Any:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


async def refused(client: Client, resource: Any, body: Any, namespace: Any = None) -> list[str]:
    with pytest.raises(ApiError) as caught:
        await client.create(resource, body, namespace)
    assert caught.value.code == 422
    return [f"{row['field']}: {row['message']}" for row in caught.value.status["details"]["causes"]]


async def gone(client: Client, resource: Any, name: str) -> None:
    listed = await client.list(resource)
    if any(meta.name(row) == name for row in listed.items):
        async for event in client.watch(resource, resource_version=listed.resource_version):
            if event.type == "DELETED" and meta.name(event.object) == name:
                return


async def test_the_default_network_is_ready(client: Client) -> None:
    found = await until(client, SERVICE_CIDRS, None, lambda o: meta.condition_is_true(o, "Ready"))
    assert (meta.name(found), found["spec"]) == ("kubernetes", {"cidrs": ["10.80.0.0/28"]})
    assert meta.finalizers(found) == ["networking.k8s.io/service-cidr-finalizer"]
    (condition,) = found["status"]["conditions"]
    assert (condition["reason"], condition["message"]) == ("", "Kubernetes Service CIDR is ready")


async def test_an_address_lives_as_long_as_its_service(client: Client) -> None:
    made = await client.create(SERVICES, service("lives"), HOME)
    address = made["spec"]["clusterIP"]
    found = await client.get(IP_ADDRESSES, address)
    assert found["metadata"]["labels"] == {
        "ipaddress.kubernetes.io/ip-family": "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
    }
    assert found["spec"] == {"parentRef": {"resource": "services", "namespace": HOME, "name": "lives"}}
    await client.delete(SERVICES, "lives", HOME)
    again = await client.create(SERVICES, service("again", clusterIP=address), HOME)
    found = await client.get(IP_ADDRESSES, address)
    assert found["spec"]["parentRef"]["name"] == "again"
    external = {**again["spec"], "type": "ExternalName", "externalName": "x.org"}
    for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        external.pop(field, None)
    await client.update(SERVICES, {**again, "spec": external})
    await gone(client, IP_ADDRESSES, address)
    await client.delete(SERVICES, "again", HOME)


async def test_one_that_is_deleted_comes_back(client: Client) -> None:
    made = await client.create(SERVICES, service("repaired"), HOME)
    address = made["spec"]["clusterIP"]
    before = await client.get(IP_ADDRESSES, address)
    await client.delete(IP_ADDRESSES, address)
    await until(
        client,
        IP_ADDRESSES,
        None,
        lambda o: meta.name(o) == address and o["spec"] == before["spec"] and meta.uid(o) != meta.uid(before),
    )
    text = f"Cluster IP [IPv4]: {address} is not allocated; repairing"
    await until(client, EVENTS, HOME, lambda o: (o["reason"], o["message"]) == ("ClusterIPNotAllocated", text))
    await client.delete(SERVICES, "repaired", HOME)


async def test_what_somebody_else_holds_is_taken(client: Client) -> None:
    parent = {"group": "gateways.io", "resource": "gateways", "namespace": "x", "name": "g"}
    await client.create(IP_ADDRESSES, {"metadata": {"name": "10.80.0.9"}, "spec": {"parentRef": parent}})
    taken = 'spec.clusterIPs: Invalid value: ["{0}"]: failed to allocate IP {0}: provided IP is already allocated'
    for address in ("10.80.0.9", "10.80.0.1"):
        errors = await refused(client, SERVICES, service("late", clusterIP=address), HOME)
        assert errors == [taken.format(address)]
    text = "failed to allocate IP 1.2.3.4: the provided network does not match the current range"
    errors = await refused(client, SERVICES, service("far", clusterIP="1.2.3.4"), HOME)
    assert errors == [f'spec.clusterIPs: Invalid value: ["1.2.3.4"]: {text}']
    with pytest.raises(ApiError, match="field is immutable"):
        await client.patch(IP_ADDRESSES, "10.80.0.9", {"spec": {"parentRef": {"name": "h"}}})
    await client.delete(IP_ADDRESSES, "10.80.0.9")


async def test_a_full_network_is_helped_by_another(client: Client) -> None:
    names = []
    with pytest.raises(ApiError, match="failed to allocate a serviceIP: range is full"):
        for number in range(20):
            await client.create(SERVICES, service(f"s{number}"), HOME)
            names.append(f"s{number}")
    more = {"metadata": {"name": "more"}, "spec": {"cidrs": ["192.0.2.0/28"]}}
    await client.create(SERVICE_CIDRS, more)
    made = await client.create(SERVICES, service("more"), HOME)
    assert made["spec"]["clusterIP"].startswith("192.0.2.")
    await until(client, SERVICE_CIDRS, None, lambda o: meta.name(o) == "more" and meta.finalizers(o))
    await client.delete(SERVICE_CIDRS, "more")
    found = await until(
        client, SERVICE_CIDRS, None, lambda o: (meta.find_condition(o, "Ready") or {}).get("reason") == "Terminating"
    )
    assert found["status"]["conditions"][0]["message"] == (
        "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR"
    )
    text = "failed to allocate IP 192.0.2.5: the provided network does not match the current range"
    errors = await refused(client, SERVICES, service("late", clusterIP="192.0.2.5"), HOME)
    assert errors == [f'spec.clusterIPs: Invalid value: ["192.0.2.5"]: {text}']
    for name in (*names, "more"):
        await client.delete(SERVICES, name, HOME)
    await gone(client, SERVICE_CIDRS, "more")


ONE_FAMILY = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
WRONG_NETWORKS = [
    ([], "spec.cidrs: Required value: at least one CIDR required"),
    (["nope"], 'spec.cidrs[0]: Invalid value: "nope": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'),
    (["10.1.2.3/24"], 'spec.cidrs[0]: Invalid value: "10.1.2.3/24": must not have bits set beyond the prefix length'),
    (
        ["10.01.0.0/16"],
        'spec.cidrs[0]: Invalid value: "10.01.0.0/16": must not have leading 0s in IP or prefix length',
    ),
    (
        ["10.0.0.0/8", "10.1.0.0/16"],
        f'spec.cidrs: Invalid value: ["10.0.0.0/8","10.1.0.0/16"]: {ONE_FAMILY}',
    ),
    (
        ["1.0.0.0/8", "2.0.0.0/8", "3.0.0.0/8"],
        'spec.cidrs: Invalid value: {"CIDRs":["1.0.0.0/8","2.0.0.0/8","3.0.0.0/8"]}: may only hold up to 2 values',
    ),
]


@pytest.mark.parametrize(("cidrs", "text"), WRONG_NETWORKS)
async def test_networks_are_checked(client: Client, cidrs: Any, text: Any) -> None:
    assert await refused(client, SERVICE_CIDRS, {"metadata": {"name": "x"}, "spec": {"cidrs": cidrs}}) == [text]


WRONG_ADDRESSES = [
    ("nope", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
    ("10.0.0.01", "must not have leading 0s"),
    ("::0001", 'must be in canonical form ("::1")'),
]


@pytest.mark.parametrize(("name", "text"), WRONG_ADDRESSES)
async def test_addresses_are_checked(client: Client, name: Any, text: Any) -> None:
    body = {"metadata": {"name": name}, "spec": {"parentRef": {"resource": "a/b"}}}
    assert await refused(client, IP_ADDRESSES, body) == [
        f'metadata.name: Invalid value: "{name}": {text}',
        "spec.parentRef.resource: Invalid value: \"a/b\": may not contain '/'",
        "spec.parentRef.name: Required value",
    ]
