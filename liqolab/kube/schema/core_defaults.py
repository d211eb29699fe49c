"""Defaults of the core group: one table entry a kind."""

from __future__ import annotations

import base64

from liqolab.apimachinery.resources import Object
from liqolab.kube.schema.filling import Table, with_status
from liqolab.kube.schema.pod_defaults import CLAIM_SPEC, CONDITION, POD, POD_SPEC, TEMPLATE, VOLUME_SOURCES

PORT_TCP = Table({"protocol": "TCP"})


def _namespace_label(obj: Object) -> None:
    metadata = obj.get("metadata")
    if isinstance(metadata, dict) and (name := metadata.get("name")):
        labels = metadata["labels"] = metadata.get("labels") or {}
        labels["kubernetes.io/metadata.name"] = name


def _string_data(secret: Object) -> None:
    texts = secret.pop("stringData", None)
    if isinstance(texts, dict) and texts:
        data = secret["data"] = secret.get("data") or {}
        data.update({key: base64.b64encode(str(value).encode()).decode() for key, value in texts.items()})


def _target_port(port: Object) -> None:
    if port.get("targetPort") in (None, 0, "") and "port" in port:
        port["targetPort"] = port["port"]


_AFFINITY_TIMEOUT = 3 * 60 * 60


def _service(spec: Object) -> None:
    kind = spec["type"]
    if spec["sessionAffinity"] == "ClientIP":
        config = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        config.setdefault("timeoutSeconds", _AFFINITY_TIMEOUT)
    elif spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    reachable = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs"))
    if reachable and not spec.get("externalTrafficPolicy"):
        spec["externalTrafficPolicy"] = "Cluster"
    if kind in ("NodePort", "LoadBalancer", "ClusterIP") and not spec.get("internalTrafficPolicy"):
        spec["internalTrafficPolicy"] = "Cluster"
    if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is None:
        spec["allocateLoadBalancerNodePorts"] = True


def _allocatable(status: Object) -> None:
    if status.get("capacity") and not status.get("allocatable"):
        status["allocatable"] = dict(status["capacity"])


def _limit_range_item(item: Object) -> None:
    """For containers, what is not said follows from what is: default from max, default request from default or min."""
    if item.get("type") != "Container":
        return
    defaults = {**(item.get("max") or {}), **(item.get("default") or {})}
    requests = {**(item.get("min") or {}), **defaults, **(item.get("defaultRequest") or {})}
    for field, values in (("default", defaults), ("defaultRequest", requests)):
        if values:
            item[field] = values


def _replication_controller(obj: Object) -> None:
    spec = obj.get("spec")
    labels = ((spec or {}).get("template") or {}).get("metadata", {}).get("labels")
    if isinstance(spec, dict) and labels:
        if not spec.get("selector"):
            spec["selector"] = dict(labels)
        metadata = obj.setdefault("metadata", {})
        if not metadata.get("labels"):
            metadata["labels"] = dict(labels)


_NODE_INFO = (
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
)


def _node_zeros(status: Object) -> None:
    """What Go writes of an empty status; clients with strict models insist on it."""
    status.setdefault("daemonEndpoints", {}).setdefault("kubeletEndpoint", {}).setdefault("Port", 0)
    info = status.setdefault("nodeInfo", {})
    for field in _NODE_INFO:
        info.setdefault(field, "")


def _ip_mode(point: Object) -> None:
    if point.get("ip"):
        point.setdefault("ipMode", "VIP")


def _reporter(event: Object) -> None:
    for field in ("reportingComponent", "reportingInstance"):
        event.setdefault(field, "")


CORE: dict[str, tuple[Table, ...]] = {
    "Pod": (Table(within={"spec": POD_SPEC}), POD),
    "PodTemplate": (Table(within={"template": TEMPLATE}),),
    "ReplicationController": (
        Table(
            {"status": {}},
            rules=(_replication_controller,),
            within={"spec": Table({"replicas": 1}, within={"template": TEMPLATE}), "status": Table({"replicas": 0})},
        ),
    ),
    "Namespace": (
        Table({"spec": {}, "status": {}}, rules=(_namespace_label,), within={"status": Table({"phase": "Active"})}),
    ),
    "Secret": (Table({"type": "Opaque"}, rules=(_string_data,)),),
    "Service": (
        *with_status(
            Table(
                {"sessionAffinity": "None", "type": "ClusterIP"},
                rules=(_service,),
                each={"ports": Table({"protocol": "TCP"}, rules=(_target_port,))},
            ),
            loadBalancer={},
        ),
        Table(within={"status": Table(within={"loadBalancer": Table(each={"ingress": Table(rules=(_ip_mode,))})})}),
    ),
    "Event": (Table({"eventTime": None}, rules=(_reporter,)),),
    "Endpoints": (Table(each={"subsets": Table(each={"ports": PORT_TCP})}),),
    "Node": (Table({"spec": {}, "status": {}}, within={"status": Table(rules=(_allocatable, _node_zeros))}),),
    "PersistentVolumeClaim": (
        *with_status(CLAIM_SPEC, phase="Pending"),
        Table(within={"status": Table(each={"conditions": CONDITION})}),
    ),
    "PersistentVolume": with_status(
        Table({"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"}, within=VOLUME_SOURCES),
        phase="Pending",
    ),
    "LimitRange": (Table(within={"spec": Table(each={"limits": Table(rules=(_limit_range_item,))})}),),
    "ResourceQuota": with_status(Table()),
}
