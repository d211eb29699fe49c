"""Defaults of pods and pod templates. What admission adds (service account, tolerations, priority) is not here."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.schema.filling import Table

FIELD_REF = Table({"apiVersion": "v1"})
RESOURCE_FIELD_REF = Table({"divisor": "0"})


def _pull_policy(container: Object) -> None:
    """Images that may change under their name are pulled always: those tagged latest, or not at all."""
    if not container.get("imagePullPolicy"):
        last = str(container.get("image", "")).rpartition("/")[2]
        moving = "@" not in last and (":" not in last or last.endswith(":latest"))
        container["imagePullPolicy"] = "Always" if moving else "IfNotPresent"


def _volume_source(volume: Object) -> None:
    if not any(field != "name" and value is not None for field, value in volume.items()):
        volume["emptyDir"] = {}


def _service_name(probe: Object) -> None:
    probe.setdefault("service", "")


def _host_path_type(source: Object) -> None:
    source.setdefault("type", "")


_HTTP_GET = Table({"path": "/", "scheme": "HTTP"})
_PROBE = Table(
    nonzero={"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    within={"httpGet": _HTTP_GET, "grpc": Table(rules=(_service_name,))},
)
_HANDLER = Table(within={"httpGet": _HTTP_GET})

CONTAINER = Table(
    {"resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"},
    rules=(_pull_policy,),
    within={
        "livenessProbe": _PROBE,
        "readinessProbe": _PROBE,
        "startupProbe": _PROBE,
        "lifecycle": Table(within={"postStart": _HANDLER, "preStop": _HANDLER}),
    },
    each={
        "ports": Table({"protocol": "TCP"}),
        "env": Table(
            within={
                "valueFrom": Table(within={"fieldRef": FIELD_REF, "resourceFieldRef": RESOURCE_FIELD_REF}),
            }
        ),
    },
)

_DOWNWARD_ITEMS = Table(within={"fieldRef": FIELD_REF, "resourceFieldRef": RESOURCE_FIELD_REF})
_FILES = {"defaultMode": 420}

CONDITION = Table({"lastProbeTime": None, "lastTransitionTime": None})
"""Conditions of pods and claims, whose times are written even when nobody has set them."""

CLAIM_SPEC = Table({"resources": {}, "volumeMode": "Filesystem"})

_RBD = Table({"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"})
_AZURE_DISK = Table({"cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": False, "kind": "Shared"})
_SCALE_IO = Table({"storageMode": "ThinProvisioned", "fsType": "xfs"})

VOLUME_SOURCES = {
    "hostPath": Table(rules=(_host_path_type,)),
    "iscsi": Table({"iscsiInterface": "default"}),
    "rbd": _RBD,
    "azureDisk": _AZURE_DISK,
    "scaleIO": _SCALE_IO,
}
"""Defaults of the sources that volumes of pods and persistent volumes share."""

VOLUME = Table(
    rules=(_volume_source,),
    within={
        "configMap": Table(_FILES),
        "secret": Table(_FILES),
        "downwardAPI": Table(_FILES, each={"items": _DOWNWARD_ITEMS}),
        "projected": Table(
            _FILES,
            each={
                "sources": Table(
                    within={
                        "serviceAccountToken": Table({"expirationSeconds": 3600}),
                        "downwardAPI": Table(each={"items": _DOWNWARD_ITEMS}),
                    }
                )
            },
        ),
        **VOLUME_SOURCES,
        "ephemeral": Table(within={"volumeClaimTemplate": Table({"metadata": {}}, within={"spec": CLAIM_SPEC})}),
    },
)

POD_SPEC = Table(
    {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    },
    each={
        "volumes": VOLUME,
        "containers": CONTAINER,
        "initContainers": CONTAINER,
        "ephemeralContainers": CONTAINER,
    },
)

TEMPLATE = Table({"metadata": {}}, within={"spec": POD_SPEC})


def _containers(spec: Object) -> Iterator[Object]:
    for field in ("containers", "initContainers"):
        for container in spec.get(field) or ():
            if isinstance(container, dict):
                yield container


def _requests_from_limits(spec: Object) -> None:
    """A pod that limits a resource and does not say what it requests requests what it limits."""
    for container in _containers(spec):
        resources = container.get("resources")
        if isinstance(resources, dict) and isinstance(limits := resources.get("limits"), dict) and limits:
            resources["requests"] = {**limits, **(resources.get("requests") or {})}


def requested(spec: Object, name: str) -> Quantity:
    """What containers and sidecars request together, or any init container beside the sidecars before it."""

    def wanted(container: Object) -> Quantity:
        return Quantity.parse(((container.get("resources") or {}).get("requests") or {}).get(name, "0"))

    sidecars = most = Quantity()
    for container in spec.get("initContainers") or []:
        if container.get("restartPolicy") == "Always":
            sidecars += wanted(container)
            most = max(most, sidecars)
        else:
            most = max(most, sidecars + wanted(container))
    total = sidecars
    for container in spec.get("containers") or []:
        total += wanted(container)
    return max(most, total)


_WHOLE = ("cpu", "memory")


def _pod_requests(spec: Object) -> None:
    """A pod that has resources as a whole requests what its containers do, and else what it limits."""
    resources = spec.get("resources")
    if not isinstance(resources, dict) or not (resources.get("limits") or resources.get("requests")):
        return
    named = {name for part in _containers(spec) for name in (part.get("resources") or {}).get("requests") or ()}
    sums = {
        name: str(requested(spec, name)) for name in sorted(named) if name in _WHOLE or name.startswith("hugepages-")
    }
    limits = {name: text for name, text in (resources.get("limits") or {}).items() if name in _WHOLE}
    if found := {**limits, **sums, **(resources.get("requests") or {})}:
        resources["requests"] = found


def _host_ports(spec: Object) -> None:
    """On the host's network, a container's ports are the host's."""
    if spec.get("hostNetwork"):
        for container in _containers(spec):
            for port in container.get("ports") or ():
                if not port.get("hostPort"):
                    port["hostPort"] = port.get("containerPort")


def _service_account(spec: Object) -> None:
    """The deprecated name of the field follows the current one, and stands in for it."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


_STATE = Table(
    within={
        "running": Table({"startedAt": None}),
        "terminated": Table({"startedAt": None, "finishedAt": None}),
    }
)
_CONTAINER_STATUS = Table({"state": {}, "lastState": {}}, within={"state": _STATE, "lastState": _STATE})

POD = Table(
    {"status": {"phase": "Pending"}},
    within={
        "status": Table(
            each={
                "conditions": CONDITION,
                "containerStatuses": _CONTAINER_STATUS,
                "initContainerStatuses": _CONTAINER_STATUS,
                "ephemeralContainerStatuses": _CONTAINER_STATUS,
            }
        ),
        "spec": Table(
            {"enableServiceLinks": True},
            rules=(_requests_from_limits, _pod_requests, _host_ports, _service_account),
        ),
    },
)
"""What a pod has beyond its spec's defaults (which templates share); applied after `POD_SPEC`."""
