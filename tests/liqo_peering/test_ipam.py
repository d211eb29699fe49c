"""The allocation that decides which addresses a learner sees: the lesson's numbers, kept to the digit."""

import pytest

from liqolab.liqo.network.ipam import Ipam, IpamError, best_fit, network, remapped
from liqolab.liqo.network.mapping import endpoint_ip, map_ip, remote_pod_ip

POD, SERVICE, EXTERNAL = "10.200.0.0/16", "10.80.0.0/12", "10.201.0.0/16"


def lesson_cluster() -> Ipam:
    return Ipam.initial(POD, SERVICE)


def peer(ipam: Ipam, name: str) -> tuple[str, str]:
    networks = ipam.add_peer(name, POD, EXTERNAL)
    return networks.remote_pod, networks.remote_external


def test_peers_with_equal_networks_get_the_lessons_remapping() -> None:
    ipam = lesson_cluster()
    assert ipam.external_cidr == EXTERNAL
    assert [peer(ipam, name) for name in ("florence", "naples", "third", "fourth")] == [
        ("10.202.0.0/16", "10.203.0.0/16"),
        ("10.204.0.0/16", "10.205.0.0/16"),
        ("10.206.0.0/16", "10.207.0.0/16"),
        ("10.192.0.0/16", "10.193.0.0/16"),
    ]


def test_a_service_network_with_host_bits_is_reported_as_it_was_written() -> None:
    assert Ipam.initial(POD, "10.90.0.0/12").service_cidr == "10.90.0.0/12"


def test_a_network_that_overlaps_nothing_is_kept() -> None:
    ipam = lesson_cluster()
    networks = ipam.add_peer("far", "10.210.0.0/16", "192.168.0.0/16")
    assert (networks.remote_pod, networks.remote_external) == ("10.210.0.0/16", "192.168.0.0/16")
    assert remapped("10.210.0.0/16", networks.remote_pod) == "None"
    assert ipam.add_peer("again", "10.210.0.0/16", EXTERNAL).remote_pod != "10.210.0.0/16"


def test_a_peer_cannot_have_what_every_machine_has_by_itself() -> None:
    networks = lesson_cluster().add_peer("sly", "127.18.0.0/16", "169.254.0.0/16")
    assert (networks.remote_pod, networks.remote_external) == ("10.202.0.0/16", "10.203.0.0/16")


def test_unpeering_releases_and_the_next_peer_takes_over() -> None:
    ipam = lesson_cluster()
    peer(ipam, "florence"), peer(ipam, "naples")
    ipam.remove_peer("florence")
    assert peer(ipam, "naples") == ("10.204.0.0/16", "10.205.0.0/16"), "a known peer keeps its networks"
    assert peer(ipam, "turin") == ("10.202.0.0/16", "10.203.0.0/16")


def test_allocation_survives_being_stored() -> None:
    ipam = lesson_cluster()
    peer(ipam, "florence")
    ipam.map_endpoint("florence", "10.204.0.7")
    again = Ipam.from_spec(ipam.to_spec())
    assert again == ipam
    assert peer(again, "naples") == ("10.204.0.0/16", "10.205.0.0/16")


@pytest.mark.parametrize(
    ("used", "length", "expected"),
    [
        ([], 16, "10.0.0.0/16"),
        (["10.0.0.0/16"], 16, "10.1.0.0/16"),
        (["10.0.0.0/17"], 17, "10.0.128.0/17"),
        (["10.0.0.0/16", "10.128.0.0/16", "10.130.0.0/16"], 16, "10.1.0.0/16"),
        (["10.0.0.0/8"], 16, "192.168.0.0/16"),
        (["0.0.0.0/1"], 24, "192.168.0.0/24"),
    ],
)
def test_best_fit_takes_the_smallest_block_then_the_lowest(used: list[str], length: int, expected: str) -> None:
    pools = [network("10.0.0.0/8"), network("192.168.0.0/16")]
    assert str(best_fit(pools, map(network, used), length)) == expected


def test_exhaustion_and_nonsense_are_reported_and_change_nothing() -> None:
    ipam = Ipam.initial(POD, SERVICE, reserved=["10.0.0.0/8", "192.168.0.0/16"])
    before = ipam.to_spec()
    with pytest.raises(IpamError, match="no networks available"):
        ipam.add_peer("greedy", "172.0.0.0/8", EXTERNAL)
    with pytest.raises(IpamError, match="not an IPv4 network"):
        ipam.add_peer("odd", "pods", EXTERNAL)
    assert ipam.to_spec() == before


def test_endpoints_share_one_external_address_until_nobody_needs_it() -> None:
    ipam = lesson_cluster()
    assert ipam.map_endpoint("naples", "10.202.0.9") == "10.201.0.1"
    assert ipam.map_endpoint("florence", "10.202.0.9") == "10.201.0.1"
    assert ipam.map_endpoint("naples", "8.8.8.8") == "10.201.0.2"
    assert ipam.endpoint_mappings("naples") == {"10.202.0.9": "10.201.0.1", "8.8.8.8": "10.201.0.2"}
    ipam.unmap_endpoint("naples", "10.202.0.9")
    assert "10.202.0.9" in ipam.endpoints
    ipam.remove_peer("florence")
    assert "10.202.0.9" not in ipam.endpoints


def test_addresses_are_translated_both_ways() -> None:
    tep = {
        "spec": {
            "localPodCIDR": POD,
            "localNATPodCIDR": "10.202.0.0/16",
            "localExternalCIDR": EXTERNAL,
            "localNATExternalCIDR": "10.203.0.0/16",
            "remotePodCIDR": POD,
            "remoteNATPodCIDR": "10.204.0.0/16",
            "remoteExternalCIDR": EXTERNAL,
            "remoteNATExternalCIDR": "10.205.0.0/16",
        }
    }
    assert map_ip("10.204.0.0/16", "10.200.0.12") == "10.204.0.12"
    assert remote_pod_ip(tep, "10.200.0.12") == "10.204.0.12"
    assert endpoint_ip(tep, "10.200.0.5") == "10.202.0.5"
    assert endpoint_ip(tep, "10.206.0.5", "10.201.0.1") == "10.203.0.1"
    with pytest.raises(ValueError, match="external network"):
        endpoint_ip(tep, "10.206.0.5")
    tep["spec"]["remoteNATPodCIDR"] = "None"
    assert remote_pod_ip(tep, "10.200.0.12") == "10.200.0.12"
