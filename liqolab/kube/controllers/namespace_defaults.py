"""What every namespace gets: the service account ``default`` and the cluster's root certificate as a config map.

Both come back when somebody deletes them, and the certificate when somebody changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.workload.pods import namespace_is_terminating

DEFAULT_ACCOUNT = "default"
ROOT_CA = "kube-root-ca.crt"


class NamespaceDefaults:
    def __init__(self, manager: Manager, root_ca: str) -> None:
        self._client: Client = manager.client
        self._root_ca = root_ca
        self._namespaces = manager.informer(NAMESPACES)
        self._accounts = manager.informer(SERVICE_ACCOUNTS)
        self._config_maps = manager.informer(CONFIG_MAPS)
        accounts = Controller("serviceaccount-controller", self._ensure_account)
        accounts.watches(self._namespaces).watches(self._accounts, _namespace_if_named(DEFAULT_ACCOUNT))
        manager.add(accounts)
        certificates = Controller("root-ca-certificate-publisher-controller", self._ensure_root_ca)
        certificates.watches(self._namespaces).watches(self._config_maps, _namespace_if_named(ROOT_CA))
        manager.add(certificates)

    async def _ensure_account(self, namespace: str) -> None:
        if self._is_living(namespace) and self._accounts.get(DEFAULT_ACCOUNT, namespace) is None:
            body = SERVICE_ACCOUNTS.manifest(DEFAULT_ACCOUNT)
            await self._create(SERVICE_ACCOUNTS, body, namespace)

    async def _ensure_root_ca(self, namespace: str) -> None:
        if not self._is_living(namespace):
            return
        known = self._config_maps.get(ROOT_CA, namespace)
        data = {"ca.crt": self._root_ca}
        if known is None:
            metadata = {"name": ROOT_CA, "annotations": texts.ROOT_CA_ANNOTATIONS}
            body: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
            await self._create(CONFIG_MAPS, body, namespace)
        elif known.get("data") != data or not texts.ROOT_CA_ANNOTATIONS.items() <= meta.annotations(known).items():
            annotations = {**meta.annotations(known), **texts.ROOT_CA_ANNOTATIONS}
            body = {**known, "metadata": {**known["metadata"], "annotations": annotations}, "data": data}
            await self._client.update(CONFIG_MAPS, body)

    def _is_living(self, name: str) -> bool:
        namespace = self._namespaces.get(name)
        return namespace is not None and not meta.is_deleting(namespace)

    async def _create(self, resource: Resource, body: Object, namespace: str) -> None:
        try:
            await self._client.create(resource, body, namespace)
        except ApiError as error:
            # Somebody was faster, or the namespace is already on its way out: either way nothing is missing.
            if not (error.already_exists or error.not_found or namespace_is_terminating(error)):
                raise


def _namespace_if_named(name: str) -> Callable[[Object], Iterable[str]]:
    def mapper(item: Object) -> Iterable[str]:
        return (meta.namespace(item),) if meta.name(item) == name else ()

    return mapper
