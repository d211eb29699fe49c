"""Defaults of the smaller groups, one table entry a kind, and the table of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.schema.core_defaults import CORE, PORT_TCP
from liqolab.kube.schema.filling import Table, with_status
from liqolab.kube.schema.workload_defaults import APPS, BATCH

RBAC_GROUP = "rbac.authorization.k8s.io"


def _policy_types(spec: Object) -> None:
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


_POLICY_PORTS = Table(each={"ports": PORT_TCP})


def _subject(subject: Object) -> None:
    if subject.get("kind") in ("User", "Group") and not subject.get("apiGroup"):
        subject["apiGroup"] = RBAC_GROUP


_BINDING = (
    Table(
        {"roleRef": {}},
        within={"roleRef": Table({"apiGroup": RBAC_GROUP})},
        each={"subjects": Table(rules=(_subject,))},
    ),
)


def _null_when_empty(field: str) -> Callable[[Object], None]:
    """Lists that Go's types write even when there is nothing in them, and then as null."""

    def rule(obj: Object) -> None:
        obj[field] = obj.get(field) or None

    return rule


_ROLE = (Table({"rules": None}),)
_NODE_DRIVERS = Table(
    rules=(_null_when_empty("drivers"),), each={"drivers": Table(rules=(_null_when_empty("topologyKeys"),))}
)


def _endpoint_port(port: Object) -> None:
    port.setdefault("name", "")


def _default_metrics(spec: Object) -> None:
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


SCALE_UP: Object = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
SCALE_DOWN: Object = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}
"""How an autoscaler goes up and down that has a ``behavior``, as far as that does not say. The window of the way down
is the controller's business.
"""


def _default_behavior(spec: Object) -> None:
    behavior = spec.get("behavior")
    if isinstance(behavior, dict):
        for field, rules in (("scaleUp", SCALE_UP), ("scaleDown", SCALE_DOWN)):
            given = behavior.get(field)
            chosen = {key: value for key, value in given.items() if value is not None} if given else {}
            behavior[field] = {**meta.deep_copy(rules), **chosen}


