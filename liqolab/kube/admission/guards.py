"""What nobody may do, whatever the schema says: create something where no namespace is or one that is on its way out,
grant rights that one does not have (else RBAC would be its own back door), become an administrator through a signing
request, sign without being a signer, or have a volume grow that cannot.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.x509 import NameOID

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import not_found
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import MASTERS, Authorizer, User
from liqolab.kube.access.rbac_rules import EVERYTHING, Request, Rule, uncovered
from liqolab.kube.admission.plugin import Attributes, Plugin, concerns, creates, refuse
from liqolab.kube.kinds.strategies.certificates import decode_request
from liqolab.kube.kinds.strategies.scheduling import SYSTEM_CLASSES
from liqolab.kube.kinds.volumes import class_of, request
from liqolab.kube.store.store import Store

_IMMORTAL = frozenset(("default", "kube-system", "kube-public"))


class NamespaceLifecycle(Plugin):
    """NamespaceLifecycle: guards the beginning and the end of namespaces.

    Args:
        store: where the namespaces are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if attributes.operation == "DELETE":
            if concerns(attributes, resources.NAMESPACES) and attributes.name in _IMMORTAL:
                raise refuse(attributes, "this namespace may not be deleted")
            return
        if attributes.operation == "CREATE" and attributes.spec.resource.namespaced:
            self._check_alive(attributes)

    def validate(self, attributes: Attributes) -> None:
        # A webhook may have taken its time, and the namespace its leave.
        if attributes.operation == "CREATE" and attributes.spec.resource.namespaced:
            self._check_alive(attributes)

    def _check_alive(self, attributes: Attributes) -> None:
        name = attributes.namespace
        record = self._store.get("namespaces", "", name)
        if record is None:
            raise not_found(resources.NAMESPACES, name)
        namespace = record.object
        if not meta.is_deleting(namespace) and meta.get_path(namespace, "status", "phase") != "Terminating":
            return
        error = refuse(attributes, f"unable to create new content in namespace {name} because it is being terminated")
        error.status["details"]["causes"] = [
            {
                "reason": "NamespaceTerminating",
                "message": f"namespace {name} is being terminated",
                "field": "metadata.namespace",
            }
        ]
        raise error


class ClaimResize(Plugin):
    """Lets claims grow only where their storage class says that its volumes can.

    Args:
        store: where the classes are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def validate(self, attributes: Attributes) -> None:
        new, old = attributes.object, attributes.old_object
        if not concerns(attributes, resources.PERSISTENT_VOLUME_CLAIMS) or new is None or old is None:
            return
        if request(new) <= request(old):
            return
        if meta.get_path(old, "status", "phase") != "Bound":
            raise refuse(attributes, "Only bound persistent volume claims can be expanded")
        name = class_of(new)
        record = self._store.get(resources.STORAGE_CLASSES.group_resource, "", name) if name == class_of(old) else None
        if record is None or not record.object.get("allowVolumeExpansion"):
            why = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must "
            raise refuse(attributes, why + "support resize")


class PriorityClasses(Plugin):
    """Keeps the system's classes, and one default at most.

    Args:
        store: where the classes are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if not concerns(attributes, resources.PRIORITY_CLASSES):
            return
        if attributes.operation == "DELETE" and attributes.name in SYSTEM_CLASSES:
            raise refuse(attributes, "this is a system priority class and cannot be deleted")

    def validate(self, attributes: Attributes) -> None:
        if not concerns(attributes, resources.PRIORITY_CLASSES) or not (attributes.object or {}).get("globalDefault"):
            return
        for record in self._store.list(resources.PRIORITY_CLASSES.group_resource):
            name = record.key[1]
            if name != attributes.name and record.object.get("globalDefault"):
                why = f"PriorityClass {name} is already marked as default. Only one default can exist"
                raise refuse(attributes, why)


_ROLES = (resources.ROLES, resources.CLUSTER_ROLES)
_BINDINGS = (resources.ROLE_BINDINGS, resources.CLUSTER_ROLE_BINDINGS)


