"""Any kind of a real cluster: as one would type it, as the server lays it out, without secrets and without tricks."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from liqolab.atlas.explorer_model import AtlasError, Table
from liqolab.atlas.live import Atlas
from liqolab.atlas.logs import log_lines
from tests.laboratory import Laboratory

pytestmark = pytest.mark.embedded

_PATIENCE_SECONDS = 60

HOSTILE_EVENT = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {"name": "hostile", "namespace": "default"},
    "involvedObject": {"kind": "Secret", "name": "safe", "namespace": "default"},
    "type": "Warning",
    "reason": "Owned",
    "message": "\x1b[2J\x1b]0;owned\a password=hunter2 " + "x" * 900,
    "lastTimestamp": "2026-11-22T20:22:05Z",
}
WORDS = (
    "namespaceoffloadings",
    "nsof",
    "nsof.v1alpha1.offloading.liqo.io",
    "namespaceoffloadings.offloading.liqo.io",
    "namespaceoffloading.offloading",
)
COLUMNS = ["Name", "Ready", "Status", "Restarts", "Age"]


@pytest.fixture
async def atlas(clusters: Laboratory) -> AsyncIterator[Atlas]:
    async with Atlas(clusters.kubeconfigs) as found:
        yield found


def names(table: Table) -> list[str]:
    return [row.name for row in table.rows]


@pytest.mark.parametrize("word", ["po", "pod", "pods", "Pod", "pods."])
async def test_a_kind_is_found_by_every_word_that_kubectl_takes(atlas: Atlas, word: str) -> None:
    table = await atlas.explorer("venice").table(word, "liqo-demo")
    assert [column.name for column in table.columns if not column.wide] == [
        "Name",
        "Ready",
        "Status",
        "Restarts",
        "Age",
    ]
    assert [row.cells[2] for row in table.rows] == ["Pending", "Running"]
    assert {row.namespace for row in table.rows} == {"liqo-demo"}


async def test_all_kinds_are_known_with_their_groups(atlas: Atlas) -> None:
    kinds = {kind.word: kind for kind in await atlas.explorer("venice").kinds()}
    assert kinds["pods"].short_names == ("po",)
    assert kinds["foreignclusters.discovery.liqo.io"].namespaced is False
    assert "subjectaccessreviews.authorization.k8s.io" not in kinds
    for kind in WORDS:
        table = await atlas.explorer("venice").table(kind, "liqo-demo")
        assert names(table) == ["offloading"], kind


async def test_tables_of_all_namespaces_are_filtered_by_text_and_by_labels(atlas: Atlas) -> None:
    everything = await atlas.explorer("venice").table("deployments.apps")
    assert everything.columns[0].name == "Namespace"
    assert {"liqo", "kube-system", "liqo-demo"} <= {row.cells[0] for row in everything.rows}
    assert names(await atlas.explorer("venice").table("deploy", filter="LIQO-DEMO")) == ["app-center", "app-south"]
    rest = names(await atlas.explorer("venice").table("deploy", filter="!liqo-demo"))
    assert sorted([*rest, "app-center", "app-south"]) == sorted(names(everything))
    assert names(await atlas.explorer("venice").table("po", "liqo-demo", "-l app=app-south"))[0].startswith(
        "app-south-"
    )


async def test_secrets_and_what_terminals_obey_stay_in_the_cluster(
    clusters: Laboratory, atlas: Atlas, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps(HOSTILE_EVENT))
    create = "create secret generic safe --from-literal=password=hunter2"
    await asyncio.to_thread(clusters.kubectl, "florence", create)
    await asyncio.to_thread(clusters.kubectl, "florence", f"create -f {event}")
    hidden = await atlas.explorer("florence").manifest("secret", "safe", "default")
    value = base64.b64encode(b"hunter2").decode()
    assert value not in hidden
    assert "managedFields" not in hidden
    shown = yaml.safe_load(await atlas.explorer("florence").manifest("secret", "safe", "default", reveal=True))
    assert shown["data"]["password"] == value
    for table in (
        await atlas.explorer("florence").events("secret", "safe", "default"),
        await atlas.explorer("florence").table("events", "default", "owned"),
    ):
        (row,) = table.rows
        message = row.cells[-1] if len(table.columns) == 5 else " ".join(row.cells)
        assert "owned" in message
        assert "hunter2" not in message
        assert message.isprintable()


async def test_a_log_may_contain_anything() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"first\r\n\x1b[31mred\xff"
        yield b" and more\n\n"
        for _ in range(64):
            yield b"y" * 16 * 1024
        yield b"\nlast"

    lines = [line async for line in log_lines(chunks())]
    assert (lines[0], lines[2], lines[-1]) == ("first", "", "last")
    assert "red" in lines[1]
    assert all(line.isprintable() for line in lines)
    assert sum(line.count("y") for line in lines) == 1024 * 1024
    assert max(map(len, lines)) < 40 * 1024


async def test_a_pod_tells_its_story(atlas: Atlas) -> None:
    (name,) = [one for one in names(await atlas.explorer("venice").table("po", "liqo-demo")) if "center" in one]
    summary = "\n".join(await atlas.explorer("venice").summary("pod", name, "liqo-demo"))
    assert "State:         Unschedulable" in summary
    assert "Controlled by: ReplicaSet/app-center-" in summary
    events = await atlas.explorer("venice").events("po", name, "liqo-demo")
    assert [column.name for column in events.columns] == ["Type", "Reason", "Age", "From", "Message"]
    assert ("Warning", "FailedScheduling") in {row.cells[:2] for row in events.rows}
    assert await atlas.why("venice", "pod", name, "liqo-demo")
    healthy = names(await atlas.explorer("venice").table("po", "liqo-demo", "south"))[0]
    assert await atlas.why("venice", "pod", healthy, "liqo-demo") == []


async def test_logs_are_read_to_their_end_or_followed(atlas: Atlas) -> None:
    name = names(await atlas.explorer("venice").table("po", "liqo", "liqo-auth"))[0]
    whole = [line async for line in atlas.explorer("venice").logs(name, "liqo", follow=False, tail=None)]
    assert any("serving on port" in line for line in whole)
    followed = atlas.explorer("venice").logs(name, "liqo", tail=1)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        assert await anext(followed) == whole[-1]


@pytest.mark.parametrize(
    ("cluster", "kind", "name", "sentence"),
    [
        (
            "rome",
            "pod",
            "",
            'nothing can be shown of cluster "rome": there is no such cluster (known: venice, ',
        ),
        ("venice", "gondola", "", 'cluster "venice" has no "gondola" to show'),
        ("venice", "pod", "gone", 'venice: pods gone cannot be shown: pods "gone" not found (it may have been deleted'),
    ],
)
async def test_what_cannot_be_shown_is_said(atlas: Atlas, cluster: str, kind: str, name: str, sentence: str) -> None:
    with pytest.raises(AtlasError) as caught:
        await (atlas.explorer(cluster).manifest(kind, name, "default") if name else atlas.explorer(cluster).table(kind))
    assert sentence in str(caught.value)


async def test_a_dead_cluster_is_an_error_with_advice(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(
        json.dumps(
            {
                "current-context": "it",
                "contexts": [{"name": "it", "context": {"cluster": "it"}}],
                "clusters": [{"name": "it", "cluster": {"server": "http://127.0.0.1:1"}}],
            }
        )
    )
    async with Atlas(lambda: {"it": file}) as atlas:
        with pytest.raises(AtlasError) as caught:
            await atlas.explorer("it").table("pods")
        assert "http://127.0.0.1:1" in caught.value.why
        assert "liqolab status" in caught.value.next
