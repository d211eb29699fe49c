"""What every provider of clusters promises, asked of each in the same words."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.providers import KIND, provider_of
from tests.providers.conftest import Bench, engine, kubectl

pytestmark = pytest.mark.embedded

_SECONDS = 240
_PAUSE_SECONDS = 0.05
_IMAGE = "liqolab-conformance:1"


def kubeconfig_of(bench: Bench, name: str) -> Path:
    return asyncio.run(bench.provider.kubeconfig(name))


def until(holds: Callable[[], bool]) -> None:
    """Look until it holds: of what a container engine has made, nobody tells."""
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(_PAUSE_SECONDS)


def uid(kubeconfig: Path) -> str:
    """What tells a cluster from any that took its place."""
    return kubectl(kubeconfig, "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")


def test_a_cluster_that_was_created_is_usable(bench: Bench, cluster: str) -> None:
    kubeconfig = kubeconfig_of(bench, cluster)
    assert kubeconfig.stat().st_mode & 0o077 == 0
    nodes = json.loads(kubectl(kubeconfig, "get", "nodes", "-o", "json"))["items"]
    assert [node["metadata"]["name"] for node in nodes] == [f"{cluster}-control-plane"]
    ready = [entry["status"] for entry in nodes[0]["status"]["conditions"] if entry["type"] == "Ready"]
    assert ready == ["True"]
    assert kubectl(kubeconfig, "config", "current-context").strip() == f"kind-{cluster}"
    (status,) = asyncio.run(bench.provider.status())
    assert (status.name, status.state) == (cluster, "running")
    assert status.server in kubeconfig.read_text()


def test_a_name_that_is_taken_is_refused_and_nothing_is_touched(bench: Bench, cluster: str) -> None:
    before = uid(kubeconfig_of(bench, cluster))
    with pytest.raises(PlaygroundError, match=f'a cluster "{cluster}" already exists'):
        asyncio.run(bench.provider.create([bench.spec("b"), bench.spec("a")]))
    assert bench.states() == {cluster: "running"}
    assert uid(kubeconfig_of(bench, cluster)) == before


def test_all_come_up_or_none(bench: Bench, cluster: str, tmp_path: Path) -> None:
    config = tmp_path / "taken.yaml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(
            "{kind: Cluster, apiVersion: kind.x-k8s.io/v1alpha4, networking: {apiServerPort: %d}}" % port  # noqa: UP031
        )
        with pytest.raises(PlaygroundError) as caught:
            asyncio.run(bench.provider.create([bench.spec("b"), bench.spec("c", config)]))
    assert str(port) in str(caught.value)
    assert bench.states() == {cluster: "running"}
    assert {bench.name("b"), bench.name("c")}.isdisjoint(" ".join(bench.left()).replace("-control-plane", "").split())


@pytest.mark.parametrize("moment", ["at once", "when something is there", "when it is about to be usable"])
def test_nothing_is_left_of_what_was_interrupted(bench: Bench, cluster: str, moment: str) -> None:
    folder = bench.playground.clusters / bench.name("b")

    def arrived() -> bool:
        if moment == "at once":
            return True
        if moment == "when it is about to be usable":
            return (folder / "kubeconfig").exists() or (folder / ".kubeconfig").exists()
        return any(bench.name("b") in line for line in bench.left())

    async def interrupted() -> bool:
        creating = asyncio.create_task(bench.provider.create([bench.spec("b")]))
        await asyncio.to_thread(until, lambda: creating.done() or arrived())
        creating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await creating
        return creating.cancelled()

    if not asyncio.run(interrupted()):
        # It was quicker than the question whether it is there.
        asyncio.run(bench.provider.delete([bench.name("b")]))
    assert bench.states() == {cluster: "running"}
    assert [line for line in bench.left() if bench.name("b") in line] == []


def test_what_a_killed_command_left_makes_room(bench: Bench, cluster: str) -> None:
    """The command that was to create a cluster is ended by `kill -9`, so that it cannot clean up."""
    name = bench.name("b")
    source = (
        "import asyncio, sys; from pathlib import Path; from liqolab.playground.home import Playground;"
        "from liqolab.playground.providers import provider_of; from liqolab.playground.topology import ClusterSpec;"
        f"asyncio.run(provider_of(Playground('providers', Path({str(bench.playground.home)!r})))"
        f".create([ClusterSpec({name!r})]))"
    )
    process = subprocess.Popen([sys.executable, "-c", source])
    until(lambda: any(name in line for line in bench.left()))
    process.send_signal(signal.SIGKILL)
    process.wait()
    asyncio.run(bench.provider.delete([name]))
    asyncio.run(provider_of(bench.playground).delete([name]))
    assert bench.states() == {cluster: "running"}
    assert [line for line in bench.left() if name in line] == []


def test_what_was_stopped_comes_back_with_all_it_held(bench: Bench, cluster: str) -> None:
    kubeconfig = kubeconfig_of(bench, cluster)
    before = uid(kubeconfig)
    kubectl(kubeconfig, "create", "configmap", "kept")
    asyncio.run(bench.provider.stop([cluster]))
    assert bench.states() == {cluster: "stopped"}
    asyncio.run(bench.provider.start([cluster]))
    assert bench.states() == {cluster: "running"}
    assert uid(kubeconfig_of(bench, cluster)) == before
    assert kubectl(kubeconfig, "get", "configmap", "kept", "-o", "name").strip() == "configmap/kept"
    kubectl(kubeconfig, "delete", "configmap", "kept")


def test_what_lost_its_power_comes_back_with_all_it_held(bench: Bench, cluster: str) -> None:
    kubeconfig = kubeconfig_of(bench, cluster)
    kubectl(kubeconfig, "create", "configmap", "kept")
    bench.crash(cluster)
    assert bench.states() == {cluster: "stopped"}
    asyncio.run(bench.provider.start([cluster]))
    # Whoever starts what runs changes nothing.
    asyncio.run(bench.provider.start([cluster]))
    assert bench.states() == {cluster: "running"}
    assert kubectl(kubeconfig, "get", "configmap", "kept", "-o", "name").strip() == "configmap/kept"
    kubectl(kubeconfig, "delete", "configmap", "kept")


def test_an_image_of_this_machine_needs_no_pulling(bench: Bench, cluster: str, tmp_path: Path) -> None:
    kubeconfig = kubeconfig_of(bench, cluster)
    if bench.provider.name == KIND:
        (tmp_path / "Dockerfile").write_text('FROM scratch\nCOPY Dockerfile /\nCMD ["/nothing"]\n')
        engine("build", "-q", "-t", _IMAGE, str(tmp_path))
    asyncio.run(bench.provider.load([cluster], [_IMAGE]))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "loaded"},
        "spec": {"containers": [{"name": "a", "image": _IMAGE, "imagePullPolicy": "Never"}]},
    }
    kubectl(kubeconfig, "wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    kubectl(kubeconfig, "apply", "-f", "-", typed=json.dumps(pod))
    # There is nothing in it to run; that it is there is enough to be asked to.
    kubectl(kubeconfig, "wait", "--for=jsonpath={.status.containerStatuses[0].imageID}", "pod/loaded", "--timeout=60s")
    kubectl(kubeconfig, "delete", "pod", "loaded", "--grace-period=0", "--force")


def test_deleting_passes_over_what_is_not_there(bench: Bench, cluster: str) -> None:
    asyncio.run(bench.provider.delete(["pv-never-was"]))
    with pytest.raises(PlaygroundError, match='there is no cluster "pv-never-was"') as caught:
        asyncio.run(bench.provider.kubeconfig("pv-never-was"))
    assert cluster in caught.value.hint
