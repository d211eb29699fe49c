"""Unmodified kubectl, every version that the machine has."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.kubectls import Kubectl


@pytest.fixture
def space(kubectl: Kubectl) -> Iterator[Any]:
    name = f"k-{uuid.uuid4().hex[:8]}"
    assert kubectl("create", "namespace", name) == f"namespace/{name} created\n"
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def test_create_apply_get_delete(kubectl: Kubectl, space: Any) -> None:
    kubectl("-n", space, "create", "configmap", "a", "--from-literal=k=v")
    lines = kubectl("-n", space, "get", "configmap", "a").splitlines()
    assert lines[0].split() == ["NAME", "DATA", "AGE"] and lines[1].split()[:2] == ["a", "1"]
    manifest = yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": {"x": "1"}})
    assert kubectl("-n", space, "apply", "-f", "-", stdin=manifest) == "configmap/b created\n"
    assert kubectl("-n", space, "apply", "-f", "-", stdin=manifest) == "configmap/b unchanged\n"
    changed = manifest.replace("'1'", "'2'")
    assert kubectl("-n", space, "apply", "-f", "-", stdin=changed) == "configmap/b configured\n"
    assert kubectl("-n", space, "get", "cm", "b", "-o", "jsonpath={.data.x}") == "2"
    listed = json.loads(kubectl("-n", space, "get", "cm", "-o", "json"))
    assert {item["kind"] for item in listed["items"]} == {"ConfigMap"}
    assert 'configmap "b" deleted' in kubectl("-n", space, "delete", "cm", "b")


def test_apply_moves_to_the_server_and_back(kubectl: Kubectl, space: Any) -> None:
    def manifest(**data: str) -> str:
        return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": data})

    def kept() -> Any:
        found = json.loads(kubectl("-n", space, "get", "cm", "m", "-o", "json"))
        annotation = found["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
        return found["data"], json.loads(annotation)["data"]

    kubectl("-n", space, "apply", "-f", "-", stdin=manifest(a="1", b="1"))
    text = kubectl("-n", space, "apply", "--server-side", "-f", "-", stdin=manifest(a="2", b="1"))
    assert text == "configmap/m serverside-applied\n"
    assert kept() == ({"a": "2", "b": "1"},) * 2
    kubectl("-n", space, "apply", "-f", "-", stdin=manifest(a="3"))
    assert kept() == ({"a": "3"},) * 2


def test_apply_says_who_has_scaled(kubectl: Kubectl, space: Any) -> None:
    labels, containers = {"a": "b"}, [{"name": "c", "image": "x"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": 2, "paused": True, "selector": {"matchLabels": labels}, "template": template}
    manifest = json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec})
    apply = ("-n", space, "apply", "--server-side", "-f", "-")
    kubectl(*apply, stdin=manifest)
    kubectl("-n", space, "scale", "deployment", "d", "--replicas=1")
    told = kubectl(*apply, stdin=manifest, code=1)
    assert 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in told
    kubectl(*apply, "--force-conflicts", stdin=manifest)


def test_errors_read_as_on_any_cluster(kubectl: Kubectl, space: Any) -> None:
    text = kubectl("get", "namespaces", "nope", code=1)
    assert text == 'Error from server (NotFound): namespaces "nope" not found\n'
    text = kubectl("create", "namespace", space, code=1)
    assert text == f'Error from server (AlreadyExists): namespaces "{space}" already exists\n'
    text = kubectl("-n", space, "get", "deployments.apps", "x", code=1)
    assert text == 'Error from server (NotFound): deployments.apps "x" not found\n'


def test_labels_patches_and_selectors(kubectl: Kubectl, space: Any) -> None:
    kubectl("-n", space, "create", "secret", "generic", "s", "--from-literal=a=b")
    kubectl("-n", space, "label", "secret", "s", "topology.liqo.io/region=south")
    kubectl("-n", space, "annotate", "secret", "s", "note=hello")
    kubectl("-n", space, "patch", "secret", "s", "-p", '{"stringData":{"c":"d"}}')
    found = kubectl("-n", space, "get", "secret", "-l", "topology.liqo.io/region in (south)", "--show-labels")
    assert "topology.liqo.io/region=south" in found
    assert kubectl("-n", space, "get", "secret", "s", "-o", "jsonpath={.data.c}") == "ZA=="


def test_server_side_apply(kubectl: Kubectl, space: Any) -> None:
    manifest = yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s"}, "data": {"x": "1"}})
    assert "serverside-applied" in kubectl("-n", space, "apply", "--server-side", "-f", "-", stdin=manifest)
    other = manifest.replace("'1'", "'2'")
    text = kubectl("-n", space, "apply", "--server-side", "--field-manager=o", "-f", "-", stdin=other, code=1)
    assert 'conflict with "kubectl": .data.x' in text


def test_explain_and_api_resources(kubectl: Kubectl) -> None:
    assert "restartPolicy" in kubectl("explain", "pod.spec")
    rows = {line.split()[0] for line in kubectl("api-resources", "--no-headers").splitlines()}
    assert {"pods", "deployments", "customresourcedefinitions", "endpointslices"} <= rows


def test_a_definition_and_its_objects_in_one_file(kubectl: Kubectl, space: Any) -> None:
    group = f"{space}.ex.io"
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    version["additionalPrinterColumns"] = [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"boats.{group}"},
        "spec": {"group": group, "names": {"plural": "boats", "kind": "Boat"}, "scope": "Namespaced"},
    }
    definition["spec"]["versions"] = [version]
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(definition))
    boat = {"apiVersion": f"{group}/v1", "kind": "Boat", "metadata": {"name": "gondola"}, "spec": {"size": 11}}
    assert "boat" in kubectl("-n", space, "apply", "-f", "-", stdin=yaml.safe_dump(boat))
    lines = [line.split() for line in kubectl("-n", space, "get", f"boats.{group}").splitlines()]
    assert lines == [["NAME", "SIZE"], ["gondola", "11"]]
    assert "deleted" in kubectl("delete", "crd", f"boats.{group}")


def test_wait_and_watch(kubectl: Kubectl, space: Any) -> None:
    kubectl("-n", space, "create", "deployment", "d", "--image=nginx")
    assert "successfully rolled out" in kubectl("-n", space, "rollout", "status", "deployment/d", "--timeout=30s")
    condition = "--for=condition=Available"
    assert "condition met" in kubectl("-n", space, "wait", condition, "deployment/d", "--timeout=30s")
    kubectl("-n", space, "scale", "deployment/d", "--replicas=2")
    assert "successfully rolled out" in kubectl("-n", space, "rollout", "status", "deployment/d", "--timeout=30s")
    assert len(kubectl("-n", space, "get", "pods", "-l", "app=d", "-o", "name").splitlines()) == 2
    assert "deployment" in kubectl("-n", space, "delete", "deployment", "d")


def test_logs_come_from_the_kubelet(kubectl: Kubectl, space: Any) -> None:
    kubectl("-n", space, "run", "web", "--image=nginx")
    kubectl("-n", space, "wait", "--for=condition=Ready", "pod/web", "--timeout=30s")
    assert kubectl("get", "--raw", f"/api/v1/namespaces/{space}/pods/web:80/proxy/")
    assert kubectl("-n", space, "logs", "web").count("GET / ") == 1
    text = kubectl("-n", space, "logs", "web", "-c", "nope", code=1)
    assert "container nope is not valid for pod web" in text