class Escalation(Plugin):
    """Checks new and changed roles and bindings against what their author may do.

    Args:
        authorizer: knows what the author may do.
    """

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def validate(self, attributes: Attributes) -> None:
        if attributes.operation not in ("CREATE", "UPDATE") or MASTERS in attributes.user.groups:
            return
        if any(concerns(attributes, resource) for resource in _ROLES):
            self._check_role(attributes)
        elif any(concerns(attributes, resource) for resource in _BINDINGS):
            self._check_binding(attributes)

    def _check_role(self, attributes: Attributes) -> None:
        obj, old = attributes.object or {}, attributes.old_object or {}
        if old and obj.get("rules") == old.get("rules") and obj.get("aggregationRule") == old.get("aggregationRule"):
            return
        own = attributes.spec.resource
        if self._may(attributes, Request("escalate", own, attributes.namespace, attributes.name)):
            return
        if obj.get("aggregationRule"):
            # What a selector will find one day cannot be checked today, so the author must have everything.
            self._confirm(attributes, [Rule.of(EVERYTHING[0])])
        self._confirm(attributes, [Rule.of(rule) for rule in obj.get("rules") or ()])

    def _check_binding(self, attributes: Attributes) -> None:
        obj, old = attributes.object or {}, attributes.old_object or {}
        if old and obj.get("subjects") == old.get("subjects"):
            return
        ref: Object = obj.get("roleRef") or {}
        kind, name = ref.get("kind", ""), ref.get("name", "")
        role = resources.CLUSTER_ROLES if kind == "ClusterRole" else resources.ROLES
        if self._may(attributes, Request("bind", role, attributes.namespace, name)):
            return
        rules = self._authorizer.role_rules(kind, name, attributes.namespace)
        if rules is None:
            raise not_found(role, name)
        self._confirm(attributes, rules)

    def _may(self, attributes: Attributes, request: Request) -> bool:
        return self._authorizer.decide(attributes.user, request).allowed

    def _confirm(self, attributes: Attributes, wanted: Sequence[Rule]) -> None:
        owned = self._authorizer.rules_for(attributes.user, attributes.namespace)
        missing = uncovered(owned, wanted)
        if missing:
            why = f"{_describe(attributes.user)} is attempting to grant RBAC permissions not currently held:\n"
            raise refuse(attributes, why + "\n".join(missing))


def _describe(user: User) -> str:
    groups = " ".join(f'"{group}"' for group in user.groups)
    return f'user "{user.name}" (groups=[{groups}])'


CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"


class CertificateRequests(Plugin):
    """Keeps signing requests honest: who asked is written down by the server.

    Args:
        authorizer: knows who may sign.
    """

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    async def admit(self, attributes: Attributes) -> None:
        if creates(attributes, resources.CERTIFICATE_SIGNING_REQUESTS) and attributes.object is not None:
            _write_requester(attributes.object.setdefault("spec", {}), attributes.user)

    def validate(self, attributes: Attributes) -> None:
        own = attributes.spec.resource
        if own.group_resource != resources.CERTIFICATE_SIGNING_REQUESTS.group_resource or not attributes.object:
            return
        if creates(attributes, resources.CERTIFICATE_SIGNING_REQUESTS):
            _refuse_masters(attributes, attributes.object.get("spec") or {})
        elif attributes.operation == "UPDATE" and attributes.subresource == "status":
            self._check_signer(attributes)

    def _check_signer(self, attributes: Attributes) -> None:
        after, before = (((obj or {}).get("status") or {}) for obj in (attributes.object, attributes.old_object))
        if after.get("certificate") == before.get("certificate"):
            return
        signer = str(((attributes.object or {}).get("spec") or {}).get("signerName", ""))
        if not self._authorizer.may_use_signer(attributes.user, "sign", signer):
            raise refuse(attributes, f'user not permitted to sign requests with signerName "{signer}"')


def _write_requester(spec: Object, user: User) -> None:
    info = user.info()
    for field in ("username", "uid", "groups", "extra"):
        if field in info:
            spec[field] = info[field]
        else:
            spec.pop(field, None)


def _refuse_masters(attributes: Attributes, spec: Object) -> None:
    if spec.get("signerName") != CLIENT_SIGNER:
        return
    try:
        subject = decode_request(spec).subject
    except ValueError:
        return
    groups = [row.value for row in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if MASTERS in groups:
        raise refuse(attributes, f"use of {CLIENT_SIGNER} signer with {MASTERS} group is not allowed")
