"""The roles and bindings that a cluster is born with; `liqolab.kube.system.roles` puts them there.

The tables follow Kubernetes' own bootstrap policy: discovery and self-reviews for everybody who is authenticated, the
four roles that people bind (cluster-admin, admin, edit, view; the last three aggregated from labelled parts, so that a
program can add its custom resources to them), and what the parts of a control plane need.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from liqolab.apimachinery.resources import Object
from liqolab.kube.access.rbac_controllers import NAMESPACED, controllers, rule
from liqolab.kube.access.rbac_rules import EVERYTHING
from liqolab.kube.kinds.strategies.access import GROUP
from liqolab.kube.kinds.strategies.scheduling import SYSTEM_CLASSES

_READ: Final = ("get", "list", "watch")
_EDIT: Final = ("create", "delete", "deletecollection", "patch", "update")
_ALL: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_AGGREGATE: Final = f"{GROUP}/aggregate-to-"
_LABELS: Final = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_ANNOTATIONS: Final = {"rbac.authorization.kubernetes.io/autoupdate": "true"}

RuleRow = tuple[str, str, Iterable[str]] | tuple[str, str, Iterable[str], str]
"""API groups, resources (both separated by blanks; ``core`` is the empty group), verbs, and perhaps the one name."""


def _rule(row: RuleRow) -> Object:
    groups, resources, verbs, *names = row
    return {
        "apiGroups": ["" if group == "core" else group for group in groups.split()],
        "resources": resources.split(),
        "verbs": list(verbs),
        **({"resourceNames": names} if names else {}),
    }


def _paths(*paths: str) -> Object:
    return {"nonResourceURLs": list(paths), "verbs": ["get"]}


_DISCOVERY = _paths(
    *("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz"),
    *("/version", "/version/"),
)
_MONITORED = _paths(
    *("/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*"),
)
_KUBE_DNS: Final[Object] = {"kind": "ServiceAccount", "name": "kube-dns", "namespace": "kube-system"}
_ISSUER_ROLE: Final = "system:service-account-issuer-discovery"
_ISSUER = _paths(
    *("/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/"),
)
_PUBLIC = _paths("/healthz", "/livez", "/readyz", "/version", "/version/")

_WORKLOADS = (
    "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status "
    "replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status"
)
_WRITABLE_WORKLOADS = (
    "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale "
    "statefulsets statefulsets/scale"
)

_VIEW: tuple[RuleRow, ...] = (
    (
        "core",
        "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers "
        "replicationcontrollers/scale serviceaccounts services services/status",
        _READ,
    ),
    (
        "core",
        "bindings events limitranges namespaces/status pods/log pods/status "
        "replicationcontrollers/status resourcequotas resourcequotas/status",
        _READ,
    ),
    ("core", "namespaces", _READ),
    ("discovery.k8s.io", "endpointslices", _READ),
    ("apps", _WORKLOADS, _READ),
    ("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status", _READ),
    ("batch", "cronjobs cronjobs/status jobs jobs/status", _READ),
    (
        "extensions",
        "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status "
        "networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale",
        _READ,
    ),
    ("policy", "poddisruptionbudgets poddisruptionbudgets/status", _READ),
    ("networking.k8s.io", "ingresses ingresses/status networkpolicies", _READ),
    ("resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates", _READ),
)

_EDIT_ROWS: tuple[RuleRow, ...] = (
    ("core", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy", _READ),
    ("core", "serviceaccounts", ("impersonate",)),
    ("core", "pods pods/attach pods/exec pods/portforward pods/proxy", _EDIT),
    ("core", "pods/eviction", ("create",)),
    (
        "core",
        "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets "
        "serviceaccounts services services/proxy",
        _EDIT,
    ),
    ("core", "serviceaccounts/token", ("create",)),
    ("apps", _WRITABLE_WORKLOADS, _EDIT),
    ("autoscaling", "horizontalpodautoscalers", _EDIT),
    ("batch", "cronjobs jobs", _EDIT),
    (
        "extensions",
        "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets "
        "replicasets/scale replicationcontrollers/scale",
        _EDIT,
    ),
    ("policy", "poddisruptionbudgets", _EDIT),
    ("networking.k8s.io", "ingresses networkpolicies", _EDIT),
    ("coordination.k8s.io", "leases", _ALL),
    ("resource.k8s.io", "resourceclaims resourceclaimtemplates", _EDIT),
)

_ADMIN: tuple[RuleRow, ...] = (
    ("authorization.k8s.io", "localsubjectaccessreviews", ("create",)),
    (GROUP, "rolebindings roles", _ALL),
)

_PARTS: Final[dict[str, tuple[RuleRow, ...]]] = {
    "system:basic-user": (
        ("authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews", ("create",)),
        ("authentication.k8s.io", "selfsubjectreviews", ("create",)),
    ),
    "system:auth-delegator": (
        ("authentication.k8s.io", "tokenreviews", ("create",)),
        ("authorization.k8s.io", "subjectaccessreviews", ("create",)),
    ),
    "system:node": (
        ("authentication.k8s.io", "tokenreviews", ("create",)),
        ("authorization.k8s.io", "localsubjectaccessreviews subjectaccessreviews", ("create",)),
        ("core", "services", _READ),
        ("core", "nodes", ("create", *_READ)),
        ("core", "nodes/status", ("patch", "update")),
        ("core", "nodes", ("patch", "update")),
        ("core", "events", ("create", "patch", "update")),
        ("core", "pods", _READ),
        ("core", "pods", ("create", "delete")),
        ("core", "pods/status", ("patch", "update")),
        ("core", "pods/eviction", ("create",)),
        ("core", "configmaps secrets", _READ),
        ("core", "persistentvolumeclaims persistentvolumes", ("get",)),
        ("core", "endpoints", ("get",)),
        ("certificates.k8s.io", "certificatesigningrequests", ("create", *_READ)),
        ("coordination.k8s.io", "leases", ("create", "delete", "get", "patch", "update")),
        ("storage.k8s.io", "volumeattachments", ("get",)),
        ("core", "serviceaccounts/token", ("create",)),
        ("core", "persistentvolumeclaims/status", ("get", "patch", "update")),
        ("storage.k8s.io", "csidrivers", _READ),
        ("storage.k8s.io", "csinodes", ("create", "delete", "get", "patch", "update")),
        ("node.k8s.io", "runtimeclasses", _READ),
        ("resource.k8s.io", "resourceclaims", ("get",)),
        ("resource.k8s.io", "resourceslices", ("deletecollection",)),
        ("core", "serviceaccounts", ("get",)),
    ),
    "system:kube-scheduler": (
        ("core events.k8s.io", "events", ("create", "patch", "update")),
        ("coordination.k8s.io", "leases", ("create",)),
        ("coordination.k8s.io", "leases", ("get", "list", "update", "watch"), "kube-scheduler"),
        ("coordination.k8s.io", "leasecandidates", _ALL),
        ("core", "nodes", _READ),
        ("core", "pods", ("delete", *_READ)),
        ("core", "bindings pods/binding", ("create",)),
        ("core", "pods/status", ("patch", "update")),
        ("core", "replicationcontrollers services", _READ),
        ("apps extensions", "replicasets", _READ),
        ("apps", "statefulsets", _READ),
        ("policy", "poddisruptionbudgets", _READ),
        ("core", "persistentvolumeclaims persistentvolumes", _READ),
        ("authentication.k8s.io", "tokenreviews", ("create",)),
        ("authorization.k8s.io", "subjectaccessreviews", ("create",)),
        *(("storage.k8s.io", name, _READ) for name in ("csinodes", "volumeattachments")),
        ("core", "namespaces", _READ),
        *(("storage.k8s.io", name, _READ) for name in ("csidrivers", "csistoragecapacities")),
        ("resource.k8s.io", "deviceclasses", _READ),
        ("resource.k8s.io", "resourceclaims", ("get", "list", "patch", "update", "watch")),
        ("resource.k8s.io", "resourceclaims/status", ("get", "list", "patch", "update", "watch")),
        ("core", "pods/finalizers", ("update",)),
        ("resource.k8s.io", "resourceslices", _READ),
    ),
    "system:volume-scheduler": (
        ("core", "persistentvolumes", ("get", "list", "patch", "update", "watch")),
        ("storage.k8s.io", "storageclasses", _READ),
        ("core", "persistentvolumeclaims", ("get", "list", "patch", "update", "watch")),
    ),
    "system:kube-controller-manager": (
        ("core events.k8s.io", "events", ("create", "patch", "update")),
        ("coordination.k8s.io", "leases", ("create",)),
        ("coordination.k8s.io", "leases", ("get", "update"), "kube-controller-manager"),
        ("core", "secrets serviceaccounts", ("create",)),
        ("core", "secrets", ("delete",)),
        ("core", "configmaps namespaces secrets serviceaccounts", ("get",)),
        ("core", "secrets serviceaccounts", ("update",)),
        ("authentication.k8s.io", "tokenreviews", ("create",)),
        ("authorization.k8s.io", "subjectaccessreviews", ("create",)),
        ("*", "*", ("list", "watch")),
        ("core", "serviceaccounts/token", ("create",)),
    ),
    "system:kube-dns": (("core", "endpoints services", ("list", "watch")),),
    "system:node-proxier": (
        ("core", "endpoints services", ("list", "watch")),
        ("core", "nodes", _READ),
        ("core events.k8s.io", "events", ("create", "patch", "update")),
        ("networking.k8s.io", "servicecidrs", ("list", "watch")),
        ("discovery.k8s.io", "endpointslices", ("list", "watch")),
    ),
    "system:node-problem-detector": (
        ("core", "nodes", ("get",)),
        ("core", "nodes/status", ("patch",)),
        ("core events.k8s.io", "events", ("create", "patch", "update")),
    ),
    "system:kubelet-api-admin": (
        ("core", "nodes", _READ),
        ("core", "nodes", ("proxy",)),
        ("core", "nodes/log nodes/metrics nodes/proxy nodes/stats", ("*",)),
        ("core", "nodes/configz nodes/healthz nodes/pods", ("*",)),
    ),
    "system:node-bootstrapper": (("certificates.k8s.io", "certificatesigningrequests", ("create", *_READ)),),
    "system:persistent-volume-provisioner": (
        ("core", "persistentvolumes", ("create", "delete", *_READ)),
        ("core", "persistentvolumeclaims", ("get", "list", "update", "watch")),
        ("storage.k8s.io", "storageclasses", _READ),
        ("core", "events", ("watch",)),
        ("core events.k8s.io", "events", ("create", "patch", "update")),
    ),
    "system:heapster": (
        ("core", "events namespaces nodes pods", _READ),
        ("extensions", "deployments", _READ),
    ),
    "system:kube-aggregator": (("core", "endpoints services", _READ),),
    "system:certificates.k8s.io:certificatesigningrequests:nodeclient": (
        ("certificates.k8s.io", "certificatesigningrequests/nodeclient", ("create",)),
    ),
    "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient": (
        ("certificates.k8s.io", "certificatesigningrequests/selfnodeclient", ("create",)),
    ),
}

_SIGNERS: Final = {
    "kube-apiserver-client-approver": "kubernetes.io/kube-apiserver-client",
    "kube-apiserver-client-kubelet-approver": "kubernetes.io/kube-apiserver-client-kubelet",
    "kubelet-serving-approver": "kubernetes.io/kubelet-serving",
    "legacy-unknown-approver": "kubernetes.io/legacy-unknown",
}

_USERS_BINDINGS: Final = {
    "system:kube-scheduler": "system:kube-scheduler",
    "system:kube-controller-manager": "system:kube-controller-manager",
    "system:node-proxier": "system:kube-proxy",
}
"""Cluster role → the user that it is bound to."""


def _role(name: str, rules: Iterable[Object], labels: dict[str, str] | None = None) -> Object:
    metadata = {"name": name, "labels": {**_LABELS, **(labels or {})}, "annotations": dict(_ANNOTATIONS)}
    return {
        "kind": "ClusterRole",
        "apiVersion": f"{GROUP}/v1",
        "metadata": metadata,
        "rules": list(rules),
    }


def _aggregated(name: str, parts: Iterable[RuleRow], labels: dict[str, str] | None = None) -> Object:
    role = _role(name, map(_rule, parts), labels)
    chosen = {"matchLabels": {f"{_AGGREGATE}{name}": "true"}}
    return {**role, "aggregationRule": {"clusterRoleSelectors": [chosen]}}


def _binding(name: str, role: str, *subjects: Object) -> Object:
    return {
        "kind": "ClusterRoleBinding",
        "apiVersion": f"{GROUP}/v1",
        "metadata": {"name": name, "labels": dict(_LABELS), "annotations": dict(_ANNOTATIONS)},
        "subjects": list(subjects),
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
    }


_CONTROLLER: Final = "system:controller:"


def _account(name: str) -> Object:
    return {"kind": "ServiceAccount", "name": name, "namespace": "kube-system"}


def _subject(kind: str, name: str) -> Object:
    return {"kind": kind, "apiGroup": GROUP, "name": name}


def cluster_roles() -> list[Object]:
    """Every cluster role of a new cluster."""

    def to(name: str) -> dict[str, str]:
        return {f"{_AGGREGATE}{name}": "true"}

    roles = [
        _role("cluster-admin", EVERYTHING),
        # In the order in which their controller collects them, so that it has nothing to write.
        _aggregated("admin", (*_EDIT_ROWS, *_VIEW, *_ADMIN)),
        _aggregated("edit", (*_EDIT_ROWS, *_VIEW), to("admin")),
        _aggregated("view", _VIEW, to("edit")),
        _role("system:aggregate-to-admin", map(_rule, _ADMIN), to("admin")),
        _role("system:aggregate-to-edit", map(_rule, _EDIT_ROWS), to("edit")),
        _role("system:aggregate-to-view", map(_rule, _VIEW), to("view")),
        _role("system:discovery", [_DISCOVERY]),
        _role("system:public-info-viewer", [_PUBLIC]),
        _role("system:monitoring", [_MONITORED, _rule(("core", "nodes/metrics", ("get",)))]),
        _role(_ISSUER_ROLE, [_ISSUER]),
    ]
    roles += [_role(name, map(_rule, rows)) for name, rows in _PARTS.items()]
    roles += [_role(f"{_CONTROLLER}{name}", rules) for name, rules in controllers()]
    for name, signer in _SIGNERS.items():
        rule = {
            "apiGroups": ["certificates.k8s.io"],
            "resources": ["signers"],
            "resourceNames": [signer],
            "verbs": ["approve"],
        }
        roles.append(_role(f"system:certificates.k8s.io:{name}", [rule]))
    return roles


def cluster_role_bindings() -> list[Object]:
    """Every cluster role binding of a new cluster."""
    authenticated, unauthenticated = (_subject("Group", f"system:{word}authenticated") for word in ("", "un"))
    bindings = [
        _binding("cluster-admin", "cluster-admin", _subject("Group", "system:masters")),
        _binding("system:basic-user", "system:basic-user", authenticated),
        _binding("system:discovery", "system:discovery", authenticated),
        _binding("system:public-info-viewer", "system:public-info-viewer", authenticated, unauthenticated),
        _binding("system:monitoring", "system:monitoring", _subject("Group", "system:monitoring")),
        _binding("system:kube-dns", "system:kube-dns", _KUBE_DNS),
        _binding(_ISSUER_ROLE, _ISSUER_ROLE, _subject("Group", "system:serviceaccounts")),
        _binding("system:node", "system:node", _subject("Group", "system:nodes")),
        _binding("system:volume-scheduler", "system:volume-scheduler", _subject("User", "system:kube-scheduler")),
    ]
    bindings += [_binding(role, role, _subject("User", user)) for role, user in _USERS_BINDINGS.items()]
    return bindings + [
        _binding(f"{_CONTROLLER}{name}", f"{_CONTROLLER}{name}", _account(name)) for name, _ in controllers()
    ]


_READER: Final = "extension-apiserver-authentication-reader"


def _in(namespace: str, obj: Object, kind: str) -> Object:
    """A cluster role or its binding as one of a namespace."""
    return {**obj, "kind": kind, "metadata": {**obj["metadata"], "namespace": namespace}}


def namespaced_roles() -> list[Object]:
    """Every role of a new cluster: who serves an API of his own may read how this one authenticates."""
    reads = _rule(("core", "configmaps", _READ)) | {"resourceNames": ["extension-apiserver-authentication"]}
    return [
        _in("kube-system", _role(_READER, [reads]), "Role"),
        *(_in(row.namespace, _role(row.name, map(rule, row.rules)), "Role") for row in NAMESPACED),
    ]


def namespaced_role_bindings() -> list[Object]:
    """Every role binding of a new cluster."""
    users = [_subject("User", f"system:{name}") for name in ("kube-controller-manager", "kube-scheduler")]
    bindings = [_in("kube-system", _binding(f"system::{_READER}", _READER, *users), "RoleBinding")]
    for row in NAMESPACED:
        subjects = [*(_subject("User", user) for user in row.users), *map(_account, row.accounts)]
        bindings.append(_in(row.namespace, _binding(row.name, row.name, *subjects), "RoleBinding"))
    return [{**binding, "roleRef": {**binding["roleRef"], "kind": "Role"}} for binding in bindings]


def priority_classes() -> list[Object]:
    """The two priority classes that the system's own pods use."""
    texts = {
        "system-cluster-critical": "Used for system critical pods that must run in the cluster, but can be moved to "
        "another node if necessary.",
        "system-node-critical": "Used for system critical pods that must not be moved from their current node.",
    }
    return [
        {
            "kind": "PriorityClass",
            "apiVersion": "scheduling.k8s.io/v1",
            "metadata": {"name": name},
            "value": SYSTEM_CLASSES[name],
            "description": text,
            "preemptionPolicy": "PreemptLowerPriority",
        }
        for name, text in texts.items()
    ]
