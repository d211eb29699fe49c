"""The flow schemas and priority levels that every API server has.

The mandatory ones are always what they are; the suggested ones are kept up to date until an administrator changes one
or sets ``apf.kubernetes.io/autoupdate-spec: "false"``. Whichever is deleted comes back. Source: ``pkg/apis/flowcontrol/
bootstrap`` and ``pkg/registry/flowcontrol/ensurer`` of 1.34.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import FLOW_SCHEMAS, PRIORITY_LEVELS
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.controllers.flow_control import dangling
from liqolab.kube.kinds.strategies.flow_control import (
    ANYBODY,
    EXEMPT,
    MANDATORY_LEVELS,
    MANDATORY_SCHEMAS,
    all_of,
    group,
)
from liqolab.kube.system.owned import Mend, Owned

AUTO_UPDATE: Final = "apf.kubernetes.io/autoupdate-spec"

_SYSTEM_ACCOUNTS: Final[Object] = {
    "kind": "ServiceAccount",
    "serviceAccount": {"namespace": "kube-system", "name": "*"},
}
_LEASES: Final[Object] = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "namespaces": ["*"]}


def _user(name: str) -> Object:
    return {"kind": "User", "user": {"name": f"system:{name}"}}


def _level(shares: int, lendable: int, queues: int, hand: int) -> Object:
    queuing = {"queues": queues, "handSize": hand, "queueLengthLimit": 50}
    return {
        "type": "Limited",
        "limited": {
            "nominalConcurrencyShares": shares,
            "limitResponse": {"type": "Queue", "queuing": queuing},
            "lendablePercent": lendable,
        },
    }


def _schema(level: str, precedence: int, by: str, rules: list[Object]) -> Object:
    spec: Object = {"priorityLevelConfiguration": {"name": level}, "matchingPrecedence": precedence}
    method = {"distinguisherMethod": {"type": by}} if by else {}
    return spec | method | {"rules": rules}


_SUGGESTED_LEVELS: Final[dict[str, Object]] = {
    "system": _level(30, 33, 64, 6),
    "node-high": _level(40, 25, 64, 6),
    "leader-election": _level(10, 0, 16, 4),
    "workload-high": _level(40, 50, 128, 6),
    "workload-low": _level(100, 90, 128, 6),
    "global-default": _level(20, 50, 128, 6),
}

_PROBES: Final[list[Object]] = [
    {
        "subjects": list(ANYBODY),
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]}],
    }
]
_LEADERS: Final[list[Object]] = [
    {
        "subjects": [_user("kube-controller-manager"), _user("kube-scheduler"), _SYSTEM_ACCOUNTS],
        "resourceRules": [{"verbs": ["get", "create", "update"], **_LEASES}],
    }
]
_NODES_THEMSELVES: Final[list[Object]] = [
    {
        "subjects": [group("system:nodes")],
        "resourceRules": [
            {
                "verbs": ["*"],
                "apiGroups": [""],
                "resources": ["nodes", "nodes/status"],
                "clusterScope": True,
                "namespaces": ["*"],
            },
            {"verbs": ["*"], **_LEASES},
        ],
    }
]

_SUGGESTED_SCHEMAS: Final[dict[str, Object]] = {
    "system-nodes": _schema("system", 500, "ByUser", all_of(group("system:nodes"))),
    "system-node-high": _schema("node-high", 400, "ByUser", _NODES_THEMSELVES),
    "probes": _schema(EXEMPT, 2, "", _PROBES),
    "system-leader-election": _schema("leader-election", 100, "ByUser", _LEADERS),
    "kube-controller-manager": _schema("workload-high", 800, "ByNamespace", all_of(_user("kube-controller-manager"))),
    "kube-scheduler": _schema("workload-high", 800, "ByNamespace", all_of(_user("kube-scheduler"))),
    "kube-system-service-accounts": _schema("workload-high", 900, "ByNamespace", all_of(_SYSTEM_ACCOUNTS)),
    "service-accounts": _schema("workload-low", 9000, "ByUser", all_of(group("system:serviceaccounts"))),
    "global-default": _schema("global-default", 9900, "ByUser", all_of(*ANYBODY)),
}


def owned() -> list[Owned]:
    """All of them; the levels first, so that no schema refers to nothing."""
    rows: list[Owned] = []
    for resource, mandatory, suggested in (
        (PRIORITY_LEVELS, MANDATORY_LEVELS, _SUGGESTED_LEVELS),
        (FLOW_SCHEMAS, MANDATORY_SCHEMAS, _SUGGESTED_SCHEMAS),
    ):
        for specs, mend in ((mandatory, _mend(always=True)), (suggested, _mend(always=False))):
            rows += [
                Owned(resource, _manifest(resource, name, spec), mend, counted=True) for name, spec in specs.items()
            ]
    return rows


def _manifest(resource: Resource, name: str, spec: Object) -> Object:
    manifest = resource.manifest(name, annotations={AUTO_UPDATE: "true"}, spec=spec)
    if resource is not FLOW_SCHEMAS:
        return {**manifest, "status": {}}
    condition = {**dangling(manifest, exists=True), "lastTransitionTime": timestamps.now()}
    return {**manifest, "status": {"conditions": [condition]}}


def _mend(*, always: bool) -> Mend:
    def mend(present: Object, wanted: Object) -> Object | None:
        follows = always or _follows(present)
        spec = wanted["spec"] if follows and not _as_wanted(present, wanted) else present["spec"]
        flag = "true" if follows else "false"
        annotations = meta.annotations(present)
        if spec is present["spec"] and annotations.get(AUTO_UPDATE) == flag:
            return None
        metadata = {**present["metadata"], "annotations": {**annotations, AUTO_UPDATE: flag}}
        return {**present, "metadata": metadata, "spec": spec}

    return mend


def _follows(present: Object) -> bool:
    """Whether the spec is the system's: as the annotation says; without one, as long as nobody has changed it."""
    said = meta.annotations(present).get(AUTO_UPDATE, "").lower()
    return said == "true" if said in ("true", "false") else meta.generation(present) == 1


def _as_wanted(present: Object, wanted: Object) -> bool:
    """The section ``exempt`` is its administrator's."""
    return {**wanted["spec"], "exempt": None} == {**present["spec"], "exempt": None}
