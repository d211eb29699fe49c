"""The process: starting, refusing to start, dying, and what is left after it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from liqolab.playground.embedded import process_id
from tests.api_server import Api
from tests.clusters import ClusterProcess, order, serve


@pytest.fixture
async def own_api(own_cluster: ClusterProcess, connect: Callable[[Path], Awaitable[Api]]) -> Any:
    assert "error" not in own_cluster.start()
    return await connect(own_cluster.kubeconfig)


async def test_a_start_leaves_its_marks(own_cluster: ClusterProcess, own_api: Api) -> None:
    run = json.loads((own_cluster.folder / "run.json").read_bytes())
    assert run["pid"] == own_cluster.pid and run["server"] == own_cluster.server
    assert run["startedAt"].endswith("Z")
    for name in ("kubeconfig", "store.db", "pki/ca.key", "pki/admin.key", "log"):
        assert stat.S_IMODE((own_cluster.folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((own_cluster.folder / "pki").stat().st_mode) == 0o700
    assert await own_api("GET", "/readyz", code=200) == "ok"
    nodes = (await own_api("GET", "/api/v1/nodes", code=200))["items"]
    assert [node["metadata"]["name"] for node in nodes] == ["own-control-plane"]
    accounts = await own_api("GET", "/api/v1/namespaces/default/serviceaccounts/default", code=200)
    assert accounts["metadata"]["uid"]


async def test_nothing_acknowledged_is_lost(
    own_cluster: ClusterProcess, own_api: Api, connect: Callable[[Path], Awaitable[Api]]
) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    made = [await own_api("POST", path, {"metadata": {"name": f"c{n}"}}, code=201) for n in range(20)]
    await own_api("DELETE", f"{path}/c3", code=200)
    last = int((await own_api("GET", path, code=200))["metadata"]["resourceVersion"])
    server = own_cluster.server
    own_cluster.stop(signal.SIGKILL)
    assert own_cluster.start()["server"] == server
    api = await connect(own_cluster.kubeconfig)
    listed = await api("GET", path, code=200)
    kept = {item["metadata"]["name"]: item["metadata"] for item in listed["items"]}
    assert "c3" not in kept
    assert all(kept[name] == obj["metadata"] for obj in made if (name := obj["metadata"]["name"]) != "c3")
    assert int(listed["metadata"]["resourceVersion"]) >= last
    newer = await api("POST", path, {"metadata": {"name": "newer"}}, code=201)
    assert int(newer["metadata"]["resourceVersion"]) > last
    (event,) = [event async for event in api.lines(f"{path}?watch=1&resourceVersion=1")]
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert event["object"]["message"].split(":")[0] == "too old resource version"


async def test_sigterm_ends_watches_in_an_orderly_way(own_cluster: ClusterProcess, own_api: Api) -> None:
    stream = own_api.lines("/api/v1/namespaces?watch=1")
    assert (await anext(stream))["type"] == "ADDED"
    own_cluster.stop()
    rest = [event async for event in stream]
    assert {event["type"] for event in rest} <= {"ADDED", "MODIFIED"}
    assert not (own_cluster.folder / "run.json").exists()


def test_a_cluster_does_not_outlive_its_folder(own_cluster: ClusterProcess, own_api: Api) -> None:
    with (own_cluster.folder / "lock").open() as lock:
        shutil.rmtree(own_cluster.folder)
        # Granted when the process that holds it has ended.
        fcntl.flock(lock, fcntl.LOCK_EX)


def test_several_clusters_in_one_go_with_one_that_cannot(tmp_path: Path) -> None:
    good, bad = order(tmp_path / "good"), tmp_path / "missing"
    bad.mkdir()
    done = serve(good.folder, bad)
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert lines["good"]["pid"] == process_id(good.folder)
    good.stop()
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert lines["missing"]["error"] == f"{bad}/cluster.json does not exist; create the cluster first"


def test_a_second_start_is_refused(own_cluster: ClusterProcess, own_api: Api) -> None:
    again = type(own_cluster)(own_cluster.folder).start()
    assert "is running already" in again["error"]


def test_a_taken_port_is_named(own_cluster: ClusterProcess) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        order(own_cluster.folder, apiServer={"address": "127.0.0.1", "port": port})
        line = own_cluster.start()
    assert f"cluster own cannot listen on 127.0.0.1:{port} (" in line["error"]
    assert "Traceback" not in (own_cluster.folder / "log").read_text()


def test_a_damaged_store(own_cluster: ClusterProcess) -> None:
    (own_cluster.folder / "store.db").write_bytes(b"this is no database" * 100)
    assert own_cluster.start()["error"].startswith("the cluster's store is damaged (")


def test_an_empty_file_is_an_empty_store(own_cluster: ClusterProcess) -> None:
    (own_cluster.folder / "store.db").touch()
    assert "error" not in own_cluster.start()


def test_an_order_that_makes_no_sense(own_cluster: ClusterProcess) -> None:
    order(own_cluster.folder, apiServer={"address": "10.0.0.1"})
    assert "10.0.0.1 is not a loopback address" in own_cluster.start()["error"]
    (own_cluster.folder / "cluster.json").write_text("{")
    assert "is not JSON" in own_cluster.start()["error"]


def test_a_folder_that_cannot_be_written(own_cluster: ClusterProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_cluster.folder / "lock").mkdir()
    line = own_cluster.start()
    assert line["error"] == f"{own_cluster.folder} cannot be used: {os.strerror(21)}"
