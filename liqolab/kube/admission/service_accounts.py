"""ServiceAccount: every pod runs as somebody, and finds the credentials for it mounted."""

from __future__ import annotations

import asyncio

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import names
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.attributes import Attributes
from liqolab.kube.admission.plugin import Plugin, creates, refuse
from liqolab.kube.store.store import Store
from liqolab.program import SERVICE_ACCOUNT_PATH

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
    """Chooses the account and mounts its token.

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
