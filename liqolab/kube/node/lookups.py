"""The objects that pods refer to: config maps, secrets and services, as a node reads them.

They come from the cluster's shared informers. A miss is checked with the API server before it counts, because a pod may
arrive a moment before the informer has heard of a config map that was created first.
"""

from __future__ import annotations

from liqolab.apimachinery.builtin import CONFIG_MAPS, SECRETS, SERVICES
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Manager
from liqolab.kube.node import texts


class MissingReferenceError(Exception):
    """A pod refers to something that is not there; the text says to what."""


class Lookups:
    """Shared by all pods of a node.

    Attributes:
        config_maps, secrets: the informers, for those who want to hear of changes.
    """

    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self.config_maps = manager.informer(CONFIG_MAPS)
        self.secrets = manager.informer(SECRETS)
        self._services = manager.informer(SERVICES)

    async def synced(self) -> None:
        for informer in (self.config_maps, self.secrets, self._services):
            await informer.synced()

    async def config_map(self, name: str, namespace: str) -> Object:
        """A config map.

        Raises:
            MissingReferenceError: there is none.
        """
        return await self._get(self.config_maps, CONFIG_MAPS, name, namespace)

    async def secret(self, name: str, namespace: str) -> Object:
        """A secret.

        Raises:
            MissingReferenceError: there is none.
        """
        return await self._get(self.secrets, SECRETS, name, namespace)

    def services(self, namespace: str) -> Objects:
        """The services whose addresses containers of a namespace find in their environment."""
        own = self._services.list(namespace)
        api_server = self._services.get("kubernetes", "default")
        return own if namespace == "default" or api_server is None else [api_server, *own]

    async def _get(self, informer: Informer, resource: Resource, name: str, namespace: str) -> Object:
        known = informer.get(name, namespace)
        if known is not None:
            return known
        found = await self._client.find(resource, name, namespace)
        if found is None:
            raise MissingReferenceError(texts.NOT_FOUND.format(resource=resource.kind.lower(), name=name))
        return found
