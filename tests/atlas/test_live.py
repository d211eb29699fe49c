"""The live world of real clusters: it is true, it follows, and it survives whatever clusters do."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from liqolab.atlas.live import Atlas
from liqolab.atlas.snapshot import take
from liqolab.atlas.world import ClusterView, World
from liqolab.steps.lab import Lab
from tests.laboratory import Laboratory

pytestmark = pytest.mark.embedded

_PATIENCE_SECONDS = 60

FOREIGN_CLUSTERS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foreignclusters.discovery.liqo.io}
spec:
  group: discovery.liqo.io
  names: {plural: foreignclusters, singular: foreigncluster, kind: ForeignCluster, listKind: ForeignClusterList}
  scope: Cluster
  versions:
    - name: v1alpha1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
PEER = """
apiVersion: discovery.liqo.io/v1alpha1
kind: ForeignCluster
metadata: {name: carthage}
spec: {clusterIdentity: {clusterID: "1234", clusterName: carthage}}
"""


async def until(atlas: Atlas, holds: Callable[[World], bool]) -> World:
    """The first frame of which it is true."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async for world in atlas.changes():
                if holds(world):
                    return world
    except TimeoutError:
        pytest.fail(f"it did not come to that: {atlas.world}")
    raise AssertionError("an atlas never stops telling")


def cluster(world: World, name: str) -> ClusterView:
    return world.cluster(name) or ClusterView(name, error="it is not in the world")


def pods(world: World, name: str, app: str) -> list[tuple[str, str, str]]:
    """State, node and consumer of each pod of an app."""
    return [(pod.state, pod.node, pod.offloaded_from) for pod in cluster(world, name).pods if pod.app == app]


def lab_of(clusters: Laboratory, folder: Path) -> Lab:
    return Lab({}, folder, lambda name: clusters.kubeconfigs().get(name), tuple(clusters.kubeconfigs()))


async def test_the_live_world_is_the_one_that_a_snapshot_takes(clusters: Laboratory, tmp_path: Path) -> None:
    with lab_of(clusters, tmp_path) as lab:
        async with Atlas(clusters.kubeconfigs) as atlas:
            taken: list[World] = []

            def same(world: World) -> bool:
                taken.append(take(lab))
                return world == taken[-1]

            world = await until(atlas, same)
    venice, florence, naples = world.clusters
    assert [view.name for view in world.clusters] == ["venice", "florence", "naples"]
    assert pods(world, "venice", "app-south") == [("Running", "liqo-naples", "")]
    assert pods(world, "naples", "app-south") == [("Running", "naples-control-plane", "venice")]
    assert pods(world, "venice", "app-center") == [("Unschedulable", "", "")]
    assert [peering.cluster for peering in venice.peerings] == ["naples"]
    assert (florence.peerings, florence.liqo, naples.liqo) == ((), True, True)


async def test_what_people_do_is_shown_in_both_clusters(clusters: Laboratory) -> None:
    async with Atlas(clusters.kubeconfigs) as atlas:
        await until(atlas, lambda world: len(world.clusters) == 3)
        for count in (2, 1):
            await asyncio.to_thread(
                clusters.kubectl, "venice", f"scale deployment app-south -n liqo-demo --replicas={count}"
            )
            twins = [("Running", "naples-control-plane", "venice")] * count
            await until(atlas, lambda world, twins=twins: pods(world, "naples", "app-south") == twins)
            here = [("Running", "liqo-naples", "")] * count
            await until(atlas, lambda world, here=here: pods(world, "venice", "app-south") == here)


async def test_a_cluster_that_dies_or_falls_silent_keeps_its_last_view_and_comes_back(
    clusters: Laboratory, tmp_path: Path
) -> None:
    async with Atlas(clusters.kubeconfigs) as atlas:
        before = cluster(await until(atlas, lambda world: len(world.clusters) == 3), "florence")

        clusters.signal("florence", signal.SIGSTOP)
        silent = await until(atlas, lambda world: bool(cluster(world, "florence").error))
        clusters.signal("florence", signal.SIGCONT)
        # A silence is no death: a machine may be busy.
        assert "does not answer" in cluster(silent, "florence").error and cluster(silent, "florence").waiting
        await until(atlas, lambda world: not cluster(world, "florence").error)

        clusters.signal("florence", signal.SIGKILL)
        try:
            # What a watch in mid-sentence is told of the end is another thing, and soon replaced.
            gone = "nothing listens at https://127.0.0.1:"
            dead = cluster(await until(atlas, lambda world: gone in cluster(world, "florence").error), "florence")
            assert not dead.waiting
            assert (dead.nodes, dead.namespaces) == (before.nodes, before.namespaces)
            assert not cluster(atlas.world, "venice").error
            with lab_of(clusters, tmp_path) as lab:
                taken = await asyncio.to_thread(take, lab)
            assert [bool(view.error) for view in taken.clusters] == [False, True, False]
        finally:
            await asyncio.to_thread(clusters.liqolab, "up")
        back = await until(atlas, lambda world: not cluster(world, "florence").error)
        assert cluster(back, "florence").namespaces == before.namespaces
        assert not cluster(back, "florence").waiting


