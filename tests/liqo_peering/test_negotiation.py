"""What is offered, and how the state of a peering is judged: pure tables."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.liqo.foreigncluster.conditions import network, peering
from liqolab.liqo.foreigncluster.phase import Phase, incoming_allowed, outgoing_wanted
from liqolab.liqo.gen05 import names
from liqolab.liqo.resources.quota import differs, offered


def node(name: str, ready: str = "True", virtual: bool = False, **allocatable: str) -> dict[str, Any]:
    labels = {names.LABEL_TYPE: names.TYPE_VIRTUAL_NODE} if virtual else {}
    status = {"allocatable": allocatable, "conditions": [{"type": "Ready", "status": ready}]}
    return {"metadata": {"name": name, "labels": labels}, "status": status}


def pod(node: str, phase: str = "Running", origin: str = "", **requests: str) -> dict[str, Any]:
    labels = {names.LABEL_ORIGIN: origin} if origin else {}
    containers = [{"name": "main", "resources": {"requests": requests}}]
    return {
        "metadata": {"labels": labels},
        "spec": {"nodeName": node, "containers": containers},
        "status": {"phase": phase},
    }


def test_an_offer_is_a_share_of_what_is_free() -> None:
    nodes = [
        node("one", cpu="4", memory="8Gi", pods="110"),
        node("two", cpu="2", memory="4Gi", pods="110"),
        node("broken", ready="False", cpu="64"),
        node("liqo-far", virtual=True, cpu="64"),
    ]
    pods = [
        pod("one", cpu="500m", memory="1Gi"),
        pod("two", cpu="250m"),
        pod("two", phase="Pending", cpu="1"),
        pod("two", phase="Succeeded", cpu="1"),
        pod("liqo-far", cpu="1"),
        pod("one", origin="venice", cpu="1"),
        pod("one", origin="florence", cpu="250m"),
    ]
    # 6 - 0.5 - 0.25 - 0.25 CPUs; 12 GiB - 1 GiB = 11812 M (rounded up), 90 % of it
    assert offered(nodes, pods, "venice", 90) == {"cpu": "4500m", "memory": "10630M", "pods": "198"}


def test_a_share_of_something_scarce_is_nothing_and_never_less() -> None:
    nodes = [node("one", **{"cpu": "1", "nvidia.com/gpu": "1"})]
    pods = [pod("one", cpu="3")]
    assert offered(nodes, pods, "venice", 90) == {"cpu": "0", "nvidia.com/gpu": "0"}


def test_init_containers_count_if_they_need_more() -> None:
    busy = pod("one", cpu="100m")
    busy["spec"]["initContainers"] = [{"name": "init", "resources": {"requests": {"cpu": "1"}}}]
    assert offered([node("one", cpu="2")], [busy], "venice", 100) == {"cpu": "1"}


@pytest.mark.parametrize(
    ("old", "new", "renewed"),
    [
        ({"cpu": "1"}, {"cpu": "1"}, False),
        ({"cpu": "1"}, {"cpu": "1050m"}, False),
        ({"cpu": "1"}, {"cpu": "1051m"}, True),
        ({"cpu": "1"}, {"cpu": "900m"}, True),
        ({"cpu": "0"}, {"cpu": "1m"}, True),
        ({"cpu": "1"}, {"cpu": "1", "pods": "1"}, True),
    ],
)
def test_an_offer_is_renewed_beyond_a_threshold(old: dict[str, str], new: dict[str, str], renewed: bool) -> None:
    assert differs(old, new, 5) is renewed


OFFER = {"status": {"virtualKubeletStatus": "Created"}}
WITHDRAWN = {"withdrawalTimestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("request_", "offer", "status", "reason"),
    [
        (None, None, "None", "NoResourceRequest"),
        ({}, None, "Pending", "ResourceRequestPending"),
        ({"status": {"offerState": "None"}}, OFFER, "Pending", "ResourceRequestPending"),
        ({"status": {"offerState": "None"}, "spec": WITHDRAWN}, None, "Pending", "ResourceRequestPending"),
        ({"status": {"offerState": "Created"}}, None, "Pending", "ResourceRequestPending"),
        ({"status": {"offerState": "Created"}}, {}, "Pending", "KubeletPending"),
        ({"status": {"offerState": "Created"}}, OFFER, "Established", "ResourceRequestAccepted"),
        ({"status": {"offerState": "Created"}, "spec": WITHDRAWN}, OFFER, "Disconnecting", "ResourceRequestDeleting"),
        (
            {"status": {"offerState": "Created", "offerWithdrawalTimestamp": "2026-01-01T00:00:00Z"}},
            None,
            "Disconnecting",
            "ResourceRequestDeleting",
        ),
        ({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, None, "Disconnecting", "ResourceRequestDeleting"),
    ],
)
def test_a_direction_is_judged_by_request_and_offer(
    request_: dict[str, Any] | None, offer: dict[str, Any] | None, status: str, reason: str
) -> None:
    if request_ is not None:
        request_ = {"metadata": {}, **request_}
    text = peering(request_, offer, "liqo-tenant-x")
    assert (text.status, text.reason) == (status, reason)


@pytest.mark.parametrize(
    ("connection", "status", "message"),
    [
        ({}, "Pending", "but it is not connected yet"),
        ({"status": "Connecting"}, "Pending", "but it is not connected yet"),
        ({"status": "Connected"}, "Established", "and it is connected"),
        ({"status": "Error", "statusMessage": "another key"}, "None", "another key"),
    ],
)
def test_the_network_is_judged_by_the_tunnel(connection: dict[str, str], status: str, message: str) -> None:
    text = network({"status": {"connection": connection}}, "liqo-tenant-x")
    assert text.status == status
    assert text.message.endswith(message)


def test_auto_means_different_things_in_the_two_directions() -> None:
    fc: dict[str, Any] = {"metadata": {"labels": {}}, "spec": {}}
    lan = {"metadata": {"labels": {names.LABEL_DISCOVERY_TYPE: "LAN"}}, "spec": {"outgoingPeeringEnabled": "Auto"}}
    assert not outgoing_wanted(fc, True)
    assert outgoing_wanted(lan, True)
    assert not outgoing_wanted(lan, False)
    assert incoming_allowed(fc, True)
    assert not incoming_allowed(fc, False)
    assert not incoming_allowed({"metadata": {}, "spec": {"incomingPeeringEnabled": "No"}}, True)


def test_a_request_alone_entitles_to_nothing() -> None:
    def fc(**directions: tuple[str, str]) -> dict[str, Any]:
        rows = [{"type": name, "status": status, "reason": reason} for name, (status, reason) in directions.items()]
        return {"spec": {}, "status": {"peeringConditions": rows}}

    assert not Phase.of(None).active
    assert not Phase.of(fc(OutgoingPeering=("Pending", "ResourceRequestPending"))).active
    assert Phase.of(fc(OutgoingPeering=("Pending", "KubeletPending"))).outgoing
    assert Phase.of(fc(IncomingPeering=("Disconnecting", "ResourceRequestDeleting"))).incoming
