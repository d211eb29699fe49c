"""rbac.authorization.k8s.io/v1: roles and their bindings."""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.kube.kinds.declaring import kind
from liqolab.kube.kinds.printers import cluster as printers
from liqolab.kube.kinds.strategies.access import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING

KINDS = (
    kind(resources.CLUSTER_ROLE_BINDINGS, strategy=CLUSTER_ROLE_BINDING, printer=printers.ROLE_BINDING),
    kind(resources.CLUSTER_ROLES, strategy=CLUSTER_ROLE, printer=printers.ROLE),
    kind(resources.ROLE_BINDINGS, strategy=ROLE_BINDING, printer=printers.ROLE_BINDING),
    kind(resources.ROLES, strategy=ROLE, printer=printers.ROLE),
)
