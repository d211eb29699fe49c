"""Containers that are added to a pod while it runs, as ``kubectl debug`` adds them."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery.builtin import EVENTS, PODS
from liqolab.apimachinery.errors import ApiError
from tests.node.conftest import Running, is_ready

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]

DEBUGGER = {"name": "dbg", "image": "busybox", "command": ["sh", "-c", "echo here; exit 3"]}


async def add(lab: Any, *containers: Object, pod: str = "p") -> Object:
    body = {"spec": {"ephemeralContainers": list(containers)}}
    answer: Object = await lab.client.patch(PODS, pod, body, lab.namespace, subresource="ephemeralcontainers")
    return answer


def ended(pod: Object) -> Object | None:
    rows = pod["status"].get("ephemeralContainerStatuses") or [{}]
    found: Object | None = (rows[0].get("state") or {}).get("terminated")
    return found


async def test_an_added_container_runs_once_and_changes_nothing_else(lab: Any, eventually: Any) -> None:
    await lab.pod("p")
    await lab.ready("p")
    answer = await add(lab, DEBUGGER)
    kept = answer["spec"]["ephemeralContainers"][0]
    assert (kept["imagePullPolicy"], kept["terminationMessagePolicy"]) == ("Always", "File")
    pod = (await lab.until("p", ended))[-1]
    status = pod["status"]["ephemeralContainerStatuses"][0]
    assert (ended(pod)["exitCode"], ended(pod)["reason"]) == (3, "Error")
    assert (status["name"], status["restartCount"], status["ready"]) == ("dbg", 0, False)
    assert await lab.log("p", container="dbg") == "here\n"
    assert is_ready(pod) and pod["status"]["phase"] == "Running"

    async def told() -> list[str]:
        found = await lab.client.list(EVENTS, lab.namespace, fields="reason=Started")
        return [event["involvedObject"]["fieldPath"] for event in found.items]

    async def both() -> bool:
        return sorted(await told()) == ["spec.containers{c}", "spec.ephemeralContainers{dbg}"]

    await eventually(both)


async def test_what_was_added_is_not_run_again_when_the_cluster_restarts(own_lab: Running) -> None:
    async with own_lab() as lab:
        await lab.pod("p")
        await lab.ready("p")
        await add(lab, DEBUGGER | {"command": ["sleep", "1000"]})
        await lab.until("p", runs)
    async with own_lab() as lab:
        pod = (await lab.until("p", lambda pod: is_ready(pod) and bool(ended(pod))))[-1]
        assert pod["status"]["ephemeralContainerStatuses"][0]["restartCount"] == 0


def _case(field: str, value: Any) -> tuple[list[Object], str]:
    text = f"spec.ephemeralContainers[1].{field}: Forbidden: cannot be set for an Ephemeral Container"
    return [DEBUGGER, {"name": "b", "image": "x", field: value}], text


def runs(pod: Object) -> bool:
    rows = pod["status"].get("ephemeralContainerStatuses") or [{}]
    return "running" in (rows[0].get("state") or {})


REFUSED: dict[str, tuple[list[Object], str]] = {
    "removed": ([], 'spec.ephemeralContainers: Forbidden: existing ephemeral containers "dbg" may not be removed'),
    "changed": (
        [DEBUGGER | {"image": "alpine"}],
        'existing ephemeral containers "dbg" may not be changed\n@@ -1,6 +1,6 @@\n {\n  "Name": "dbg",\n'
        '- "Image": "busybox",\n+ "Image": "alpine",\n',
    ),
    "name of another": ([DEBUGGER, {"name": "c", "image": "x"}], '[1].name: Duplicate value: "c"'),
    "target": (
        [DEBUGGER, {"name": "b", "image": "x", "targetContainerName": "zz"}],
        'spec.ephemeralContainers[1].targetContainerName: Not found: "zz"',
    ),
    "ports": _case("ports", [{"containerPort": 1}]),
    "resources": _case("resources", {"limits": {"cpu": "1"}}),
    "lifecycle": _case("lifecycle", {"preStop": {"sleep": {"seconds": 1}}}),
    "no image": ([DEBUGGER, {"name": "b"}], "spec.ephemeralContainers[1].image: Required value"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=list(REFUSED))
async def test_what_may_not_be_added_or_changed_is_refused(lab: Any, case: tuple[list[Object], str]) -> None:
    await lab.pod("p")
    await add(lab, DEBUGGER)
    with pytest.raises(ApiError) as refused:
        await add(lab, *case[0])
    assert (refused.value.code, case[1] in refused.value.message) == (422, True), refused.value.message


async def test_only_the_subresource_adds_containers(lab: Any) -> None:
    await lab.pod("p")
    with pytest.raises(ApiError, match="pod updates may not change fields other than"):
        await lab.client.patch(PODS, "p", {"spec": {"ephemeralContainers": [DEBUGGER]}}, lab.namespace)
    static = (await lab.client.list(PODS, "kube-system", labels="component=etcd")).items[0]
    body = {"spec": {"ephemeralContainers": [DEBUGGER]}}
    with pytest.raises(ApiError, match="static pods do not support ephemeral containers"):
        await lab.client.patch(PODS, static["metadata"]["name"], body, "kube-system", subresource="ephemeralcontainers")
