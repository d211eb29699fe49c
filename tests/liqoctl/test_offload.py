"""``offload`` and ``unoffload namespace``, with the test in the place of the offloading's controllers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from liqolab.apimachinery.errors import ApiError
from liqolab.controller.http import HttpClient
from liqolab.controller.waiting import wait_for
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS
from tests.liqoctl.conftest import Liqoctl, Terminal


async def report(admin: HttpClient, namespace: str, phase: Any, *, generation: Any = None) -> None:
    """Publish a phase for the generation that is there (at least `generation`)."""
    wanted = generation or 1
    found = {}

    def done(store: Any) -> Any:
        found.update({each["metadata"]["generation"]: each for each in store.values()})
        return max(found, default=0) >= wanted

    await wait_for(admin, NAMESPACE_OFFLOADINGS, done, namespace, seconds=30)
    status = {"offloadingPhase": phase, "observedGeneration": max(found)}
    await admin.patch(NAMESPACE_OFFLOADINGS, "offloading", {"status": status}, namespace, subresource="status")


async def offload(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, namespace: str, phase: Any, *flags: Any, generation: Any = None
) -> Any:
    running = asyncio.create_task(liqoctl("offload", "namespace", namespace, *flags, kubeconfig=cluster))
    await report(admin, namespace, phase, generation=generation)
    return await running


async def test_output_when_it_is_read_by_a_program(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, namespace: str, cleared: str
) -> None:
    flags = ("--namespace-mapping-strategy", "EnforceSameName", "--selector", "topology.liqo.io/region=south")
    finished = await offload(liqoctl, cluster, admin, namespace, "Ready", *flags)
    assert finished.code == 0
    assert finished.out == (
        f'Enabling namespace offloading for "{namespace}"\n'
        f'{cleared}INFO: Offloading of namespace "{namespace}" correctly enabled\n'
        f'Waiting for offloading of namespace "{namespace}" to complete\n'
        f"{cleared}INFO: Offloading completed successfully\n"
    )
    spec = (await admin.get(NAMESPACE_OFFLOADINGS, "offloading", namespace))["spec"]
    term = {"key": "topology.liqo.io/region", "operator": "In", "values": ["south"]}
    assert spec == {
        "clusterSelector": {"nodeSelectorTerms": [{"matchExpressions": [term]}]},
        "namespaceMappingStrategy": "EnforceSameName",
        "podOffloadingStrategy": "LocalAndRemote",
    }


async def test_no_cluster_selected_is_a_warning(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, namespace: str
) -> None:
    finished = await offload(liqoctl, cluster, admin, namespace, "NoClusterSelected")
    assert (finished.code, finished.outcomes[-1]) == (0, "WARN: Offloading completed, but no cluster was selected")


async def test_failed_phases_are_errors(liqoctl: Liqoctl, cluster: Path, admin: HttpClient, namespace: str) -> None:
    finished = await offload(liqoctl, cluster, admin, namespace, "SomeFailed")
    message = 'ERRO: Failed waiting for offloading to complete: the offloading is in "SomeFailed" state'
    assert (finished.code, finished.outcomes[-1]) == (1, message)


async def test_stale_phase_is_not_taken_for_the_new_one(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, namespace: str
) -> None:
    await offload(liqoctl, cluster, admin, namespace, "Ready")
    finished = await offload(
        liqoctl, cluster, admin, namespace, "NoClusterSelected", "-l", "region=north", generation=2
    )
    assert finished.outcomes[-1] == "WARN: Offloading completed, but no cluster was selected"


async def test_more_restrictive_strategy_warns(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, namespace: str
) -> None:
    await offload(liqoctl, cluster, admin, namespace, "Ready")
    finished = await offload(
        liqoctl, cluster, admin, namespace, "Ready", "--pod-offloading-strategy=Remote", generation=2
    )
    assert finished.outcomes[1:] == [
        "WARN: The PodOffloadingStrategy was mutated to a more restrictive setting",
        "WARN: Existing pods violating this policy might still be running",
        "INFO: Offloading completed successfully",
    ]


async def test_timeout(liqoctl: Liqoctl, cluster: Path, namespace: str) -> None:
    finished = await liqoctl("offload", "ns", namespace, "--timeout", "300ms", kubeconfig=cluster)
    message = "ERRO: Failed waiting for offloading to complete: timed out waiting for the condition"
    assert (finished.code, finished.outcomes[-1]) == (1, message)


async def test_missing_namespace(liqoctl: Liqoctl, cluster: Path) -> None:
    finished = await liqoctl("offload", "namespace", "foo", kubeconfig=cluster)
    missing = 'Error from server (NotFound): namespaces "foo" not found'
    assert (finished.code, finished.outcomes) == (1, [f"ERRO: Failed enabling namespace offloading: {missing}"])


async def test_unoffload_waits_for_the_end_and_may_be_repeated(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, namespace: str
) -> None:
    await offload(liqoctl, cluster, admin, namespace, "Ready")
    finalizer = {"metadata": {"finalizers": ["namespaceoffloading-controller.liqo.io/finalizer"]}}
    await admin.patch(NAMESPACE_OFFLOADINGS, "offloading", finalizer, namespace)
    running = asyncio.create_task(liqoctl("unoffload", "namespace", namespace, kubeconfig=cluster))

    def deleting(store: Any) -> Any:
        return any("deletionTimestamp" in each["metadata"] for each in store.values())

    await wait_for(admin, NAMESPACE_OFFLOADINGS, deleting, namespace, seconds=30)
    assert not running.done()
    await admin.patch(NAMESPACE_OFFLOADINGS, "offloading", {"metadata": {"finalizers": None}}, namespace)
    done = [
        f'INFO: Offloading of namespace "{namespace}" correctly disabled',
        "INFO: Unoffloading completed successfully",
    ]
    finished = await running
    assert (finished.code, finished.outcomes) == (0, done)
    finished = await liqoctl("unoffload", "namespace", namespace, kubeconfig=cluster)
    nothing = f'WARN: Namespace "{namespace}" was not offloaded; there is nothing to take back'
    assert (finished.code, finished.outcomes) == (0, [done[0], nothing, done[1]])
    try:
        await admin.get(NAMESPACE_OFFLOADINGS, "offloading", namespace)
    except ApiError as error:
        assert error.not_found


async def test_terminal_form(
    cluster: Path, admin: HttpClient, namespace: str, liqoctl_terminal: Callable[..., Terminal]
) -> None:
    child = liqoctl_terminal("offload", "namespace", namespace)
    await report(admin, namespace, "Ready")
    await asyncio.to_thread(child.wait_for_end)
    assert child.exitstatus == 0
    assert child.lines == [
        f' INFO  Offloading of namespace "{namespace}" correctly enabled',
        " INFO  Offloading completed successfully",
    ]
