"""The objects with which ``liqoctl move volume`` moves bytes: a repository that both clusters reach, and two jobs.

Names, images and arguments are those of ``liqoctl`` 0.5.4, so what is seen while a volume moves is what is seen there.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names

REGISTRY: Final = "restic-registry"
REGISTRY_CLAIM: Final = f"restic-registry-data-{REGISTRY}-0"
_SERVER_IMAGE: Final = "restic/rest-server:0.10.0"
_IMAGE: Final = "restic/restic:0.12.1"
_PORT: Final = 8000
_DATA: Final = "restic-registry-data"
_KEPT_SECONDS: Final = 10
"""How long a finished job is there to be looked at."""


def url(namespace: str, claim: Object) -> str:
    """Where the repository for a claim is found from a cluster where the storage namespace is called `namespace`."""
    return f"rest:http://{REGISTRY}.{namespace}.svc.cluster.local:{_PORT}/{meta.uid(claim)}"


def service() -> Object:
    port = {"port": _PORT, "targetPort": _PORT, "protocol": "TCP"}
    return {"selector": {"app": REGISTRY}, "ports": [port]}


def repository(size: str) -> Object:
    """The spec of the StatefulSet; `size` is what the volume that is moved may hold."""
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    container = {
        "name": REGISTRY,
        "image": _SERVER_IMAGE,
        "env": [{"name": "DISABLE_AUTHENTICATION", "value": "1"}, {"name": "OPTIONS", "value": "--no-auth"}],
        "ports": [{"containerPort": _PORT}],
        "volumeMounts": [{"name": _DATA, "mountPath": "/data"}],
    }
    labels = {"app": REGISTRY}
    return {
        "selector": {"matchLabels": labels},
        "serviceName": REGISTRY,
        "replicas": 1,
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        "volumeClaimTemplates": [{"metadata": {"name": _DATA}, "spec": claim}],
    }


def snapshotter(claim: Object, location: str, password: str) -> Object:
    """The spec of the job that stores what is in a claim; it runs where the claim is."""
    init = _container("restic-init", ["-r", location, "init"], password)
    backup = _container("restic", ["-r", location, "backup", ".", "--host", "liqo"], password)
    backup |= {"workingDir": "/backup", "volumeMounts": [{"name": "backup", "mountPath": "/backup"}]}
    return _job({"initContainers": [init], "containers": [backup], "volumes": [_mounted("backup", claim)]})


def restorer(claim: Object, node: str, location: str, password: str) -> Object:
    """The spec of the job that fills an empty claim on a node, which is where its volume is made."""
    restore = _container("restic", ["-r", location, "restore", "latest", "--target", "/restore"], password)
    restore["volumeMounts"] = [{"name": "restore", "mountPath": "/restore"}]
    expression = {"key": names.LABEL_HOSTNAME, "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    return _job({"affinity": affinity, "containers": [restore], "volumes": [_mounted("restore", claim)]})


def _container(name: str, args: list[str], password: str) -> Object:
    return {
        "name": name,
        "image": _IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": args,
        "env": [{"name": "RESTIC_PASSWORD", "value": password}],
    }


def _mounted(name: str, claim: Object) -> Object:
    return {"name": name, "persistentVolumeClaim": {"claimName": meta.name(claim)}}


def _job(pod: Object) -> Object:
    template = {"spec": {**pod, "restartPolicy": "OnFailure"}}
    return {"ttlSecondsAfterFinished": _KEPT_SECONDS, "template": template}
