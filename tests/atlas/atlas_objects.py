"""Objects of the API as small as a test needs them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

CONSUMER = "b3121ab4-b393-4bf9-95e1-262551550163"
PROVIDER = "0ded9933-bd15-47f8-9817-0916babf29ed"


def pod(
    name: str, namespace: str = "liqo-demo", *, node: str = "", labels: Object | None = None, **status: Any
) -> Object:
    metadata = {"name": name, "namespace": namespace, "labels": labels or {}}
    return {"kind": "Pod", "metadata": metadata, "spec": {"nodeName": node}, "status": status}


def waiting(reason: str, **more: Any) -> Object:
    return {"containerStatuses": [{"name": "c", "state": {"waiting": {"reason": reason, **more}}}]}


def unscheduled(reason: str, message: str = "") -> Object:
    return {"conditions": [{"type": "PodScheduled", "status": "False", "reason": reason, "message": message}]}


def node(name: str, *, ready: bool = True, cluster_id: str = "", **labels: str) -> Object:
    virtual = {"liqo.io/type": "virtual-node", "liqo.io/remote-cluster-id": cluster_id} if cluster_id else {}
    return {
        "metadata": {"name": name, "labels": {**virtual, **labels}},
        "spec": {},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "nodeInfo": {"kubeletVersion": "v1.23.6"},
        },
    }


def namespace(name: str, *, twin_of: str = "") -> Object:
    metadata: Object = {"name": name}
    if twin_of:
        metadata["labels"] = {"liqo.io/remote-cluster-id": twin_of}
        metadata["annotations"] = {"liqo.io/managed-by-namespace-map": "liqo-tenant-venice-897b53/naples-712ca1"}
    return {"metadata": metadata, "status": {"phase": "Active"}}


def foreign_cluster(name: str, cluster_id: str, **phases: str) -> Object:
    rows = [{"type": kind, "status": status, "message": f"{kind} is {status}"} for kind, status in phases.items()]
    return {
        "metadata": {"name": name},
        "spec": {"clusterIdentity": {"clusterID": cluster_id, "clusterName": name}},
        "status": {"peeringConditions": rows},
    }


def offloading(space: str, *expressions: Object) -> Object:
    return {
        "metadata": {"name": "offloading", "namespace": space},
        "spec": {
            "podOffloadingStrategy": "LocalAndRemote",
            "clusterSelector": {"nodeSelectorTerms": [{"matchExpressions": [row]} for row in expressions]},
        },
        "status": {"offloadingPhase": "Ready"},
    }


def namespace_map(cluster_id: str, *, own: bool = True, **phases: str) -> Object:
    labels = {"liqo.io/remote-cluster-id": cluster_id, "liqo.io/replication": str(own).lower()}
    mapping = {space.replace("_", "-"): {"phase": phase} for space, phase in phases.items()}
    return {"metadata": {"name": "map", "labels": labels}, "status": {"currentMapping": mapping}}


def identity(cluster_id: str) -> Object:
    return {"metadata": {"name": "liqo-clusterid-configmap", "namespace": "liqo"}, "data": {"CLUSTER_ID": cluster_id}}
