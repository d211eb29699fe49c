"""Columns of what an administrator looks at: access, certificates, leases, classes, webhooks, API services."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.kinds.printers.common import AGE, NAME, NONE, UNSET, age, columns, name, wide
from liqolab.kube.kinds.spec import Column, Printer


def _subjects(obj: Object, kind: str) -> str:
    listed = [subject for subject in obj.get("subjects") or [] if subject.get("kind") == kind]
    if kind == "ServiceAccount":
        return ", ".join(f"{subject.get('namespace', '')}/{subject.get('name', '')}" for subject in listed)
    return ", ".join(subject.get("name", "") for subject in listed)


def _binding(obj: Object, now: float) -> list[Any]:
    ref = obj.get("roleRef") or {}
    role = f"{ref.get('kind', '')}/{ref.get('name', '')}"
    who = [_subjects(obj, kind) for kind in ("User", "Group", "ServiceAccount")]
    return [name(obj), role, age(obj, now), *who]


ROLE_BINDING = Printer(
    (NAME, Column("Role"), AGE, wide("Users"), wide("Groups"), wide("ServiceAccounts")),
    _binding,
)


def _role(obj: Object, now: float) -> list[Any]:
    return [name(obj), obj["metadata"].get("creationTimestamp")]


ROLE = Printer((NAME, Column("Created At", type="date")), _role)


def request_state(request: Object) -> str:
    """Pending, Approved or Denied, and whether it failed or was issued."""
    status = request.get("status") or {}
    types = [condition.get("type") for condition in status.get("conditions") or []]
    text = "Denied" if "Denied" in types else "Approved" if "Approved" in types else "Pending"
    if "Failed" in types:
        text += ",Failed"
    return f"{text},Issued" if status.get("certificate") else text


def _signing_request(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    seconds = spec.get("expirationSeconds")
    duration = NONE if seconds is None else timestamps.human_duration(seconds)
    signer, requestor = spec.get("signerName") or NONE, spec.get("username", "")
    return [name(obj), age(obj, now), signer, requestor, duration, request_state(obj)]


SIGNING_REQUEST = Printer(columns("Age", "SignerName", "Requestor", "RequestedDuration", "Condition"), _signing_request)

LEASE = Printer(
    columns("Holder", "Age"),
    lambda obj, now: [name(obj), (obj.get("spec") or {}).get("holderIdentity", ""), age(obj, now)],
)

_DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


def _storage_class(obj: Object, now: float) -> list[Any]:
    annotations = obj["metadata"].get("annotations") or {}
    default = " (default)" if any(annotations.get(key) == "true" for key in _DEFAULT_CLASS) else ""
    return [
        *(name(obj) + default, obj.get("provisioner", ""), obj.get("reclaimPolicy", "Delete")),
        *(obj.get("volumeBindingMode", "Immediate"), bool(obj.get("allowVolumeExpansion")), age(obj, now)),
    ]


STORAGE_CLASS = Printer(
    columns("Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"), _storage_class
)


def _volume_attachment(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    volume = (spec.get("source") or {}).get("persistentVolumeName", "")
    attached = bool((obj.get("status") or {}).get("attached"))
    return [name(obj), spec.get("attacher", ""), volume, spec.get("nodeName", ""), attached, age(obj, now)]


VOLUME_ATTACHMENT = Printer(
    (NAME, Column("Attacher", format="name"), Column("PV"), Column("Node"), Column("Attached", type="boolean"), AGE),
    _volume_attachment,
)


def _csi_driver(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    audiences = [request.get("audience", "") for request in spec.get("tokenRequests") or []]
    modes = spec.get("volumeLifecycleModes") or ["Persistent"]
    return [
        *(name(obj), spec.get("attachRequired", True), spec.get("podInfoOnMount", False)),
        *(spec.get("storageCapacity", False), ",".join(audiences) or UNSET, spec.get("requiresRepublish", False)),
        *(",".join(modes), age(obj, now)),
    ]


CSI_DRIVER = Printer(
    (
        *(NAME, Column("AttachRequired", type="boolean"), Column("PodInfoOnMount", type="boolean")),
        *(Column("StorageCapacity", type="boolean"), Column("TokenRequests")),
        *(Column("RequiresRepublish", type="boolean"), Column("Modes"), AGE),
    ),
    _csi_driver,
)

VOLUME_ATTRIBUTES_CLASS = Printer(
    columns("DriverName", "Age"), lambda obj, now: [name(obj), obj.get("driverName", ""), age(obj, now)]
)

PRIORITY_CLASS = Printer(
    (NAME, Column("Value", type="integer"), Column("Global-Default", type="boolean"), AGE, Column("PreemptionPolicy")),
    lambda obj, now: [
        *(name(obj), obj.get("value", 0), bool(obj.get("globalDefault")), age(obj, now)),
        obj.get("preemptionPolicy") or "PreemptLowerPriority",
    ],
)

RUNTIME_CLASS = Printer(columns("Handler", "Age"), lambda obj, now: [name(obj), obj.get("handler", ""), age(obj, now)])


def _disruption_budget(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    bounds = [str(spec[key]) if spec.get(key) is not None else "N/A" for key in ("minAvailable", "maxUnavailable")]
    return [name(obj), *bounds, (obj.get("status") or {}).get("disruptionsAllowed", 0), age(obj, now)]


DISRUPTION_BUDGET = Printer(
    (NAME, Column("Min Available"), Column("Max Unavailable"), Column("Allowed Disruptions", type="integer"), AGE),
    _disruption_budget,
)


def _api_service(obj: Object, now: float) -> list[Any]:
    service = (obj.get("spec") or {}).get("service")
    where = f"{service.get('namespace', '')}/{service.get('name', '')}" if service else "Local"
    conditions = (obj.get("status") or {}).get("conditions") or []
    available: Object = next((c for c in conditions if c.get("type") == "Available"), {})
    text = available.get("status", "Unknown")
    if text != "True" and available.get("reason"):
        text = f"{text} ({available['reason']})"
    return [name(obj), where, text, age(obj, now)]


API_SERVICE = Printer(columns("Service", "Available", "Age"), _api_service)


def _policy(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    kind = spec.get("paramKind")
    shown = f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else UNSET
    return [name(obj), len(spec.get("validations") or []), shown, age(obj, now)]


VALIDATING_POLICY = Printer((NAME, Column("Validations", type="integer"), Column("ParamKind"), AGE), _policy)


def _policy_binding(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    ref, shown = spec.get("paramRef") or {}, UNSET
    if ref.get("name"):
        shown = f"{ref.get('namespace') or '*'}/{ref['name']}"
    elif "selector" in ref:
        shown = str(LabelSelector.from_object(ref["selector"]))
    return [name(obj), spec.get("policyName", ""), shown, age(obj, now)]


VALIDATING_POLICY_BINDING = Printer(columns("PolicyName", "ParamRef", "Age"), _policy_binding)
