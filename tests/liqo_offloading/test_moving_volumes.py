"""``liqoctl move volume``: bytes go from cluster to cluster, and pods after them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PODS, SERVICES, STATEFUL_SETS
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS
from tests.liqo_offloading.conftest import Lab
from tests.liqo_offloading.test_storage import STORAGE, bound, claim, claiming, following


async def move(lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "liqolab.liqo.ctl", "move", "volume", *words, "-n", lab.venice.namespace]
    environment = os.environ | {"KUBECONFIG": str(lab.venice.process.kubeconfig)}
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=300, env=environment, check=False
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was printed, without what is cleared away by the next line."""
    return [line.rpartition("\r")[2] for line in done.stdout.splitlines() if line.strip()]


async def test_what_a_volume_holds_moves_abroad_and_back(lab: Lab) -> None:
    await lab.offload()
    await claim(lab.venice, "data")
    script = (
        "mkdir -p /data/deep/er; echo kept > /data/deep/er/file; ln -s deep/er/file /data/link; chmod 600 /data/link"
    )
    await lab.venice.pod("writer", **claiming("data", "venice-control-plane", f"{script}; sleep 3600"))
    await lab.venice.running("writer")
    refused = await move(lab, "data", "--target-node", "liqo-naples")
    assert refused.returncode == 1
    space = lab.venice.namespace
    assert lines(refused)[-1] == (
        f"ERRO: Failed to check mounter pod: the volume ({space}/data) must not to be mounted by any pod, "
        f"but found mounter pod {space}/writer"
    )
    await lab.venice.client.delete(PODS, "writer", space)
    await lab.venice.until_gone(PODS, "writer")

    for node in ("liqo-naples", "venice-control-plane"):
        done = await move(lab, "data", "--target-node", node)
        assert done.returncode == 0, done.stdout + done.stderr
        assert [line for line in lines(done) if line.startswith("INFO")] == [
            "INFO: Pre-flight checks passed",
            "INFO: Liqo-storage namespace offloaded",
            "INFO: Ensured restic repository",
            "INFO: Restic repository is up and running",
            "INFO: Snapshot taken",
            "INFO: Restore completed",
            "INFO: Removed restic repository",
            "INFO: Repatriated the liqo-storage namespace",
        ]
        found, _ = await bound(lab.venice, "data")
        assert meta.annotations(found)["volume.kubernetes.io/selected-node"] == node
        await lab.venice.pod("reader", **following("data"))
        reader = await lab.venice.running("reader")
        assert reader["spec"]["nodeName"] == node
        assert lab.venice.kubectl("exec", "reader", "--", "cat", "/data/link").stdout == "kept\n"
        assert await lab.naples.exists(PERSISTENT_VOLUME_CLAIMS, "data") is (node == "liqo-naples")
        await lab.venice.client.delete(PODS, "reader", space)
        await lab.venice.until_gone(PODS, "reader")
        # Its jobs' pods mention the claim as long as they are there.
        for pod in (await lab.venice.client.list(PODS, space)).items:
            await lab.venice.until_gone(PODS, meta.name(pod))

    for resource, name in ((SERVICES, "restic-registry"), (STATEFUL_SETS, "restic-registry")):
        assert await lab.venice.client.find(resource, name, STORAGE) is None
    assert await lab.venice.client.find(NAMESPACE_OFFLOADINGS, "offloading", STORAGE) is None


async def test_a_move_that_cannot_begin_says_why_and_leaves_nothing(lab: Lab) -> None:
    space = lab.venice.namespace
    nowhere = await move(lab, "none", "--target-node", "liqo-naples")
    assert nowhere.returncode == 1
    assert lines(nowhere)[-1].startswith(f"ERRO: Failed to get PVC {space}/none: Error from server (NotFound)")

    await claim(lab.venice, "data")
    unknown = await move(lab, "data", "--target-node", "liqo-atlantis")
    assert lines(unknown)[-1].startswith('ERRO: Failed to get target node: Error from server (NotFound): nodes "liqo-')
    unplaced = await move(lab, "data", "--target-node", "liqo-naples")
    assert lines(unplaced)[-1] == (
        f"ERRO: Failed to check if the volume is local: pvc {space}/data has no selected-node annotation, "
        "cannot determine on which cluster is stored"
    )
    without = await move(lab, "data")
    assert 'required flag(s) "target-node" not set' in without.stderr
    assert await lab.venice.client.find(STATEFUL_SETS, "restic-registry", STORAGE) is None
