"""``peer`` and ``unpeer``, with the test in the place of the peering's controllers."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest

from liqolab.apimachinery.builtin import NODES, SECRETS
from liqolab.controller.http import HttpClient
from liqolab.controller.waiting import wait_for
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS
from tests.liqoctl.conftest import Liqoctl, Terminal

FLORENCE_ID = "4858caa2-7848-4aab-a6b4-6984389bac56"
FLAGS = ("--auth-url", "https://172.18.0.3:31234", "--cluster-id", FLORENCE_ID, "--auth-token", "secret")
STAGES = ("AuthenticationStatus", "NetworkStatus", "OutgoingPeering")
ENABLED = [
    "INFO: Peering enabled",
    'INFO: Authenticated to cluster "florence"',
    'INFO: Network established to the remote cluster "florence"',
    'INFO: Outgoing peering activated to the remote cluster "florence"',
    'INFO: Node created for remote cluster "florence"',
    "INFO: Peering successfully established",
]
DISABLED = [
    "INFO: Peering disabled",
    'INFO: Successfully disabled outgoing peering to the remote cluster "florence"',
    "INFO: Peering successfully removed",
]


class Controllers:
    """Sets what Liqo's controllers would."""

    def __init__(self, admin: HttpClient) -> None:
        self.admin = admin
        self.conditions: dict[str, Any] = {}

    async def expect(self, name: Any, outgoing: Any) -> None:
        def done(store: Any) -> Any:
            return any(each["spec"].get("outgoingPeeringEnabled") == outgoing for each in store.values())

        await wait_for(self.admin, FOREIGN_CLUSTERS, done, name=name, seconds=30)

    async def set(self, name: Any, type: Any, status: Any, **more: Any) -> None:
        self.conditions[type] = {"type": type, "status": status, **more}
        body = {"status": {"peeringConditions": list(self.conditions.values())}}
        await self.admin.patch(FOREIGN_CLUSTERS, name, body, subresource="status")

    async def establish(self, name: Any) -> None:
        for stage in STAGES:
            await self.set(name, stage, "Established")


@pytest.fixture
async def controllers(admin: HttpClient, cluster: Path) -> Any:
    return Controllers(admin)


@pytest.fixture
async def florence_node(admin: HttpClient, cluster: Path) -> AsyncIterator[Any]:
    labels = {"liqo.io/type": "virtual-node", "liqo.io/remote-cluster-id": FLORENCE_ID}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "liqo-florence", "labels": labels}}
    await admin.create(NODES, node)
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
    await admin.patch(NODES, "liqo-florence", {"status": {"conditions": [ready]}}, subresource="status")
    yield
    await admin.delete(NODES, "liqo-florence")


async def peer(liqoctl: Liqoctl, cluster: Path, controllers: Any, *flags: Any, name: Any = "florence") -> Any:
    running = asyncio.create_task(liqoctl("peer", "out-of-band", name, *(flags or FLAGS), kubeconfig=cluster))
    await controllers.expect("florence", "Yes")
    await controllers.establish("florence")
    return await running


async def test_peer_unpeer_and_peer_again(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, controllers: Any, florence_node: Any
) -> None:
    finished = await peer(liqoctl, cluster, controllers)
    assert (finished.code, finished.outcomes) == (0, ENABLED)

    foreign = await admin.get(FOREIGN_CLUSTERS, "florence")
    assert foreign["metadata"]["labels"] == {"discovery.liqo.io/cluster-id": FLORENCE_ID}
    assert foreign["spec"] == {
        "clusterIdentity": {"clusterID": FLORENCE_ID, "clusterName": "florence"},
        "foreignAuthUrl": "https://172.18.0.3:31234",
        "incomingPeeringEnabled": "Auto",
        "insecureSkipTLSVerify": True,
        "networkingEnabled": "Yes",
        "outgoingPeeringEnabled": "Yes",
    }
    token = await admin.get(SECRETS, f"remote-token-{FLORENCE_ID}", "liqo")
    assert base64.b64decode(token["data"]["token"]) == b"secret"
    labels = {"discovery.liqo.io/cluster-id": FLORENCE_ID, "discovery.liqo.io/auth-token": ""}
    assert token["metadata"]["labels"] == labels

    unpeering = asyncio.create_task(liqoctl("unpeer", "out-of-band", "florence", kubeconfig=cluster))
    await controllers.expect("florence", "No")
    await controllers.set("florence", "OutgoingPeering", "None")
    finished = await unpeering
    assert (finished.code, finished.outcomes) == (0, DISABLED)

    # Twice is once; and the peering can be enabled again by name.
    finished = await liqoctl("unpeer", "florence", kubeconfig=cluster)
    assert (finished.code, finished.outcomes) == (0, DISABLED)
    again = asyncio.create_task(liqoctl("peer", "florence", kubeconfig=cluster))
    await controllers.expect("florence", "Yes")
    await controllers.establish("florence")
    assert (await again).outcomes == ENABLED


