"""NetworkPolicies keep connections from pods, and only those that they are about."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from liqolab.apimachinery.builtin import NAMESPACES, NETWORK_POLICIES, PODS, SERVICES
from tests.node.conftest import Lab, Object

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

SHORT = 0.2
"""Seconds after which a connection that was not let through counts as dropped; one that is takes a thousandth."""
WEB_PORTS = [{"name": "http", "containerPort": 80}]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def pods(running: Lab) -> AsyncIterator[Lab]:
    """`web` serves on port 80, `client` and `stranger` may want it, `other/client` is in another namespace."""
    lab = Lab(running.folder, running.cluster, running.client, "policies")
    await lab.client.create(NAMESPACES, NAMESPACES.manifest(lab.namespace))
    other = Lab(lab.folder, lab.cluster, lab.client, f"{lab.namespace}-other")
    await lab.client.create(NAMESPACES, NAMESPACES.manifest(other.namespace, labels={"team": "other"}))
    await lab.pod("web", {"ports": WEB_PORTS, "readinessProbe": {"httpGet": {"port": 80}, "periodSeconds": 1}})
    for name in ("client", "stranger"):
        await lab.pod(name)
    await other.pod("client")
    spec = {"selector": {"app": "web"}, "type": "NodePort", "ports": [{"port": 8080, "targetPort": "http"}]}
    await lab.create(SERVICES, SERVICES.manifest("web", spec=spec))
    for each, name in ((lab, "web"), (lab, "client"), (lab, "stranger"), (other, "client")):
        await each.ready(name)
    yield lab
    for each in (lab, other):
        await lab.client.delete(NAMESPACES, each.namespace)


async def address(lab: Lab, name: str, suffix: str = "") -> str:
    pod = await lab.client.get(PODS, name, lab.namespace + suffix)
    return str(pod["status"]["podIP"])


async def reaches(lab: Lab, origin: str, host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(SHORT):
            (await lab.cluster.fabric.dial(host, port, origin=origin, namespace=lab.namespace)).close()
    except TimeoutError:
        return False
    return True


async def through(lab: Lab, origins: dict[str, str], host: str, port: int) -> set[str]:
    """Which of them reach it."""
    found = await asyncio.gather(*(reaches(lab, origin, host, port) for origin in origins.values()))
    return {name for name, reached in zip(origins, found, strict=True) if reached}


async def callers(lab: Lab) -> dict[str, str]:
    found = {name: await address(lab, name) for name in ("client", "stranger")}
    return found | {"other": await address(lab, "client", "-other"), "node": ""}


async def apply(lab: Lab, spec: Object) -> None:
    """Make a policy, and wait until the nodes have heard of it: they hear of things in the order of their making."""
    await lab.create(NETWORK_POLICIES, NETWORK_POLICIES.manifest("p", spec=spec))
    marker = {"podSelector": {"matchLabels": {"app": "stranger"}}}
    await lab.create(NETWORK_POLICIES, NETWORK_POLICIES.manifest("z-marker", spec=marker))
    await marked(lab, True)


async def marked(lab: Lab, wanted: bool) -> None:
    stranger, web = await address(lab, "stranger"), await address(lab, "web")
    async with asyncio.timeout(10):
        while await reaches(lab, web, stranger, 80) is wanted:
            pass


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def _none_left(pods: Lab) -> AsyncIterator[None]:
    yield
    await pods.client.delete_collection(NETWORK_POLICIES, pods.namespace, propagation="Background")
    await marked(pods, False)


WEB = {"matchLabels": {"app": "web"}}
CLIENT = {"podSelector": {"matchLabels": {"app": "client"}}}
TEAM = {"namespaceSelector": {"matchLabels": {"team": "other"}}}


@pytest.mark.parametrize(
    ("spec", "let_through"),
    [
        ({"podSelector": {}}, {"node"}),
        ({"podSelector": {"matchLabels": {"app": "nobody"}}}, {"client", "stranger", "other", "node"}),
        ({"podSelector": WEB, "ingress": [{}]}, {"client", "stranger", "other", "node"}),
        ({"podSelector": WEB, "ingress": [{"from": [CLIENT]}]}, {"client", "node"}),
        ({"podSelector": WEB, "ingress": [{"from": [{"podSelector": {}}]}]}, {"client", "stranger", "node"}),
        ({"podSelector": WEB, "ingress": [{"from": [TEAM]}]}, {"other", "node"}),
        ({"podSelector": WEB, "ingress": [{"from": [CLIENT, TEAM]}]}, {"client", "other", "node"}),
        ({"podSelector": WEB, "ingress": [{"from": [TEAM | CLIENT]}]}, {"other", "node"}),
        (
            {"podSelector": WEB, "ingress": [{"from": [TEAM | {"podSelector": WEB}]}]},
            {"node"},
        ),
        ({"podSelector": WEB, "ingress": [{"ports": [{"port": 80}]}]}, {"client", "stranger", "other", "node"}),
        ({"podSelector": WEB, "ingress": [{"ports": [{"port": "http"}]}]}, {"client", "stranger", "other", "node"}),
        ({"podSelector": WEB, "ingress": [{"ports": [{"port": 8080}]}]}, {"node"}),
        ({"podSelector": WEB, "ingress": [{"ports": [{"port": 80, "protocol": "UDP"}]}]}, {"node"}),
        (
            {"podSelector": WEB, "ingress": [{"ports": [{"port": 70, "endPort": 90}]}]},
            {"client", "stranger", "other", "node"},
        ),
        ({"podSelector": WEB, "policyTypes": ["Egress"]}, {"client", "stranger", "other", "node"}),
        ({"podSelector": {"matchLabels": {"app": "client"}}, "policyTypes": ["Egress"]}, {"stranger", "other", "node"}),
        (
            {
                "podSelector": {"matchLabels": {"app": "client"}},
                "policyTypes": ["Egress"],
                "egress": [{"to": [{"podSelector": WEB}], "ports": [{"port": "http"}]}],
            },
            {"client", "stranger", "other", "node"},
        ),
    ],
)
async def test_who_may_connect(pods: Lab, spec: Object, let_through: set[str]) -> None:
    web, origins = await address(pods, "web"), await callers(pods)
    await apply(pods, spec)
    assert await through(pods, origins, web, 80) == let_through
    # An egress policy without a rule for names keeps the name service from its pods as well.
    assert await through(pods, origins, "web", 8080) == let_through - ({"client"} if "egress" in spec else set())


async def test_blocks_of_addresses_have_exceptions(pods: Lab) -> None:
    web, origins = await address(pods, "web"), await callers(pods)
    block = {"cidr": "10.0.0.0/8", "except": [f"{origins['stranger']}/32"]}
    await apply(pods, {"podSelector": WEB, "ingress": [{"from": [{"ipBlock": block}]}]})
    assert await through(pods, origins, web, 80) == {"client", "other", "node"}


@pytest.mark.parametrize(("rules", "answers"), [([{"from": [CLIENT]}], False), ([{}], True)])
async def test_node_ports_are_the_world_outside(pods: Lab, rules: list[Object], answers: bool) -> None:
    await apply(pods, {"podSelector": WEB, "ingress": rules})
    service = await pods.client.get(SERVICES, "web", pods.namespace)
    port = service["spec"]["ports"][0]["nodePort"]
    reader, writer = await asyncio.open_connection(pods.node_address, port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    answered = b""
    with contextlib.suppress(TimeoutError):
        answered = await asyncio.wait_for(reader.read(8), 5 if answers else SHORT)
    writer.close()
    assert bool(answered) is answers


async def test_a_change_counts_for_new_connections_and_probes_go_on(pods: Lab) -> None:
    web, client = await address(pods, "web"), (await callers(pods))["client"]
    loop = asyncio.get_running_loop()
    with await pods.cluster.fabric.dial(web, 80, origin=client) as old:
        await apply(pods, {"podSelector": WEB})
        assert not await reaches(pods, client, web, 80)
        await loop.sock_sendall(old, b"GET / HTTP/1.0\r\n\r\n")
        assert (await loop.sock_recv(old, 4)) == b"HTTP"
    assert (await pods.ready("web"))["status"]["phase"] == "Running"


async def test_curl_and_wget_report_a_time_out(pods: Lab) -> None:
    web = await address(pods, "web")
    await apply(pods, {"podSelector": WEB})
    script = f"curl -sS -m 0.3 http://{web}; echo code $?; curl --connect-timeout 0.3 -sS {web}; wget -T 0.3 -qO- {web}"
    container = {"image": "curlimages/curl", "command": ["sh", "-c", f"{script}; echo code $?"]}
    await pods.pod("caller", container, restartPolicy="Never")
    await pods.until("caller", lambda pod: pod["status"].get("phase") in ("Succeeded", "Failed"))
    log = (await pods.log("caller")).splitlines()
    assert log == [
        "curl: (28) Connection timed out after 300 milliseconds",
        "code 28",
        f"curl: (28) Failed to connect to {web} port 80 after 300 ms: Timeout was reached",
        "wget: download timed out",
        "code 1",
    ]


async def test_name_tools_hear_nothing_where_a_policy_keeps_the_name_service(
    pods: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liqolab.kube.node.fabric._DNS_SECONDS", 0.1)
    await apply(pods, {"podSelector": {"matchLabels": {"app": "asker"}}, "policyTypes": ["Egress"]})
    script = "nslookup web | tail -n 2; wget -qO- http://web:8080; echo code $?"
    await pods.pod("asker", {"image": "busybox", "command": ["sh", "-c", script]}, restartPolicy="Never")
    await pods.until("asker", lambda pod: pod["status"].get("phase") in ("Succeeded", "Failed"))
    assert [line for line in (await pods.log("asker")).splitlines() if line] == [
        ";; connection timed out; no servers could be reached",
        "wget: bad address 'web'",
        "code 1",
    ]


async def test_a_pod_that_may_not_ask_for_names_finds_none(pods: Lab) -> None:
    client = (await callers(pods))["client"]
    dns = {"to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}]}
    rules = [{"to": [{"podSelector": WEB}]}]
    selector = {"matchLabels": {"app": "client"}}
    await apply(pods, {"podSelector": selector, "policyTypes": ["Egress"], "egress": rules})
    assert not await reaches(pods, client, "web", 8080)
    await pods.client.delete_collection(NETWORK_POLICIES, pods.namespace, propagation="Background")
    await marked(pods, False)
    ports = {"ports": [{"port": 53, "protocol": "UDP"}]}
    await apply(pods, {"podSelector": selector, "policyTypes": ["Egress"], "egress": [*rules, dns | ports]})
    assert await reaches(pods, client, "web", 8080)
    with pytest.raises(socket.gaierror):
        await pods.cluster.fabric.dial("nobody", 80, origin=client, namespace=pods.namespace)
