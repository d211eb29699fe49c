"""What a gateway lets in and where it sends things, and which routes lead to it: pure tables."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.liqo.network.gateway.translation import local_address, origin_address, towards
from liqolab.liqo.network.route import routes_of


def tep(peer: str, nat_pod: str, nat_external: str, status: str = "Connected") -> dict[str, Any]:
    """A TunnelEndpoint of a cluster whose own networks the peer sees under 10.210 and 10.211."""
    return {
        "metadata": {"name": peer},
        "spec": {
            "clusterID": peer,
            "localPodCIDR": "10.200.0.0/16",
            "localNATPodCIDR": "10.210.0.0/16",
            "localExternalCIDR": "10.201.0.0/16",
            "localNATExternalCIDR": "10.211.0.0/16",
            "remotePodCIDR": "10.200.0.0/16",
            "remoteNATPodCIDR": nat_pod,
            "remoteExternalCIDR": "10.201.0.0/16",
            "remoteNATExternalCIDR": nat_external,
        },
        "status": {"gatewayIP": "10.200.0.7", "connection": {"status": status}},
    }


FLORENCE = tep("florence", "10.202.0.0/16", "10.203.0.0/16")
NAPLES = tep("naples", "10.204.0.0/16", "10.205.0.0/16")
OFFERED = {"spec": {"clusterMappings": {"10.202.0.9": "10.211.0.1"}}}


@pytest.mark.parametrize(
    ("dialled", "local"),
    [
        ("10.210.0.12", "10.200.0.12"),
        ("10.211.0.1", "10.202.0.9"),
        ("10.211.0.2", None),
        ("10.200.0.12", None),
        ("127.0.0.1", None),
        ("liqo-auth.liqo.svc", None),
    ],
)
def test_a_peer_reaches_pods_and_what_it_was_offered_and_nothing_else(dialled: str, local: str | None) -> None:
    assert local_address(NAPLES, OFFERED, dialled) == local


@pytest.mark.parametrize(
    ("said", "known"), [("10.200.0.12", "10.204.0.12"), ("10.90.0.1", ""), ("127.0.0.1", ""), ("", ""), ("x", "")]
)
def test_whatever_a_peer_says_who_dials_it_is_one_of_its_own_pods_or_nobody(said: str, known: str) -> None:
    assert origin_address(NAPLES, said) == known


@pytest.mark.parametrize(
    ("address", "peer"),
    [("10.202.0.9", "florence"), ("10.204.0.1", "naples"), ("10.205.9.9", "naples"), ("10.200.0.1", None)],
)
def test_an_address_belongs_to_the_peer_whose_network_was_remapped_there(address: str, peer: str | None) -> None:
    found = towards([FLORENCE, NAPLES], address)
    assert (found["spec"]["clusterID"] if found else None) == peer


def test_routes_exist_while_the_tunnel_is_up() -> None:
    assert routes_of(NAPLES) == {"10.204.0.0/16": "10.200.0.7", "10.205.0.0/16": "10.200.0.7"}
    assert routes_of(tep("naples", "10.204.0.0/16", "10.205.0.0/16", "Connecting")) == {}
    assert routes_of(None) == {}