async def test_known_cluster_keeps_its_name(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, controllers: Any, florence_node: Any
) -> None:
    await peer(liqoctl, cluster, controllers)
    new = ("--auth-url", "https://172.18.0.3:32000", "--cluster-id", FLORENCE_ID, "--auth-token", "new")
    finished = await peer(liqoctl, cluster, controllers, *new, name="firenze")
    assert finished.outcomes == ENABLED
    clusters = (await admin.list(FOREIGN_CLUSTERS)).items
    assert [each["metadata"]["name"] for each in clusters] == ["florence"]
    assert clusters[0]["spec"]["foreignAuthUrl"] == "https://172.18.0.3:32000"
    token = await admin.get(SECRETS, f"remote-token-{FLORENCE_ID}", "liqo")
    assert base64.b64decode(token["data"]["token"]) == b"new"


async def test_peering_with_oneself_is_refused(liqoctl: Liqoctl, cluster: Path) -> None:
    flags = ("--auth-url", "https://172.18.0.2:31234", "--cluster-id", "0f6bbe6c-0d8e-4a41-9d6e-1f6b1a0f7a11")
    finished = await liqoctl("peer", "out-of-band", "venice", *flags, "--auth-token", "t", kubeconfig=cluster)
    message = "the Cluster ID of the remote cluster is the same of that of the local cluster"
    assert (finished.code, finished.outcomes) == (1, [f"ERRO: Failed peering clusters:{message}"])


async def test_timeout_tells_what_is_in_the_way(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, controllers: Any
) -> None:
    running = asyncio.create_task(
        liqoctl("peer", "out-of-band", "florence", *FLAGS, "--timeout", "2s", kubeconfig=cluster)
    )
    await controllers.expect("florence", "Yes")
    said = {"reason": "IdentityDenied", "message": 'denied: invalid token "secret"'}
    await controllers.set("florence", "AuthenticationStatus", "Denied", **said)
    finished = await running
    assert finished.code == 1
    assert finished.outcomes == [
        "INFO: Peering enabled",
        'ERRO: Authentication to the remote cluster "florence" failed: timed out waiting for the condition',
        'INFO: AuthenticationStatus is Denied (IdentityDenied): denied: invalid token "secret"',
        "INFO: The authentication service is expected at https://172.18.0.3:31234; "
        "is it reachable, and is the token the current one?",
    ]


async def test_unknown_cluster(liqoctl: Liqoctl, cluster: Path) -> None:
    missing = 'Error from server (NotFound): foreignclusters.discovery.liqo.io "nowhere" not found'
    finished = await liqoctl("unpeer", "out-of-band", "nowhere", kubeconfig=cluster)
    assert (finished.code, finished.outcomes) == (1, [f"ERRO: Failed unpeering clusters: {missing}"])
    finished = await liqoctl("peer", "nowhere", kubeconfig=cluster)
    assert (finished.code, finished.outcomes) == (1, [f"ERRO: {missing}"])


async def test_interruption_leaves_a_terminal_line(cluster: Path, liqoctl_terminal: Callable[..., Terminal]) -> None:
    child = liqoctl_terminal("peer", "out-of-band", "florence", *FLAGS)
    await asyncio.to_thread(child.expect_exact, "Waiting for authentication")
    child.sendintr()
    await asyncio.to_thread(child.expect, pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert " ERRO  Interrupted." in child.before
