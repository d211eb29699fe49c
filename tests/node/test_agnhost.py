"""agnhost, whose modes Kubernetes' own tests and several tutorials are made of."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from liqolab.apimachinery.builtin import SECRETS, SERVICES
from liqolab.kube.node.agnhost import agnhost
from liqolab.kube.node.file_modes import kept_mode
from liqolab.kube.node.machine.userlands import AGNHOST
from tests.node.machines import machine

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]
IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.55"


def container(*args: str, **more: Any) -> Object:
    return {"image": IMAGE, "args": list(args)} | more


async def carried_out(folder: Path, *words: str) -> tuple[list[str], int]:
    log: list[str] = []
    found = machine(folder, log.append, AGNHOST)
    found.servers = {"/agnhost": lambda call: agnhost(found, call)}
    return log, await found.run(["/agnhost", *words])


@pytest.mark.parametrize(
    ("words", "printed", "code"),
    [
        ("entrypoint-tester a --b", ["[/agnhost entrypoint-tester a --b]"], 0),
        ("connect web:80", [], 0),
        ("connect closed:80", ["REFUSED"], 1),
        ("connect nowhere:80", ["DNS: no such host"], 1),
        ("connect web", ["UNKNOWN: address web: missing port in address"], 1),
        ("dns-server-list", ["10.80.0.10"], 0),
        ("dns-suffix", ["default.svc.cluster.local,svc.cluster.local,cluster.local"], 0),
        ("mounttest --file_content=/etc/config/greeting", ['content of file "/etc/config/greeting": hello', ""], 0),
        (
            "mounttest --new_file_0644=/data/new --file_perm=/data/new",
            ['content of file "/data/new": mount-tester new file', "", 'perms of file "/data/new": -rw-r--r--'],
            0,
        ),
        ("netexec --nothing", ["Error: unknown flag: --nothing"], 1),
    ],
)
async def test_modes_that_end(words: str, printed: list[str], code: int, tmp_path: Path) -> None:
    assert await carried_out(tmp_path, *words.split()) == (printed, code)


async def test_what_is_read_only_stays_so(tmp_path: Path) -> None:
    lines, code = await carried_out(tmp_path, "mounttest", "--new_file_0644=/etc/config/new")
    assert (code, lines) == (
        1,
        ['error writing new file "/etc/config/new": open /etc/config/new: read-only file system'],
    )


@pytest.mark.parametrize(
    ("volume", "context", "mode"),
    [
        ({"configMap": {"defaultMode": 0o400}}, {}, 0o400),
        ({"configMap": {"defaultMode": 0o644, "items": [{"key": "k", "path": "a/b", "mode": 0o600}]}}, {}, 0o600),
        ({"secret": {"defaultMode": 0o400}}, {"fsGroup": 1001}, 0o440),
        ({"projected": {"sources": [{"secret": {"items": [{"key": "k", "path": "a/b", "mode": 0o444}]}}]}}, {}, 0o444),
        ({"emptyDir": {}}, {}, None),
    ],
)
async def test_modes_of_files_are_what_the_pod_says(volume: Object, context: Object, mode: int | None) -> None:
    assert kept_mode({"spec": {"securityContext": context}}, volume, "a/b") == mode


async def test_netexec_answers_over_both_protocols_and_asks_others(lab: Any) -> None:
    await lab.pod("target", container("netexec", "--http-port=80", "--udp-port=80"))
    await lab.pod("asking", container("netexec"))
    target, asking = await lab.ready("target"), await lab.ready("asking")
    address = target["status"]["podIP"]

    async def ask(path: str) -> str:
        body: bytes = await lab.client.raw(f"/api/v1/namespaces/{lab.namespace}/pods/asking:8080/proxy/{path}")
        return body.decode()

    assert await ask("hostname") == "asking"
    for protocol in ("http", "udp"):
        told = json.loads(await ask(f"dial?request=hostname&protocol={protocol}&host={address}&port=80&tries=2"))
        assert told == {"responses": ["target", "target"]}
    told = json.loads(await ask(f"dial?request=clientip&protocol=http&host={address}&port=80"))
    assert told["responses"][0].rpartition(":")[0] == asking["status"]["podIP"]
    assert json.loads(await ask("shell?cmd=echo%20hi%3B%20exit%203")) == {"output": "hi\n", "error": "exit status 3"}
    await ask("exit?code=7")
    pod = (await lab.until("asking", lambda pod: pod["status"]["containerStatuses"][0]["restartCount"] == 1))[-1]
    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 7


async def test_without_arguments_it_waits(lab: Any) -> None:
    await lab.pod("waiting", {"image": IMAGE})
    await lab.ready("waiting")
    assert await lab.log("waiting") == "Paused\n"


async def test_mounted_files_change_under_it(lab: Any, eventually: Any) -> None:
    await lab.create(SECRETS, {"metadata": {"name": "page"}, "stringData": {"a": "one"}})
    mount = {"volumeMounts": [{"name": "page", "mountPath": "/etc/page"}]}
    words = ("mounttest", "--break_on_expected_content=false", "--file_content_in_loop=/etc/page/a")
    await lab.pod("reader", container(*words, **mount), volumes=[{"name": "page", "secret": {"secretName": "page"}}])
    await lab.ready("reader")
    await lab.client.patch(SECRETS, "page", {"stringData": {"a": "two"}}, lab.namespace)

    async def seen() -> bool:
        return 'content of file "/etc/page/a": two' in await lab.log("reader")

    assert await eventually(seen)


async def test_a_guestbook_of_two(lab: Any, eventually: Any) -> None:
    port = [{"port": 6379, "targetPort": 6379}]
    await lab.create(
        SERVICES, {"metadata": {"name": "agnhost-primary"}, "spec": {"selector": {"app": "primary"}, "ports": port}}
    )
    await lab.pod("primary", container("guestbook", "--http-port=6379"))
    await lab.ready("primary")
    await lab.pod("replica", container("guestbook", "--replicaof=agnhost-primary", "--http-port=6379"))
    await lab.ready("replica")

    async def ask(pod: str, path: str) -> Object:
        body = await lab.client.raw(f"/api/v1/namespaces/{lab.namespace}/pods/{pod}:6379/proxy/{path}")
        found: Object = json.loads(body)
        return found

    raw = await lab.client.raw(f"/api/v1/namespaces/{lab.namespace}/pods/primary:6379/proxy/get?key=none")
    assert raw == b'{"data":""}'

    async def replicated() -> bool:
        await ask("primary", "set?key=messages&value=hello")
        return await ask("replica", "get?key=messages") == {"data": "hello"}

    assert await eventually(replicated)


@pytest.mark.parametrize(
    ("sent", "log"),
    [
        ("abc", ["Accepted client connection", "Received expected client data", "Shutting down connection", "Done"]),
        ("a", ["Accepted client connection", "Expected to read 3 bytes from client, but got 1 instead. err=EOF"]),
    ],
)
async def test_a_connection_is_served_in_pieces(lab: Any, sent: str, log: list[str]) -> None:
    given = {"BIND_PORT": 80, "EXPECTED_CLIENT_DATA": "abc", "CHUNKS": 10, "CHUNK_SIZE": 10, "CHUNK_INTERVAL": 10}
    env = [{"name": name, "value": str(value)} for name, value in given.items()]
    await lab.pod("tester", container("port-forward-tester", env=env), restartPolicy="Never")
    address = (await lab.ready("tester"))["status"]["podIP"]
    reader, writer = await asyncio.open_connection(sock=await lab.cluster.fabric.dial(address, 80))
    writer.write(sent.encode())
    writer.write_eof()
    assert await reader.read() == (b"x" * 100 if len(log) > 2 else b"")
    writer.close()
    await lab.until("tester", lambda pod: pod["status"]["phase"] in ("Succeeded", "Failed"))
    assert (await lab.log("tester")).splitlines() == log


@pytest.mark.parametrize(
    ("location", "alive"),
    [("/echo?msg=fine", True), ("/echo?code=500", False), ("http://0.0.0.0/", True), ("", True)],
)
async def test_a_probe_goes_where_it_is_sent_as_long_as_that_is_here(lab: Any, location: str, alive: bool) -> None:
    path = f"/redirect?location={quote(location)}" if location else "/healthz"
    probe = {"httpGet": {"path": path, "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    await lab.pod("sent", container("netexec", **{"readinessProbe" if alive else "livenessProbe": probe}))
    if alive:
        await lab.ready("sent")
    else:
        await lab.until("sent", lambda pod: pod["status"].get("containerStatuses", [{}])[0].get("restartCount", 0) > 0)
