"""Columns of the other core kinds: nodes, namespaces, events, configuration, volumes, quotas."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.printers.common import AGE, NAME, NONE, UNKNOWN, UNSET, age, columns, elapsed, name, wide
from liqolab.kube.kinds.spec import Column, Printer

_ROLE_PREFIX = "node-role.kubernetes.io/"
_ROLE_LABEL = "kubernetes.io/role"


def _node_status(node: Object) -> str:
    conditions = (node.get("status") or {}).get("conditions") or []
    ready = next((c for c in conditions if c.get("type") == "Ready"), None)
    text = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    return f"{text},SchedulingDisabled" if (node.get("spec") or {}).get("unschedulable") else text


def _node_roles(node: Object) -> str:
    roles = set()
    for key, value in (node["metadata"].get("labels") or {}).items():
        if key.startswith(_ROLE_PREFIX):
            roles.add(key.removeprefix(_ROLE_PREFIX))
        elif key == _ROLE_LABEL:
            roles.add(value)
    return ",".join(sorted(role for role in roles if role)) or NONE


def _node(node: Object, now: float) -> list[Any]:
    status = node.get("status") or {}
    info = status.get("nodeInfo") or {}
    addresses: dict[str, str] = {}
    for address in status.get("addresses") or []:
        addresses.setdefault(address.get("type", ""), address.get("address", ""))
    return [
        *(name(node), _node_status(node), _node_roles(node), age(node, now), info.get("kubeletVersion", "")),
        *(addresses.get("InternalIP") or NONE, addresses.get("ExternalIP") or NONE),
        *(info.get(key) or UNKNOWN for key in ("osImage", "kernelVersion", "containerRuntimeVersion")),
    ]


NODE = Printer(
    (
        *(NAME, Column("Status"), Column("Roles"), AGE, Column("Version")),
        *(wide("Internal-IP"), wide("External-IP"), wide("OS-Image")),
        *(wide("Kernel-Version"), wide("Container-Runtime")),
    ),
    _node,
)

NAMESPACE = Printer(
    columns("Status", "Age"),
    lambda obj, now: [name(obj), (obj.get("status") or {}).get("phase", ""), age(obj, now)],
)


def _event(event: Object, now: float) -> list[Any]:
    series = event.get("series") or {}
    first_seen = elapsed(event.get("firstTimestamp") or event.get("eventTime"), now)
    last_seen = event.get("lastTimestamp")
    last = elapsed(series.get("lastObservedTime") or last_seen or event.get("eventTime"), now)
    source, involved = event.get("source") or {}, event.get("involvedObject") or {}
    component = source.get("component") or event.get("reportingComponent", "")
    host = source.get("host") or event.get("reportingInstance", "")
    target = involved.get("kind", "").lower()
    if involved.get("name"):
        target = f"{target}/{involved['name']}"
    return [
        *(last, event.get("type", ""), event.get("reason", ""), target, involved.get("fieldPath", "")),
        *(f"{component}, {host}" if host else component, str(event.get("message", "")).strip(), first_seen),
        *(series.get("count") or event.get("count") or 1, name(event)),
    ]


def _component(obj: Object, now: float) -> list[Any]:
    healthy = next((row for row in obj.get("conditions") or [] if row.get("type") == "Healthy"), None)
    if healthy is None:
        return [name(obj), "Unknown", "", ""]
    status = "Healthy" if healthy.get("status") == "True" else "Unhealthy"
    return [name(obj), status, healthy.get("message", ""), healthy.get("error", "")]


COMPONENT_STATUS = Printer(columns("Status", "Message", "Error"), _component)

EVENT = Printer(
    (
        *(Column("Last Seen"), Column("Type"), Column("Reason"), Column("Object"), wide("Subobject")),
        *(wide("Source"), Column("Message"), wide("First Seen"), wide("Count")),
        Column("Name", format="name", priority=1),
    ),
    _event,
)


def _secret(obj: Object, now: float) -> list[Any]:
    return [name(obj), obj.get("type", ""), len(obj.get("data") or {}), age(obj, now)]


SECRET = Printer(columns("Type", "Data", "Age"), _secret)

_ACCESS_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def _access_modes(modes: list[str] | None) -> str:
    present = modes or []
    return ",".join(short for mode, short in _ACCESS_MODES.items() if mode in present)


def _claim(obj: Object, now: float) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    bound = bool(spec.get("volumeName"))
    storage_class = obj["metadata"].get("annotations", {}).get("volume.beta.kubernetes.io/storage-class")
    return [
        *(name(obj), phase, spec.get("volumeName", "")),
        (status.get("capacity") or {}).get("storage", "") if bound else "",
        _access_modes(status.get("accessModes")) if bound else "",
        storage_class or spec.get("storageClassName", ""),
        *(status.get("currentVolumeAttributesClassName") or UNSET, age(obj, now), spec.get("volumeMode") or UNSET),
    ]


CLAIM = Printer(
    (
        *columns("Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", "Age"),
        wide("VolumeMode"),
    ),
    _claim,
)


def _volume(obj: Object, now: float) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    claim = spec.get("claimRef")
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    return [
        *(name(obj), (spec.get("capacity") or {}).get("storage", ""), _access_modes(spec.get("accessModes"))),
        *(spec.get("persistentVolumeReclaimPolicy", ""), phase),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        *(spec.get("storageClassName", ""), spec.get("volumeAttributesClassName") or UNSET),
        *(status.get("reason", ""), age(obj, now), spec.get("volumeMode") or UNSET),
    ]


VOLUME = Printer(
    (
        *columns("Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass"),
        *(Column("VolumeAttributesClass"), Column("Reason"), AGE, wide("VolumeMode")),
    ),
    _volume,
)


def _quota(obj: Object, now: float) -> list[Any]:
    status = obj.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    requests: list[str] = []
    limits: list[str] = []
    for key in sorted(hard):
        cell = f"{key}: {used.get(key, '0')}/{hard[key]}"
        (limits if key.startswith("limits.") else requests).append(cell)
    return [name(obj), ", ".join(requests), ", ".join(limits), age(obj, now)]


QUOTA = Printer(columns("Request", "Limit", "Age"), _quota)
