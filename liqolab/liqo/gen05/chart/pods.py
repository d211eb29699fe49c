"""What every container of Liqo has: those of the chart, and virtual kubelets, which the controller manager makes."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.resources import Object, Objects
from liqolab.liqo.gen05 import names
from liqolab.program import HEALTH_PORT, LIVE_PATH, READY_PATH

_DOWNWARD: Final = {
    "POD_NAME": "metadata.name",
    "POD_NAMESPACE": "metadata.namespace",
    "POD_IP": "status.podIP",
    "NODE_NAME": "spec.nodeName",
    "HOST_IP": "status.hostIP",
}


def downward() -> Objects:
    """The environment that tells a container which pod it is of, and where."""
    return [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in _DOWNWARD.items()]


def environment() -> Objects:
    """`downward`, and who this cluster is: arguments of the chart refer to it."""
    keys = (names.CLUSTER_ID_KEY, names.CLUSTER_NAME_KEY)
    source = names.CLUSTER_ID_CONFIG_MAP
    identity = [{"name": key, "valueFrom": {"configMapKeyRef": {"name": source, "key": key}}} for key in keys]
    return [*downward(), *identity]


def probes() -> Object:
    """Ready is who says so; who has not answered for a minute is started anew."""
    return {
        "readinessProbe": _probe(READY_PATH, periodSeconds=2),
        "livenessProbe": _probe(LIVE_PATH, initialDelaySeconds=20, periodSeconds=20, timeoutSeconds=5),
    }


def _probe(path: str, **timing: int) -> Object:
    return {"httpGet": {"path": path, "port": HEALTH_PORT, "scheme": "HTTP"}, **timing}
