"""The life of pods, seen through the API."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from aiohttp import ClientSession

from liqolab.apimachinery.builtin import CONFIG_MAPS, EVENTS, NODES, PODS, SERVICES
from liqolab.apimachinery.errors import ApiError
from liqolab.controller.dialing import DialConnector
from liqolab.controller.tls import unverified_tls
from tests.node.conftest import Running, is_ready

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]


def state(pod: Object) -> Object:
    rows = pod["status"].get("containerStatuses") or [{"state": {}}]
    found: Object = rows[0]["state"]
    return found


def shell(script: str) -> Object:
    return {"image": "busybox", "command": ["sh", "-c", script]}


def restarts(pod: Object) -> int:
    return int(pod["status"]["containerStatuses"][0]["restartCount"])


def waiting(reason: str) -> Any:
    return lambda pod: (state(pod).get("waiting") or {}).get("reason") == reason


async def test_a_watch_shows_every_step_to_running(lab: Any) -> None:
    await lab.pod("web")
    seen = await lab.until("web", lambda pod: pod["status"]["phase"] == "Running")
    steps = [
        "bound" if pod["spec"].get("nodeName") and not state(pod) else next(iter(state(pod)), "pending") for pod in seen
    ]
    assert steps[-3:] == ["bound", "waiting", "running"]
    pod = seen[-1]
    status = pod["status"]
    assert status["podIP"].startswith("10.200.0.")
    assert (status["hostIP"], status["qosClass"]) == (lab.node_address, "BestEffort")
    rows = {row["type"]: row["status"] for row in status["conditions"]}
    assert rows == dict.fromkeys(
        ("PodScheduled", "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"), "True"
    )
    container = status["containerStatuses"][0]
    assert container["image"] == "docker.io/library/nginx:latest"
    assert container["containerID"].startswith("containerd://")
    assert await lab.log("web") == ""


async def test_deleted_pods_end_gracefully_and_free_what_they_had(lab: Any, eventually: Any) -> None:
    await lab.pod("web")
    address = (await lab.ready("web"))["status"]["podIP"]
    await lab.client.delete(PODS, "web", lab.namespace)
    seen = await lab.until("web", lambda pod: pod.get("gone", False))
    assert seen[-1]["metadata"]["deletionTimestamp"]
    assert "terminated" in state(seen[-1])
    folder = lab.folder / "pods" / seen[-1]["metadata"]["uid"]

    async def freed() -> bool:
        try:
            await lab.cluster.fabric.dial(address, 81)
        except ConnectionRefusedError:
            return False
        except OSError:
            return not folder.exists()
        return False

    await eventually(freed)


async def remarks_on(lab: Any, pod: str, kind: str) -> list[str]:
    """What events say of the simulation of a pod."""
    fields = f"reason=Simulated,type={kind},involvedObject.name={pod}"
    return [event["message"] for event in (await lab.client.list(EVENTS, lab.namespace, fields=fields)).items]


async def test_logs_are_what_containers_print_and_events_say_what_is_simulated(lab: Any, eventually: Any) -> None:
    await lab.pod("plain", shell("echo '{\"a\": 1}'"), restartPolicy="Never")
    await lab.pod("odd", {"image": "registry.example/odd", "command": ["python", "x.py"]})
    await lab.until("plain", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert json.loads(await lab.log("plain")) == {"a": 1}
    remarks = {
        "plain": ("Normal", "Container c is simulated: nothing of image busybox is executed here"),
        "odd": ("Warning", "The command python x.py is not one that the lab can imitate; it is taken to run forever"),
    }
    for name, (kind, message) in remarks.items():
        assert await eventually(partial(remarks_on, lab, name, kind)) == [message]
    assert await lab.log("odd") == ""
    system = (await lab.client.list(PODS, "kube-system", labels="component=etcd")).items[0]
    assert await replace(lab, namespace="kube-system").log(system["metadata"]["name"]) == ""


async def test_exit_codes_policies_and_back_off(lab: Any) -> None:
    await lab.pod("once", shell("echo out; exit 0"), restartPolicy="Never")
    await lab.pod("failed", shell("exit 3"), restartPolicy="Never")
    await lab.pod("crash", shell("exit 4"))
    once = (await lab.until("once", lambda pod: pod["status"]["phase"] == "Succeeded"))[-1]
    assert state(once)["terminated"]["reason"] == "Completed"
    assert await lab.log("once") == "out\n"
    failed = (await lab.until("failed", lambda pod: pod["status"]["phase"] == "Failed"))[-1]
    assert state(failed)["terminated"]["exitCode"] == 3
    crash = (await lab.until("crash", waiting("CrashLoopBackOff")))[-1]
    container = crash["status"]["containerStatuses"][0]
    assert (container["restartCount"], container["lastState"]["terminated"]["exitCode"]) == (1, 4)
    assert container["state"]["waiting"]["message"].startswith("back-off 10s restarting failed container=c pod=crash_")


@pytest.mark.parametrize("later", [False, True], ids=["from the beginning", "given to a running pod"])
async def test_a_pod_that_outlives_its_deadline_is_failed(lab: Any, later: bool) -> None:
    if later:
        await lab.pod("brief", shell("sleep 60"))
        await lab.ready("brief")
        await lab.client.patch(PODS, "brief", {"spec": {"activeDeadlineSeconds": 1}}, lab.namespace)
    else:
        await lab.pod("brief", shell("sleep 60"), activeDeadlineSeconds=1)
    status = (await lab.until("brief", lambda pod: pod["status"]["phase"] == "Failed"))[-1]["status"]
    text = "Pod was active on the node longer than the specified deadline"
    assert (status["reason"], status["message"]) == ("DeadlineExceeded", text)
    assert "terminated" in status["containerStatuses"][0]["state"]
    ready = next(row for row in status["conditions"] if row["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "PodFailed")


@pytest.mark.parametrize(
    ("port", "fits"),
    [
        ({"hostPort": 5432}, False),
        ({"hostPort": 5432, "protocol": "UDP"}, True),
        ({"hostPort": 5432, "hostIP": "127.0.0.2"}, True),
        ({"hostPort": 5432, "hostIP": "127.0.0.1"}, False),
        ({"hostPort": 5433}, True),
    ],
)
async def test_a_host_port_is_taken_with_its_address_and_protocol(lab: Any, port: Object, fits: bool) -> None:
    first = {"hostPort": 5432, "hostIP": "127.0.0.1"}
    await lab.pod("first", {"ports": [{"containerPort": 80} | first]})
    await lab.ready("first")
    await lab.pod("second", {"ports": [{"containerPort": 80} | port]})
    seen = await lab.until("second", lambda pod: is_ready(pod) or is_refused(pod))
    assert is_ready(seen[-1]) == fits
    for name in ("first", "second"):
        await lab.client.delete(PODS, name, lab.namespace, grace_seconds=0)


def is_refused(pod: Object) -> bool:
    rows = pod["status"].get("conditions") or ()
    return any((row["type"], row.get("reason")) == ("PodScheduled", "Unschedulable") for row in rows)


async def test_init_containers_run_one_after_the_other_before_the_rest(lab: Any) -> None:
    first = {"name": "one", **shell("echo one")}
    second = {"name": "two", **shell("echo two")}
    await lab.pod("app", initContainers=[first, second])
    pod = await lab.ready("app")
    ends = [row["state"]["terminated"] for row in pod["status"]["initContainerStatuses"]]
    assert [end["reason"] for end in ends] == ["Completed", "Completed"]
    assert (await lab.log("app", container="two")).endswith("two\n")
    await lab.pod("stuck", restartPolicy="Never", initContainers=[{"name": "no", **shell("exit 1")}])
    stuck = (await lab.until("stuck", lambda pod: pod["status"]["phase"] == "Failed"))[-1]
    assert "waiting" in state(stuck)


async def test_missing_references_hold_a_pod_until_they_exist(lab: Any) -> None:
    source = {"configMapKeyRef": {"name": "later", "key": "x"}}
    env = [{"name": "X", "valueFrom": source}]
    await lab.pod("app", shell('echo "x is $X in $(hostname)"; sleep 60') | {"env": env})
    held = (await lab.until("app", waiting("CreateContainerConfigError")))[-1]
    assert state(held)["waiting"]["message"] == 'configmap "later" not found'
    await lab.create(CONFIG_MAPS, {"metadata": {"name": "later"}, "data": {"x": "7"}})
    await lab.ready("app")
    assert (await lab.log("app", tailLines="1")) == "x is 7 in app\n"


async def test_an_image_with_the_reserved_tag_cannot_be_pulled(lab: Any) -> None:
    await lab.pod("typo", {"image": "nginx:does-not-exist"})
    await lab.pod("documented", {"image": "nginx:1.161"})
    pod = (await lab.until("typo", waiting("ErrImagePull")))[-1]
    assert "docker.io/library/nginx:does-not-exist: not found" in state(pod)["waiting"]["message"]
    await lab.until("documented", waiting("ErrImagePull"))
    with pytest.raises(ApiError, match="is waiting to start"):
        await lab.log("typo")


async def test_a_node_refuses_what_does_not_fit_though_assigned(lab: Any) -> None:
    resources = {"requests": {"cpu": "64"}, "limits": {"cpu": "64"}}
    await lab.pod("big", {"resources": resources}, nodeName="venice-control-plane")
    big = (await lab.until("big", lambda pod: pod["status"]["phase"] == "Failed"))[-1]
    assert big["status"]["reason"] == "OutOfcpu"
    await lab.pod("elsewhere", nodeName="venice-control-plane", nodeSelector={"topology": "south"})
    elsewhere = (await lab.until("elsewhere", lambda pod: pod["status"]["phase"] == "Failed"))[-1]
    assert elsewhere["status"]["reason"] == "NodeAffinity"


async def test_services_balance_and_node_ports_answer(lab: Any, eventually: Any) -> None:
    service = {
        "metadata": {"name": "hello"},
        "spec": {"type": "NodePort", "selector": {"tier": "front"}, "ports": [{"port": 80, "targetPort": "web"}]},
    }
    container = {"image": "nginxdemos/hello", "ports": [{"name": "web", "containerPort": 80}]}
    names = ["front-a", "front-b"]
    for name in names:
        await lab.pod(name, container, metadata={"labels": {"tier": "front"}})
    created = await lab.create(SERVICES, service)
    for name in names:
        await lab.ready(name)
    port = created["spec"]["ports"][0]["nodePort"]
    seen: set[str] = set()

    async def ask_until_all_have_answered() -> bool:
        async with session.get(f"http://{lab.node_address}:{port}/", headers={"Connection": "close"}) as answer:
            seen.add((await answer.text()).split("Server name: ")[1].split()[0])
        return seen == set(names)

    async with ClientSession() as session:
        await eventually(ask_until_all_have_answered)
    await lab.pod(
        "client", shell(f"wget -q -O- http://hello.{lab.namespace}.svc.cluster.local/x"), restartPolicy="Never"
    )
    await lab.until("client", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert "URI: /x" in await lab.log("client")


async def test_a_taken_node_port_is_opened_once_it_is_free(lab: Any, eventually: Any) -> None:
    spec = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30123}]}
    fields = "involvedObject.name=s"

    async def events() -> list[Object]:
        found: list[Object] = (await lab.client.list(EVENTS, lab.namespace, fields=fields)).items
        return found

    async def connected() -> bool:
        _, writer = await asyncio.open_connection(lab.node_address, 30123)
        writer.close()
        return True

    with socket.socket() as taken:
        taken.bind((lab.node_address, 30123))
        taken.listen()
        await lab.create(SERVICES, {"metadata": {"name": "s"}, "spec": spec})
        event = (await eventually(events))[0]
        assert (event["type"], event["reason"]) == ("Warning", "NodePortTaken")
    assert await eventually(connected)


async def test_pods_keep_their_addresses_when_the_cluster_restarts(own_lab: Running) -> None:
    async with own_lab() as lab:
        await lab.pod("web", shell("echo here; sleep 60"))
        await lab.pod("done", shell("true"), restartPolicy="Never")
        before = await lab.ready("web")
        await lab.until("done", lambda pod: pod["status"]["phase"] == "Succeeded")
    async with own_lab() as lab:
        after = (await lab.until("web", lambda pod: restarts(pod) > 0 and "running" in state(pod)))[-1]
        assert after["status"]["podIP"] == before["status"]["podIP"]
        assert restarts(after) == 1
        assert after["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 255
        assert await lab.log("web", previous="true") == "here\n"
        assert restarts(await lab.client.get(PODS, "done", "default")) == 0


async def test_what_liqoctl_reads_from_the_controller_manager(lab: Any) -> None:
    labels = "component=kube-controller-manager,tier=control-plane"
    pods = (await lab.client.list(PODS, "kube-system", labels=labels)).items
    command = pods[0]["spec"]["containers"][0]["command"]
    assert {"--cluster-cidr=10.200.0.0/16", "--service-cluster-ip-range=10.80.0.0/12"} <= set(command)
    others = (await lab.client.list(PODS, "kube-system", labels="tier=control-plane")).items
    assert {pod["metadata"]["labels"]["component"] for pod in others} == {
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    }


async def test_workers_take_ordinary_pods_and_every_kubelet_answers(own_lab: Running) -> None:
    async with own_lab(("n-control-plane", "control-plane"), ("n-worker", "worker")) as lab:
        await lab.pod("web", shell("echo here; sleep 60"))
        pod = await lab.ready("web")
        assert pod["spec"]["nodeName"] == "n-worker"
        assert pod["status"]["podIP"].startswith("10.200.1.")
        assert await lab.log("web") == "here\n"


async def test_kubelets_answer_to_the_api_server_only(lab: Any) -> None:
    node = "venice-control-plane"
    through = await lab.client.raw(f"/api/v1/nodes/{node}/proxy/pods")
    assert json.loads(through)["kind"] == "PodList"
    port = (await lab.client.get(NODES, node))["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"]
    async with ClientSession(connector=DialConnector(lab.cluster.fabric.dial)) as pod:
        for path, code in (("pods", 401), ("containerLogs/kube-system/etcd-x/etcd", 401), ("healthz", 200)):
            async with pod.get(f"https://{lab.node_address}:{port}/{path}", ssl=unverified_tls()) as answer:
                assert answer.status == code


async def test_a_node_tells_what_its_containers_use(lab: Any) -> None:
    await lab.pod("busy", shell("while true; do :; done"))
    await lab.ready("busy")
    proxy = "/api/v1/nodes/venice-control-plane/proxy"
    lines = (await lab.client.raw(f"{proxy}/metrics/resource")).decode().splitlines()
    labels = f'namespace="{lab.namespace}",pod="busy"'
    figures = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}
    for name in (f'container_cpu_usage_seconds_total{{container="c",{labels}}}', "node_memory_working_set_bytes"):
        assert figures[name] > 0
    assert figures[f"pod_memory_working_set_bytes{{{labels}}}"] > 0 and figures["resource_scrape_error"] == 0
    assert "# TYPE pod_cpu_usage_seconds_total counter" in lines
    found = json.loads(await lab.client.raw(f"{proxy}/stats/summary"))
    (row,) = (row for pod in found["pods"] if pod["podRef"]["name"] == "busy" for row in pod["containers"])
    assert row["cpu"]["usageCoreNanoSeconds"] > 0
    assert row["memory"]["rssBytes"] == row["memory"]["workingSetBytes"] == row["memory"]["usageBytes"] > 0


async def test_a_client_of_a_service_with_session_affinity_stays_where_it_is(lab: Any) -> None:
    names = ["one", "two", "three"]
    for name in names:
        await lab.pod(name, {"image": "traefik/whoami"}, metadata={"labels": {"tier": "back"}})
    spec = {"selector": {"tier": "back"}, "sessionAffinity": "ClientIP", "ports": [{"port": 80}]}
    await lab.create(SERVICES, {"metadata": {"name": "back"}, "spec": spec})
    for name in names:
        await lab.ready(name)
    asking = "for i in 1 2 3 4 5 6; do wget -q -O- http://back | grep Hostname; done | sort | uniq -c"
    await lab.pod("client", shell(asking), restartPolicy="Never")
    await lab.until("client", lambda pod: pod["status"]["phase"] == "Succeeded")
    (line,) = (await lab.log("client")).splitlines()
    assert line.split()[:2] == ["6", "Hostname:"]
    await lab.client.patch(SERVICES, "back", {"spec": {"sessionAffinity": "None"}}, lab.namespace)
    await lab.pod("later", shell(asking), restartPolicy="Never")
    await lab.until("later", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert len((await lab.log("later")).splitlines()) == 3
