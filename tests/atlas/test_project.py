"""What is seen of objects: states of pods, twins, peerings, and names in place of IDs."""

from __future__ import annotations

import pytest

from liqolab.atlas.pods import pod_view
from liqolab.atlas.project import Raw, project, selector_text
from liqolab.atlas.world import World
from tests.atlas.atlas_objects import (
    CONSUMER,
    PROVIDER,
    Object,
    foreign_cluster,
    identity,
    namespace,
    namespace_map,
    node,
    offloading,
    pod,
    unscheduled,
    waiting,
)

READY = {"conditions": [{"type": "Ready", "status": "True"}]}
DELETED = pod("p", phase="Running")
DELETED["metadata"]["deletionTimestamp"] = "2026-11-22T20:22:05Z"


def ended(code: int) -> Object:
    return {"containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": code, "reason": "Error"}}}]}


def restarted(count: int, ready: bool) -> Object:
    state = {"ready": ready, "restartCount": count, "state": {"running": {}}}
    return {"containerStatuses": [{**state, "lastState": {"terminated": {"exitCode": 3}}}]}


@pytest.mark.parametrize(
    ("item", "state", "reason"),
    [
        (pod("p", phase="Running", **READY), "Running", ""),
        (pod("p", phase="Running", **restarted(2, ready=True)), "Running", ""),
        (pod("p", phase="Running", **restarted(2, ready=False)), "Failing", "Restarting"),
        (pod("p", phase="Running", **ended(1)), "Failing", "Error"),
        (pod("p", phase="Running", **ended(0)), "Running", ""),
        (pod("p", phase="Running", **waiting("CrashLoopBackOff")), "Failing", "CrashLoopBackOff"),
        (pod("p", phase="Pending", **waiting("ImagePullBackOff")), "Failing", "ImagePullBackOff"),
        (pod("p", phase="Pending", **waiting("ContainerCreating")), "Pending", "ContainerCreating"),
        (pod("p", phase="Pending", reason="OffloadingBackOff"), "Failing", "OffloadingBackOff"),
        (pod("p", phase="Pending", **unscheduled("Unschedulable")), "Unschedulable", "Unschedulable"),
        (pod("p", phase="Pending", **unscheduled("SchedulingGated")), "Pending", "SchedulingGated"),
        (pod("p", phase="Pending"), "Pending", ""),
        (pod("p"), "Pending", ""),
        (pod("p", phase="Succeeded", **ended(0)), "Succeeded", ""),
        (pod("p", phase="Failed", reason="Evicted"), "Failed", "Evicted"),
        (DELETED, "Terminating", ""),
    ],
)
def test_the_state_of_a_pod_is_what_a_glance_should_tell(item: Object, state: str, reason: str) -> None:
    view = pod_view(item, {})
    assert (view.state, view.reason) == (state, reason)


def test_copies_of_the_machinery_that_a_virtual_node_refuses_are_not_shown() -> None:
    def copy(name: str, space: str, owner: str, **status: str) -> Object:
        item = pod(name, **status)
        item["metadata"] |= {"namespace": space, "ownerReferences": [{"kind": owner, "name": "o", "controller": True}]}
        return item

    refused = {"phase": "Pending", "reason": "OffloadingBackOff"}
    pods = [
        copy("kube-proxy-a", "kube-system", "DaemonSet", **refused),
        copy("kube-proxy-b", "kube-system", "DaemonSet", phase="Running"),
        copy("coredns-a", "kube-system", "ReplicaSet", **refused),
        copy("mine-a", "liqo-demo", "DaemonSet", **refused),
    ]
    (view,) = project({"venice": Raw(pods=pods)}).clusters
    assert [shown.name for shown in view.pods] == ["coredns-a", "kube-proxy-b", "mine-a"]


@pytest.mark.parametrize(
    ("labels", "owner", "app"),
    [
        ({"app": "web", "k8s-app": "other"}, None, "web"),
        ({"app.kubernetes.io/name": "auth"}, None, "auth"),
        ({}, {"kind": "ReplicaSet", "name": "web-848cb64b4f"}, "web"),
        ({}, {"kind": "StatefulSet", "name": "base"}, "base"),
        ({}, {"kind": "Node", "name": "venice-control-plane"}, "alone"),
        ({}, None, "alone"),
    ],
)
def test_a_pod_is_an_instance_of_what_its_labels_or_its_owner_say(
    labels: Object, owner: Object | None, app: str
) -> None:
    item = pod("alone", labels=labels, phase="Running")
    item["metadata"]["ownerReferences"] = [{**owner, "controller": True}] if owner else []
    assert pod_view(item, {}).app == app


