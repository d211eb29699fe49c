"""What the cluster fills in: a new node's taint, the default classes of claims and ingresses, and in every pod its
tolerations, priority, quality of service and service account.
"""

from __future__ import annotations

import asyncio

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import names
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.plugin import Attributes, Plugin, concerns, creates, refuse
from liqolab.kube.kinds.strategies.pods import quality_of_service
from liqolab.kube.store.derived import Derived
from liqolab.kube.store.store import Store
from liqolab.program import SERVICE_ACCOUNT_PATH

NOT_READY = "node.kubernetes.io/not-ready"

_DEFAULT_STORAGE = "storageclass.kubernetes.io/is-default-class"
_OLD_CLASS = "kubernetes.io/ingress.class"
_DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"


class TaintNewNodes(Plugin):
    """A node takes no pods before it has reported that it is ready."""

    async def admit(self, attributes: Attributes) -> None:
        if not creates(attributes, resources.NODES) or attributes.object is None:
            return
        spec = attributes.object.setdefault("spec", {})
        taints = spec.get("taints") or []
        if not any(taint.get("key") == NOT_READY and taint.get("effect") == "NoSchedule" for taint in taints):
            spec["taints"] = [*taints, {"key": NOT_READY, "effect": "NoSchedule"}]


class DefaultClasses(Plugin):
    """Claims and ingresses that name no class get the default one.

    Args:
        store: where the classes are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        obj = attributes.object
        if obj is None:
            return
        if creates(attributes, resources.PERSISTENT_VOLUME_CLAIMS):
            self._fill(obj, "storageClassName", resources.STORAGE_CLASSES.group_resource, _DEFAULT_STORAGE)
        elif creates(attributes, resources.INGRESSES) and _OLD_CLASS not in (obj["metadata"].get("annotations") or {}):
            self._fill(obj, "ingressClassName", "ingressclasses.networking.k8s.io", _DEFAULT_INGRESS)

    def _fill(self, obj: Object, field: str, collection: str, annotation: str) -> None:
        spec = obj.setdefault("spec", {})
        if spec.get(field) is not None:
            return
        defaults = [
            record.object["metadata"]
            for record in self._store.list(collection)
            if (record.object["metadata"].get("annotations") or {}).get(annotation) == "true"
        ]
        if defaults:
            # The newest one, as upstream decides when there are several.
            spec[field] = max(defaults, key=lambda row: row.get("creationTimestamp", ""))["name"]


_TOLERATED_TAINTS = (NOT_READY, "node.kubernetes.io/unreachable")
_TOLERATION_SECONDS = 300


class DefaultTolerations(Plugin):
    """A pod stays for five minutes on a node that has gone away, unless it says otherwise; that it says nothing cannot
    be brought about by an update either.
    """

    async def admit(self, attributes: Attributes) -> None:
        if not concerns(attributes, resources.PODS) or attributes.object is None:
            return
        spec = attributes.object["spec"]
        tolerations = list(spec.get("tolerations") or [])
        for taint in _TOLERATED_TAINTS:
            if not any(_covers(toleration, taint) for toleration in tolerations):
                tolerations.append(
                    {
                        "key": taint,
                        "operator": "Exists",
                        "effect": "NoExecute",
                        "tolerationSeconds": _TOLERATION_SECONDS,
                    }
                )
        spec["tolerations"] = tolerations


def _covers(toleration: Object, key: str) -> bool:
    return toleration.get("key") in (key, "", None) and toleration.get("effect") in ("NoExecute", "", None)


class _Classes:
    """Priority classes by name, and the one that pods get that name none."""

    def __init__(self, objects: dict[str, list[Object]]) -> None:
        rows = [row for listed in objects.values() for row in listed]
        self.by_name = {row["metadata"]["name"]: row for row in rows}
        defaults = [row for row in rows if row.get("globalDefault")]
        self.default = min(defaults, key=lambda row: row.get("value", 0), default=None)


class Priority(Plugin):
    """Turns the name of a priority class into a number, which nobody may choose directly.

    Args:
        store: where the priority classes are.
    """

    def __init__(self, store: Store) -> None:
        self._classes = Derived(store, ("priorityclasses.scheduling.k8s.io",), _Classes)

    async def admit(self, attributes: Attributes) -> None:
        if not creates(attributes, resources.PODS) or attributes.object is None:
            return
        spec, classes = attributes.object["spec"], self._classes.value()
        name = spec.get("priorityClassName") or ""
        chosen = classes.by_name.get(name) if name else classes.default
        if name and chosen is None:
            raise refuse(attributes, f"no PriorityClass with name {name} was found")
        value, policy = 0, "PreemptLowerPriority"
        if chosen is not None:
            value = chosen.get("value", 0)
            policy = chosen.get("preemptionPolicy") or policy
            spec["priorityClassName"] = chosen["metadata"]["name"]
        given = spec.get("priority")
        if given is not None and given != value:
            raise refuse(
                attributes,
                f"the integer value of priority ({given}) must not be provided in pod spec; priority admission "
                f"controller computed {value} from the given PriorityClass name",
            )
        spec["priority"] = value
        wanted = spec.setdefault("preemptionPolicy", policy)
        if wanted != policy:
            raise refuse(
                attributes,
                f"the string value of PreemptionPolicy ({wanted}) must not be provided in pod spec; priority admission "
                f"controller computed {policy} from the given PriorityClass name",
            )


class Quality(Plugin):
    """Writes the quality of service of what the pod has become by now."""

    async def admit(self, attributes: Attributes) -> None:
        if creates(attributes, resources.PODS) and attributes.object is not None:
            status = attributes.object.setdefault("status", {})
            status["qosClass"] = quality_of_service(attributes.object.get("spec") or {})


DEFAULT = "default"
VOLUME_PREFIX = "kube-api-access-"

_WAIT = 2.0
"""Seconds to wait for the default account of a namespace that has only just been created."""

_TOKEN_SECONDS = 3607


def _volume(name: str) -> Object:
    """The projected volume with token, CA certificate and namespace."""
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources: list[Object] = [
        {"serviceAccountToken": {"expirationSeconds": _TOKEN_SECONDS, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 420}}


class ServiceAccounts(Plugin):
    """Every pod runs as somebody, and finds the credentials for it mounted.

    Args:
        store: where the accounts are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if not creates(attributes, resources.PODS) or attributes.object is None:
            return
        pod = attributes.object
        spec = pod.setdefault("spec", {})
        if "kubernetes.io/config.mirror" in (pod["metadata"].get("annotations") or {}):
            return
        name = spec.get("serviceAccountName") or spec.get("serviceAccount") or DEFAULT
        account = await self._account(attributes, name)
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
            spec["imagePullSecrets"] = [dict(row) for row in account["imagePullSecrets"]]
        if _wants_token(spec, account):
            _mount(spec)

    async def _account(self, attributes: Attributes, name: str) -> Object:
        namespace = attributes.namespace
        record = self._store.get("serviceaccounts", namespace, name)
        if record is None and name == DEFAULT:
            await self._appears(namespace, name)
            record = self._store.get("serviceaccounts", namespace, name)
        if record is None:
            why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
            raise refuse(attributes, why)
        return record.object

    async def _appears(self, namespace: str, name: str) -> None:
        """Wait, not for long, until an account has been created."""
        subscription = self._store.subscribe("serviceaccounts", namespace=namespace)
        try:
            async with asyncio.timeout(_WAIT):
                while self._store.get("serviceaccounts", namespace, name) is None:
                    if not await subscription.batch():
                        return
        except TimeoutError:
            return
        finally:
            subscription.close()


def _wants_token(spec: Object, account: Object) -> bool:
    for source in (spec, account):
        if source.get("automountServiceAccountToken") is not None:
            return bool(source["automountServiceAccountToken"])
    return True


def _mount(spec: Object) -> None:
    containers = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
    bare = [
        container
        for container in containers
        if all(mount.get("mountPath") != SERVICE_ACCOUNT_PATH for mount in container.get("volumeMounts") or [])
    ]
    if not bare:
        return
    volumes = spec.get("volumes") or []
    name = next((row["name"] for row in volumes if row.get("name", "").startswith(VOLUME_PREFIX)), "")
    if not name:
        name = VOLUME_PREFIX + names.random_suffix()
        spec["volumes"] = [*volumes, _volume(name)]
    mount = {"name": name, "readOnly": True, "mountPath": SERVICE_ACCOUNT_PATH}
    for container in bare:
        container["volumeMounts"] = [*(container.get("volumeMounts") or []), dict(mount)]
