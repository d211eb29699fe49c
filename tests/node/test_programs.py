"""Pods whose image is a program of the lab: they run for real."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery.builtin import CONFIG_MAPS

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]

SERVER: Object = {
    "image": "lab/server:v1",
    "args": ["/etc/page/$(FILE)"],
    "env": [{"name": "FILE", "value": "text"}, {"name": "GREETING", "value": "hello"}],
    "volumeMounts": [{"name": "page", "mountPath": "/etc/page"}],
}
VOLUMES: list[Object] = [{"name": "page", "configMap": {"name": "page"}}]


def has_restarted(pod: Object) -> bool:
    return any(row["restartCount"] for row in pod["status"].get("containerStatuses") or ())


async def page(lab: Any, path: str = "pods/server:8080") -> str:
    body: bytes = await lab.client.raw(f"/api/v1/namespaces/{lab.namespace}/{path}/proxy/")
    return body.decode()


async def test_a_program_serves_its_mounted_files_and_sees_them_change(lab: Any, eventually: Any) -> None:
    await lab.create(CONFIG_MAPS, {"metadata": {"name": "page"}, "data": {"text": "one"}})
    await lab.pod("server", SERVER, volumes=VOLUMES)
    pod = await lab.ready("server")
    assert await page(lab) == "one"
    assert await lab.log("server") == f"serving hello from {pod['status']['podIP']}\n"
    await lab.client.patch(CONFIG_MAPS, "page", {"data": {"text": "two"}}, lab.namespace)

    async def changed() -> bool:
        return await page(lab) == "two"

    assert await eventually(changed)


async def test_its_files_are_for_its_owner_only(lab: Any) -> None:
    await lab.create(CONFIG_MAPS, {"metadata": {"name": "page"}, "data": {"text": "one"}})
    await lab.pod("server", SERVER, volumes=VOLUMES)
    pod = await lab.ready("server")
    root = lab.folder / "pods" / pod["metadata"]["uid"]
    access = next(root.glob("volumes/kube-api-access-*"))
    assert sorted(path.name for path in access.iterdir()) == ["ca.crt", "namespace", "token"]
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in root.rglob("*")}
    assert modes == {True: 0o700, False: 0o600}


async def test_probes_go_over_the_pod_network(lab: Any) -> None:
    await lab.create(CONFIG_MAPS, {"metadata": {"name": "page"}, "data": {"text": "one"}})
    probe = {"httpGet": {"path": "/", "port": 8080}}
    probes = {"readinessProbe": probe, "startupProbe": {"tcpSocket": {"port": 8080}}}
    await lab.pod("good", SERVER | probes, volumes=VOLUMES)
    await lab.ready("good")
    wrong = {"httpGet": {"path": "/", "port": 8081}, "periodSeconds": 1, "failureThreshold": 1}
    await lab.pod("bad", SERVER | {"livenessProbe": wrong}, volumes=VOLUMES)
    bad = (await lab.until("bad", has_restarted))[-1]
    assert bad["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137


async def test_a_broken_program_is_a_failed_container_and_its_trace_is_in_its_log(lab: Any) -> None:
    await lab.pod("broken", {"image": "lab/broken"}, restartPolicy="Never")
    pod = (await lab.until("broken", lambda pod: pod["status"]["phase"] == "Failed"))[-1]
    assert pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 1
    assert (await lab.log("broken")).splitlines()[-1] == "RuntimeError: the reason is in the log"


async def test_only_privileged_containers_change_routes(lab: Any) -> None:
    await lab.pod("plain", {"image": "lab/router"}, restartPolicy="Never")
    await lab.pod(
        "admin",
        {"image": "lab/router", "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}},
        restartPolicy="Never",
    )
    await lab.until("plain", lambda pod: pod["status"]["phase"] == "Failed")
    assert "operation not permitted" in await lab.log("plain")
    await lab.until("admin", lambda pod: pod["status"]["phase"] == "Succeeded")


async def test_followed_logs_go_on_until_the_container_ends(lab: Any) -> None:
    script = "for i in 1 2 3; do echo line $i; sleep 0.05; done"
    await lab.pod("lines", {"image": "busybox", "command": ["sh", "-c", script]}, restartPolicy="Never")
    await lab.until("lines", lambda pod: pod["status"]["phase"] in ("Running", "Succeeded"))
    lines = (await lab.log("lines", follow="true")).splitlines()
    assert lines == ["line 1", "line 2", "line 3"]
    assert (await lab.log("lines", tailLines="1", timestamps="true")).split()[1:] == ["line", "3"]