@pytest.fixture
def world() -> World:
    """Venice offloads to Naples, whose administrator calls Venice by another name than the playground does."""
    south = {"key": "region", "operator": "In", "values": ["south"]}
    venice = Raw(
        namespaces=[namespace("liqo-demo"), namespace("liqo-tenant-naples-712ca1"), namespace("kube-system")],
        nodes=[node("liqo-naples", cluster_id=PROVIDER), node("venice-control-plane")],
        pods=[pod("b", node="liqo-naples", phase="Running"), pod("a", phase="Pending"), pod("auth", "liqo")],
        foreign_clusters=[
            foreign_cluster(
                "naples", PROVIDER, OutgoingPeering="Established", NetworkStatus="Pending", AuthenticationStatus="Error"
            )
        ],
        offloadings=[offloading("liqo-demo", south)],
        namespace_maps=[namespace_map(PROVIDER, liqo_demo="Accepted"), namespace_map("other", liqo_demo="Terminating")],
        identity=[identity(CONSUMER)],
    )
    twin = pod("b", node="naples-control-plane", labels={"virtualkubelet.liqo.io/origin": CONSUMER}, phase="Running")
    naples = Raw(
        namespaces=[namespace("liqo-demo", twin_of=CONSUMER)],
        nodes=[node("naples-control-plane", ready=False)],
        pods=[twin],
        foreign_clusters=[foreign_cluster("some-customer", CONSUMER, IncomingPeering="Established")],
        namespace_maps=[namespace_map(PROVIDER, own=False, liqo_demo="Accepted")],
    )
    return project({"venice": venice, "naples": naples, "rome": Raw(error="nothing listens")})


def test_twins_and_peers_are_called_what_the_playground_calls_them(world: World) -> None:
    venice, naples, rome = world.clusters
    demo = next(found for found in venice.namespaces if found.name == "liqo-demo")
    assert (demo.offloaded_to, demo.selector, demo.offloading) == (("naples",), "region=south", "Ready")
    assert [found.offloaded_from for found in naples.namespaces] == ["venice"]
    assert naples.namespaces[0].offloaded_to == ()
    assert [found.offloaded_from for found in naples.pods] == ["venice"]
    assert [(found.name, found.cluster) for found in venice.nodes] == [
        ("venice-control-plane", ""),
        ("liqo-naples", "naples"),
    ]
    assert [found.cluster for found in naples.peerings] == ["venice"]
    assert (rome.reachable, rome.error) == (False, "nothing listens")


def test_a_peering_says_what_keeps_it_from_being_established(world: World) -> None:
    (peering,) = world.clusters[0].peerings
    assert (peering.outgoing, peering.incoming, peering.networking) == ("Established", "None", "Pending")
    assert peering.message == "AuthenticationStatus is Error"


def test_what_kubernetes_and_liqo_made_for_themselves_is_marked(world: World) -> None:
    venice = world.clusters[0]
    assert {found.name: found.system for found in venice.namespaces} == {
        "kube-system": True,
        "liqo-demo": False,
        "liqo-tenant-naples-712ca1": True,
    }
    assert (venice.liqo, world.clusters[1].liqo, venice.version) == (True, False, "v1.23.6")


def test_a_selector_reads_as_one_would_type_it() -> None:
    rows = [
        {"key": "a", "operator": "NotIn", "values": ["x", "y"]},
        {"key": "b", "operator": "DoesNotExist"},
        {"key": "c", "operator": "Gt", "values": ["3"]},
        {"key": "d", "operator": "NotIn", "values": ["x"]},
    ]
    terms = {
        "nodeSelectorTerms": [{"matchExpressions": rows}, {"matchExpressions": [{"key": "e", "operator": "Exists"}]}]
    }
    assert selector_text(terms) == "a notin (x,y),!b,c > 3,d!=x or e"
    assert selector_text({}) == selector_text(None) == ""