def _autoscaler(obj: Object) -> None:
    """The versions share a kind, not their fields."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return
    if str(obj.get("apiVersion", "")).endswith("/v1"):
        if spec.get("targetCPUUtilizationPercentage") is None:
            spec["targetCPUUtilizationPercentage"] = 80
        obj["status"].setdefault("currentReplicas", 0)
    elif str(obj.get("apiVersion", "")).endswith("/v2beta1"):
        if not spec.get("metrics"):
            spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 80}}]
    else:
        _default_metrics(spec)
        _default_behavior(spec)


def _definition(spec: Object) -> None:
    names = spec.get("names")
    if isinstance(names, dict) and names.get("kind"):
        names["singular"] = names.get("singular") or names["kind"].lower()
        names["listKind"] = names.get("listKind") or names["kind"] + "List"


_CLIENT_CONFIG = Table(within={"service": Table({"port": 443})})
_WEBHOOK = {"failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10}
_SELECTORS: dict[str, Any] = {"namespaceSelector": {}, "objectSelector": {}}
_SCOPED = Table({"scope": "*"})
_MATCH = Table({"matchPolicy": "Equivalent", **_SELECTORS}, each={"resourceRules": _SCOPED})


def _webhook(**more: str) -> Table:
    defaults = {**_WEBHOOK, **_SELECTORS, **more}
    return Table(defaults, within={"clientConfig": _CLIENT_CONFIG}, each={"rules": _SCOPED})


def _shares(obj: Object) -> None:
    """The field has another name in the first two versions."""
    limited = (obj.get("spec") or {}).get("limited")
    if isinstance(limited, dict):
        older = str(obj.get("apiVersion", "")).endswith(("/v1beta1", "/v1beta2"))
        field = "assuredConcurrencyShares" if older else "nominalConcurrencyShares"
        if limited.get(field) is None:
            limited[field] = 30


_QUEUING = Table(nonzero={"handSize": 8, "queues": 64, "queueLengthLimit": 50})
_LIMITED = Table({"lendablePercent": 0}, within={"limitResponse": Table(within={"queuing": _QUEUING})})
_LEVEL = Table(
    within={"limited": _LIMITED, "exempt": Table({"nominalConcurrencyShares": 0, "lendablePercent": 0})},
)


def _count_devices(request: Object) -> None:
    if request["allocationMode"] == "ExactCount" and not request.get("count"):
        request["count"] = 1


_DEVICES_WANTED = Table({"allocationMode": "ExactCount"}, rules=(_count_devices,))
_DEVICE_REQUESTS = Table(within={"exactly": _DEVICES_WANTED}, each={"firstAvailable": _DEVICES_WANTED})
_CLAIM = Table(within={"devices": Table(each={"requests": _DEVICE_REQUESTS})})
_CLAIM_TEMPLATE = Table(within={"spec": Table({"metadata": {}}, within={"spec": _CLAIM})})

OTHERS: dict[tuple[str, str], tuple[Table, ...]] = {
    ("networking.k8s.io", "Ingress"): with_status(Table(), loadBalancer={}),
    ("networking.k8s.io", "IngressClass"): (
        Table(within={"spec": Table(within={"parameters": Table({"scope": "Cluster"})})}),
    ),
    ("networking.k8s.io", "NetworkPolicy"): (
        Table(within={"spec": Table(rules=(_policy_types,), each={"ingress": _POLICY_PORTS, "egress": _POLICY_PORTS})}),
    ),
    ("discovery.k8s.io", "EndpointSlice"): (
        Table(
            each={"endpoints": Table({"conditions": {}}), "ports": Table({"protocol": "TCP"}, rules=(_endpoint_port,))}
        ),
    ),
    ("policy", "PodDisruptionBudget"): with_status(
        Table(), disruptionsAllowed=0, currentHealthy=0, desiredHealthy=0, expectedPods=0
    ),
    ("autoscaling", "HorizontalPodAutoscaler"): (
        Table(
            {"spec": {}, "status": {}},
            rules=(_autoscaler,),
            within={"spec": Table({"minReplicas": 1}), "status": Table({"desiredReplicas": 0})},
        ),
    ),
    (RBAC_GROUP, "Role"): _ROLE,
    (RBAC_GROUP, "ClusterRole"): _ROLE,
    (RBAC_GROUP, "RoleBinding"): _BINDING,
    (RBAC_GROUP, "ClusterRoleBinding"): _BINDING,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        Table(
            within={
                "spec": Table(
                    {"conversion": {}},
                    rules=(_definition,),
                    within={
                        "conversion": Table(
                            {"strategy": "None"}, within={"webhook": Table(within={"clientConfig": _CLIENT_CONFIG})}
                        )
                    },
                )
            }
        ),
    ),
    ("apiregistration.k8s.io", "APIService"): (
        Table({"status": {}}, within={"spec": Table(within={"service": Table({"port": 443})})}),
    ),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): (Table(each={"webhooks": _webhook()}),),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): (
        Table(each={"webhooks": _webhook(reinvocationPolicy="Never")}),
    ),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): with_status(
        Table({"failurePolicy": "Fail"}, within={"matchConstraints": _MATCH})
    ),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): (
        Table(within={"spec": Table(within={"matchResources": _MATCH})}),
    ),
    ("certificates.k8s.io", "CertificateSigningRequest"): with_status(Table()),
    ("scheduling.k8s.io", "PriorityClass"): (Table({"preemptionPolicy": "PreemptLowerPriority"}),),
    ("storage.k8s.io", "StorageClass"): (Table({"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}),),
    ("storage.k8s.io", "CSINode"): (Table({"spec": {}}, within={"spec": _NODE_DRIVERS}),),
    ("storage.k8s.io", "VolumeAttachment"): with_status(Table()),
    ("storage.k8s.io", "CSIDriver"): (
        Table(
            {"spec": {}},
            within={
                "spec": Table(
                    {
                        "attachRequired": True,
                        "podInfoOnMount": False,
                        "volumeLifecycleModes": ["Persistent"],
                        "storageCapacity": False,
                        "fsGroupPolicy": "ReadWriteOnceWithFSType",
                        "requiresRepublish": False,
                        "seLinuxMount": False,
                    }
                )
            },
        ),
    ),
    ("resource.k8s.io", "ResourceClaim"): with_status(_CLAIM),
    ("resource.k8s.io", "ResourceClaimTemplate"): (_CLAIM_TEMPLATE,),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): with_status(Table(nonzero={"matchingPrecedence": 1000})),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): (
        Table(rules=(_shares,)),
        *with_status(_LEVEL),
    ),
    ("authentication.k8s.io", "TokenRequest"): (Table(within={"spec": Table({"expirationSeconds": 3600})}),),
}

TABLES: Final[dict[tuple[str, str], tuple[Table, ...]]] = {
    **{("", kind): tables for kind, tables in CORE.items()},
    **{("apps", kind): tables for kind, tables in APPS.items()},
    **{("batch", kind): tables for kind, tables in BATCH.items()},
    **OTHERS,
}
"""(group, kind) → what is applied to its objects, in order."""
