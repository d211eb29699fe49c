"""Somebody who works in a namespace of a cluster with two nodes, with the machine's own kubectl."""

from __future__ import annotations

from typing import Any

import yaml

from tests.kubectls import Kubectl

Object = dict[str, Any]
NODES = [
    {"name": "venice-control-plane", "role": "control-plane", "labels": {}},
    {"name": "venice-worker", "role": "worker", "labels": {}},
]


class Person:
    """Somebody who works in one namespace."""

    def __init__(self, kubectl: Kubectl, space: str) -> None:
        self.kubectl = kubectl
        self.space = space

    def __call__(self, *arguments: str, stdin: str | None = None, code: int = 0) -> str:
        return self.kubectl("-n", self.space, *arguments, stdin=stdin, code=code)

    def apply(self, *objects: Object) -> None:
        self("apply", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def ready(self, *objects: Object) -> None:
        self.apply(*objects)
        for item in objects:
            if item["kind"] == "Pod":
                self("wait", "--for=condition=Ready", f"pod/{item['metadata']['name']}", "--timeout=30s")

    def sh(self, pod: str, script: str, container: str = "c", code: int = 0) -> str:
        return self("exec", pod, "-c", container, "--", "sh", "-c", script, code=code)


def pod(name: str, script: str, volumes: list[Object], mounts: list[Object], **fields: Any) -> Object:
    container = {"name": "c", "image": "busybox", "command": ["sh", "-c", script], "volumeMounts": mounts}
    container |= fields.pop("container", {})
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container], "volumes": volumes} | fields
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def mount(path: str, **fields: Any) -> Object:
    return {"name": "v", "mountPath": path} | fields


def claim(name: str, **spec: Any) -> Object:
    wish = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}} | spec
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": wish}


def uses(name: str) -> list[Object]:
    return [{"name": "v", "persistentVolumeClaim": {"claimName": name}}]
