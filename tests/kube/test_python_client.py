"""The official Python client, typed and dynamic."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client, config, dynamic, watch

from tests.clusters import ClusterProcess


@pytest.fixture
def python(cluster: ClusterProcess) -> Any:
    return config.new_client_from_config(str(cluster.kubeconfig))


def test_typed_objects(python: Any, namespace: str) -> None:
    core = client.CoreV1Api(python)
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="a"), data={"k": "v"})
    made = core.create_namespaced_config_map(namespace, body)
    assert made.metadata.uid
    listed = core.list_namespaced_config_map(namespace, label_selector="!x", limit=1)
    assert listed.items[0].metadata.name == "a" and listed.metadata.resource_version
    made.data["k"] = "w"
    assert core.replace_namespaced_config_map("a", namespace, made).data == {"k": "w"}
    assert core.patch_namespaced_config_map("a", namespace, {"data": {"x": "y"}}).data == {"k": "w", "x": "y"}
    assert core.delete_namespaced_config_map("a", namespace)["status"] == "Success"
    with pytest.raises(client.ApiException, match="Not Found"):
        core.read_namespaced_config_map("a", namespace)


def test_everything_served_fits_the_client_models(python: Any) -> None:
    core, apps = client.CoreV1Api(python), client.AppsV1Api(python)
    assert core.list_node().items[0].status.node_info.kubelet_version == "v1.33.4"
    assert core.list_pod_for_all_namespaces().items
    assert core.list_service_for_all_namespaces().items
    assert client.RbacAuthorizationV1Api(python).list_cluster_role().items
    assert client.DiscoveryV1Api(python).list_endpoint_slice_for_all_namespaces().items
    assert client.SchedulingV1Api(python).list_priority_class().items
    assert client.VersionApi(python).get_code().git_version == "v1.33.4"
    apps.list_deployment_for_all_namespaces()
    apps.list_daemon_set_for_all_namespaces()
    apps.list_replica_set_for_all_namespaces()
    core.list_event_for_all_namespaces()


def test_a_watch(python: Any, namespace: str) -> None:
    core = client.CoreV1Api(python)
    core.create_namespaced_secret(namespace, {"metadata": {"name": "s"}})
    seen = [
        (event["type"], event["object"].metadata.name)
        for event in watch.Watch().stream(core.list_namespaced_secret, namespace, timeout_seconds=1)
    ]
    assert seen == [("ADDED", "s")]


def test_the_dynamic_client(python: Any, namespace: str) -> None:
    found = dynamic.DynamicClient(python)
    maps = found.resources.get(api_version="v1", kind="ConfigMap")
    maps.create(namespace=namespace, body={"metadata": {"name": "d"}, "data": {"a": "b"}})
    assert maps.get(namespace=namespace, name="d").data.a == "b"
    maps.delete(namespace=namespace, name="d")
