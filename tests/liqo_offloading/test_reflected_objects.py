"""What the virtual kubelet makes of pods, statuses and the objects around them; pure tables."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from liqolab.liqo.virtualkubelet.home import HomeAccess
from liqolab.liqo.virtualkubelet.kinds import reflected_kinds
from liqolab.liqo.virtualkubelet.mappings import Mapping, Mappings, mapping_of
from liqolab.liqo.virtualkubelet.nodeforge import Health, conditions, node_labels, sufficient
from liqolab.liqo.virtualkubelet.pair import Pair
from liqolab.liqo.virtualkubelet.podstatus import aborted, backing_off, earlier_restarts, local_status
from liqolab.liqo.virtualkubelet.shadow import shadow_pod

PAIR = Pair("d8e8fca2-venice", "53d11339-naples", "naples", "liqo-naples", "liqo-tenant-naples", "10.200.0.5")
LABELS = {"virtualkubelet.liqo.io/origin": PAIR.home_id, "virtualkubelet.liqo.io/destination": PAIR.foreign_id}


def kind(plural: Any, translate: Any = lambda address: address, **settings: Any) -> Any:
    kinds = reflected_kinds(PAIR.home_id, PAIR.node, translate, **settings)
    return next(k for k in kinds if k.resource.plural == plural)


def test_a_shadow_pod_carries_what_means_the_same_on_the_provider() -> None:
    token = {"serviceAccountToken": {"path": "token"}}
    authority = {"configMap": {"name": "kube-root-ca.crt", "items": [1]}}
    liqo = {"key": "virtual-node.liqo.io/not-allowed", "operator": "Exists", "effect": "NoExecute"}
    other = {"key": "node.kubernetes.io/not-ready", "operator": "Exists"}
    spec = {
        "containers": [{"name": "c"}],
        "restartPolicy": "Never",
        "tolerations": [other, liqo],
        "volumes": [{"name": "api", "projected": {"sources": [token, authority]}}, {"name": "e", "emptyDir": {}}],
        "affinity": {"x": 1},
        "nodeName": "liqo-naples",
        "nodeSelector": {"a": "b"},
        "serviceAccountName": "default",
        "priority": 0,
        "hostNetwork": True,
    }
    pod = {"metadata": {"name": "p", "labels": {"app": "a", "liqo.io/shadowPod": "true"}}, "spec": spec}
    shadow = shadow_pod(pod, "liqo-demo", PAIR)
    assert shadow["metadata"] == {
        "name": "p",
        "namespace": "liqo-demo",
        "labels": {"app": "a"} | LABELS,
        "annotations": {},
    }
    assert shadow["spec"]["pod"] == {
        "containers": [{"name": "c"}],
        "restartPolicy": "Never",
        "tolerations": [other],
        "volumes": [
            {
                "name": "api",
                "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt.d8e8f", "items": [1]}}]},
            },
            {"name": "e", "emptyDir": {}},
        ],
        "automountServiceAccountToken": False,
        "hostIPC": False,
        "hostNetwork": False,
        "hostPID": False,
    }


def running(restarts: Any = 0, started: Any = "2026-01-01T00:00:00Z") -> Any:
    state = {"running": {"startedAt": started}}
    container = {"name": "c", "ready": True, "started": True, "restartCount": restarts, "state": state}
    return {
        "status": {
            "phase": "Running",
            "hostIP": "172.18.0.4",
            "podIP": "10.200.0.12",
            "podIPs": [{"ip": "10.200.0.12"}],
            "startTime": started,
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}],
            "containerStatuses": [container],
        }
    }


def test_a_local_status_is_the_remote_one_seen_from_here() -> None:
    remote = running(restarts=1)
    status = local_status(remote, lambda ip: ip.replace("10.200.", "10.204."), "10.200.0.5", 2)
    assert (status["podIP"], status["podIPs"], status["hostIP"]) == (
        "10.204.0.12",
        [{"ip": "10.204.0.12"}],
        "10.200.0.5",
    )
    assert status["containerStatuses"][0]["restartCount"] == 3
    assert remote["status"]["containerStatuses"][0]["restartCount"] == 1
    assert status["conditions"] == remote["status"]["conditions"]


@pytest.mark.parametrize(
    ("local", "remote", "restarts"),
    [
        ({"status": {"phase": "Pending"}}, running(), 0),
        (running(), running(), 0),
        (running(2), running(1), 1),
        (running(2), running(0, "2026-01-02T00:00:00Z"), 3),
        (running(0), running(4), 0),
    ],
)
def test_a_restarted_virtual_kubelet_goes_on_counting(local: Any, remote: Any, restarts: Any) -> None:
    assert earlier_restarts(local, remote) == restarts


def test_a_withdrawn_pod_has_failed_in_every_respect() -> None:
    status = aborted(running(), "why", "2026-01-02T00:00:00Z")
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "OffloadingAborted", "why")
    ready, other = status["conditions"]
    assert (ready["status"], ready["reason"], other) == (
        "False",
        "OffloadingAborted",
        {"type": "Other", "status": "False"},
    )
    container = status["containerStatuses"][0]
    assert (container["ready"], container["state"]["terminated"]["reason"]) == (False, "OffloadingAborted")
    waiting = backing_off({"status": {"phase": "Pending"}}, "why")
    assert (waiting["phase"], waiting["reason"]) == ("Pending", "OffloadingBackOff")


def test_a_service_leaves_its_addresses_behind() -> None:
    port = {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}
    service = {
        "metadata": {"name": "web"},
        "spec": {
            "type": "NodePort",
            "clusterIP": "10.80.0.9",
            "clusterIPs": ["10.80.0.9"],
            "ports": [port | {"nodePort": 30001}],
            "selector": {"app": "a"},
            "externalIPs": ["1.2.3.4"],
        },
    }
    services = kind("services")
    assert services.forge(service) == {"spec": {"type": "NodePort", "selector": {"app": "a"}, "ports": [port]}}
    forced = service | {"metadata": {"annotations": {"liqo.io/force-remote-node-port": "true"}}}
    assert services.forge(forced)["spec"]["ports"] == [port | {"nodePort": 30001}]
    headless = {"metadata": {}, "spec": {"clusterIP": "None"}}
    assert services.forge(headless) == {"spec": {"clusterIP": "None"}}


def test_endpoints_are_translated_and_those_that_the_provider_has_itself_are_left_out() -> None:
    here = {"addresses": ["10.200.0.7"], "conditions": {"ready": True}, "nodeName": "venice", "targetRef": {"a": 1}}
    there = {"addresses": ["10.204.0.12"], "nodeName": "liqo-naples"}
    item = {"metadata": {"name": "web-x"}, "addressType": "IPv4", "endpoints": [here, there], "ports": [{"port": 80}]}
    forged = kind("endpointslices", lambda ip: ip.replace("10.200.", "10.202.")).forge(item)
    assert forged["endpoints"] == [
        {"addresses": ["10.202.0.7"], "conditions": {"ready": True}, "nodeName": PAIR.home_id}
    ]
    managed_by = {"endpointslice.kubernetes.io/managed-by": "endpointslice.reflection.liqo.io"}
    assert forged["metadata"] == {"labels": managed_by}
    assert kind("endpointslices", lambda _: None).forge(item) is None


def test_a_pod_is_told_the_way_to_the_api_server_of_its_home() -> None:
    account = {"name": "X", "valueFrom": {"fieldRef": {"fieldPath": "spec.serviceAccountName"}}}
    sources = [{"serviceAccountToken": {"path": "token"}}, {"configMap": {"name": "kube-root-ca.crt"}}]
    volume = {"name": "kube-api-access-x7x7x", "projected": {"sources": sources}}
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "env": [account]}], "volumes": [volume]}}
    spec = shadow_pod(pod, "demo", PAIR, HomeAccess("10.203.0.9", "443", "robot", "robot-token"))["spec"]["pod"]
    assert spec["hostAliases"] == [{"ip": "10.203.0.9", "hostnames": ["kubernetes.default", "kubernetes.default.svc"]}]
    told = {each["name"]: each["value"] for each in spec["containers"][0]["env"]}
    assert told == {
        "X": "robot",
        "KUBERNETES_SERVICE_HOST": "kubernetes.default",
        "KUBERNETES_SERVICE_PORT": "443",
        "KUBERNETES_PORT": "tcp://kubernetes.default:443",
        "KUBERNETES_PORT_443_TCP": "tcp://kubernetes.default:443",
        "KUBERNETES_PORT_443_TCP_PROTO": "tcp",
        "KUBERNETES_PORT_443_TCP_ADDR": "kubernetes.default",
        "KUBERNETES_PORT_443_TCP_PORT": "443",
    }
    assert spec["volumes"][0]["projected"]["sources"] == [
        {"secret": {"name": "robot-token", "items": [{"key": "token", "path": "token"}]}},
        {"configMap": {"name": "kube-root-ca.crt.d8e8f"}},
    ]


def test_names_and_secrets_that_belong_to_each_cluster() -> None:
    assert kind("configmaps").rename("kube-root-ca.crt") == "kube-root-ca.crt.d8e8f"
    assert kind("configmaps").rename("settings") == "settings"
    assert not kind("secrets").reflects({"type": "kubernetes.io/service-account-token"})
    assert kind("secrets").reflects({"type": "Opaque"})
    of_account = {
        "metadata": {"annotations": {"kubernetes.io/service-account.name": "robot"}},
        "data": {"token": "eA=="},
    }
    of_account |= {"type": "kubernetes.io/service-account-token"}
    tokens = kind("secrets", tokens=True)
    assert tokens.reflects(of_account)
    labels = {"kubernetes.io/service-account.name": "robot"}
    assert tokens.forge(of_account) == {"data": {"token": "eA=="}, "type": "Opaque", "metadata": {"labels": labels}}


def namespace_map(desired: Any, phase: Any, deleting: Any = False) -> Any:
    metadata = {"name": "m"} | ({"deletionTimestamp": "x"} if deleting else {})
    current = {"a": {"phase": phase, "remoteNamespace": "a-venice"}} if phase else {}
    return {
        "metadata": metadata,
        "spec": {"desiredMapping": {"a": "a-venice"} if desired else {}},
        "status": {"currentMapping": current},
    }


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (None, (Mapping.ABSENT, "")),
        (namespace_map(False, None), (Mapping.ABSENT, "")),
        (namespace_map(True, None), (Mapping.PENDING, "")),
        (namespace_map(True, None, deleting=True), (Mapping.ABSENT, "")),
        (namespace_map(True, "Accepted"), (Mapping.ACCEPTED, "a-venice")),
        (namespace_map(False, "Accepted"), (Mapping.ABSENT, "")),
        (namespace_map(False, "Terminating"), (Mapping.ABSENT, "")),
        (namespace_map(True, "CreationLoopBackOff"), (Mapping.ABSENT, "")),
    ],
)
def test_only_a_clear_word_ends_a_mapping(item: Any, expected: Any) -> None:
    assert mapping_of(item, "a") == expected


async def test_a_provider_gets_what_it_is_sent_and_not_what_it_accepts() -> None:
    class Maps:
        """The informer of one map."""

        def list(self) -> Any:
            return [namespace_map(True, "Accepted")]

        def add_handler(self, handler: Any) -> None:
            self.tell = handler

    class Reflection:
        remote = "a-venice"

        async def run(self) -> None:
            await asyncio.Event().wait()

    permitted: set[str] = set()
    maps = Maps()
    mappings = Mappings(maps, permitted.__contains__, lambda *_: Reflection(), lambda _: None)
    running = asyncio.create_task(mappings.run())
    maps.tell("ADDED", *maps.list(), None)
    assert (mappings.active, mappings.state("a")) == ({}, Mapping.ABSENT)
    permitted.add("a")
    mappings.reconsider("a")
    assert (list(mappings.active), mappings.state("a")) == (["a"], Mapping.ACCEPTED)
    permitted.clear()
    mappings.reconsider()
    assert mappings.active == {}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("plural", ["services", "endpointslices"])
def test_the_api_server_is_no_service_for_others(plural: Any) -> None:
    own = {"metadata": {"name": "kubernetes", "namespace": "default"}}
    other = {"metadata": {"name": "kubernetes", "namespace": "elsewhere"}}
    assert [kind(plural).reflects(item) for item in (own, other)] == [False, True]


def test_the_node_is_ready_with_resources_and_a_tunnel() -> None:
    def statuses(**health: Any) -> Any:
        return {row["type"]: (row["status"], row["reason"]) for row in conditions((), Health(**health))}

    assert statuses(resources=True, network=True)["Ready"] == ("True", "KubeletReady")
    down = statuses(resources=True, network=False)
    assert down["Ready"] == ("False", "KubeletNotReady")
    assert down["NetworkUnavailable"] == ("True", "LiqoNetworkingDown")
    assert statuses(resources=False, network=True)["MemoryPressure"] == ("True", "RemoteClusterHasMemoryPressure")
    assert sufficient({"cpu": "3600m", "memory": "7Gi"})
    assert not sufficient({"cpu": "0", "memory": "7Gi"})


def test_the_node_carries_the_providers_labels_but_is_what_it_is() -> None:
    offer = {"spec": {"labels": {"topology.liqo.io/region": "south", "liqo.io/type": "physical"}}}
    labels = node_labels(PAIR, offer)
    assert labels["topology.liqo.io/region"] == "south"
    assert labels["liqo.io/type"] == "virtual-node"
    assert labels["liqo.io/remote-cluster-id"] == PAIR.foreign_id
    assert labels["kubernetes.io/role"] == "agent"