async def test_clusters_and_kinds_that_come_and_go_are_followed(clusters: Laboratory, tmp_path: Path) -> None:
    definition, peer = tmp_path / "definition.yaml", tmp_path / "peer.yaml"
    definition.write_text(FOREIGN_CLUSTERS)
    peer.write_text(PEER)

    def kubeconfigs() -> dict[str, Path]:
        return {"venice": clusters.kubeconfig("venice"), "rome": clusters.kubeconfig("rome")}

    async with Atlas(kubeconfigs) as atlas:
        world = await until(atlas, lambda world: bool(world.clusters))
        assert [view.name for view in world.clusters] == ["venice"]
        await asyncio.to_thread(clusters.shell, f"kind create cluster --name rome --kubeconfig {tmp_path}/rome")
        rome = cluster(await until(atlas, lambda world: bool(cluster(world, "rome").nodes)), "rome")
        assert (rome.liqo, rome.peerings) == (False, ())

        await asyncio.to_thread(clusters.kubectl, "rome", f"apply -f {definition}")
        waits = "wait --for=condition=Established crd/foreignclusters.discovery.liqo.io --timeout=30s"
        await asyncio.to_thread(clusters.kubectl, "rome", waits)
        await asyncio.to_thread(clusters.kubectl, "rome", f"apply -f {peer}")
        await until(atlas, lambda world: [one.cluster for one in cluster(world, "rome").peerings] == ["carthage"])
        odd = 'patch foreigncluster carthage --type merge -p \'{"status": {"peeringConditions": "all well"}}\''
        await asyncio.to_thread(clusters.kubectl, "rome", odd)
        world = await until(atlas, lambda world: "cannot be understood" in cluster(world, "rome").error)
        assert cluster(world, "rome").nodes == rome.nodes
        await asyncio.to_thread(clusters.kubectl, "rome", "delete crd foreignclusters.discovery.liqo.io")
        await until(atlas, lambda world: not cluster(world, "rome").peerings and not cluster(world, "rome").error)

        await asyncio.to_thread(clusters.shell, "kind delete cluster --name rome")
        await until(atlas, lambda world: [view.name for view in world.clusters] == ["venice"])


async def test_a_kubeconfig_may_change_break_and_vanish(clusters: Laboratory, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"

    def nodes(world: World) -> list[str]:
        return [node.name for node in cluster(world, "it").nodes]

    async with Atlas(lambda: {"it": file}) as atlas:
        assert atlas.world == World()
        file.write_text(clusters.kubeconfig("florence").read_text())
        await until(atlas, lambda world: nodes(world) == ["florence-control-plane"])
        file.write_text(clusters.kubeconfig("venice").read_text())
        atlas.refresh()
        await until(atlas, lambda world: "liqo-naples" in nodes(world))
        file.write_text("[]")
        broken = await until(atlas, lambda world: "is empty or not a mapping" in cluster(world, "it").error)
        assert "liqo-naples" in nodes(broken)
        file.unlink()
        await until(atlas, lambda world: world == World())
        changes = aiter(atlas.changes())
        assert await anext(changes) == World()
    # Who still listens when the atlas is left hears that there is no more to come.
    async with asyncio.timeout(_PATIENCE_SECONDS):
        assert await anext(changes, None) is None


async def test_a_user_who_may_not_look_is_told_so(clusters: Laboratory, tmp_path: Path) -> None:
    """A service account without rights has a kubeconfig that works, but may list nothing."""
    token = await asyncio.to_thread(clusters.kubectl, "florence", "create token default")
    address = json.loads((clusters.folder("florence") / "run.json").read_text())["server"]
    file = tmp_path / "kubeconfig"
    file.write_text(
        json.dumps(
            {
                "current-context": "it",
                "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
                "clusters": [{"name": "it", "cluster": {"server": address, "insecure-skip-tls-verify": True}}],
                "users": [{"name": "it", "user": {"token": token.strip()}}],
            }
        )
    )
    async with Atlas(lambda: {"it": file}) as atlas:
        world = await until(atlas, lambda world: bool(world.clusters))
        assert "may not be read" in cluster(world, "it").error
        assert 'cannot list resource "' in cluster(world, "it").error
