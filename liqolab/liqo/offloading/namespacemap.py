"""The provider's half of namespace offloading: what a replicated NamespaceMap asks for becomes namespaces.

The map comes from another administrator, so nothing in it is trusted further than it needs to be: a namespace that
was not created for this very map is neither used nor deleted, and the rights go to the cluster whose tenant namespace
the map lies in (a label that only this cluster writes), whoever the map says it comes from.

A namespace that stops being wanted is deleted with everything in it. One that is wanted and vanishes is created again.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CLUSTER_ROLES, NAMESPACES, ROLE_BINDINGS
from liqolab.apimachinery.errors import ApiError, existing_ok, status_error
from liqolab.apimachinery.patches import diff_merge
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import NAMESPACE_MAPS
from liqolab.liqo.offloading import phases

_FINALIZER = names.FINALIZER_NAMESPACE_MAP
_OWNER = names.ANNOTATION_MANAGED_BY_NAMESPACE_MAP


class NamespaceMapController:
    """Keyed by ``<tenant namespace>/<map>``, the form of the annotation that says whose a namespace is."""

    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._maps = manager.informer(NAMESPACE_MAPS, labels=f"{names.LABEL_REPLICATION}=false")
        self._namespaces = manager.informer(NAMESPACES)
        self._bindings = manager.informer(ROLE_BINDINGS)
        controller = Controller("namespacemap", self.reconcile, workers=2)
        controller.watches(self._maps)
        controller.watches(self._namespaces, self._interested)
        controller.watches(self._bindings, _owner)
        manager.add(controller)

    async def reconcile(self, key: str) -> None:
        tenant, name = meta.split_key(key)
        namespace_map = self._maps.get(name, tenant)
        if namespace_map is None:
            return
        deleting = meta.is_deleting(namespace_map)
        if not deleting and not meta.has_finalizer(namespace_map, _FINALIZER):
            namespace_map = await self._client.update(NAMESPACE_MAPS, meta.with_finalizer(namespace_map, _FINALIZER))
        before: dict[str, Object] = meta.get_path(namespace_map, "status", "currentMapping", default={})
        wanted: dict[str, str] = {}
        if not deleting:
            wanted = meta.get_path(namespace_map, "spec", "desiredMapping", default={})
        current: dict[str, Object] = {}
        failures: dict[str, ApiError] = {}
        for local in sorted({*wanted, *before}):
            entry = before.get(local)
            remote = entry.get("remoteNamespace", "") if entry else ""
            try:
                # A namespace that is wanted under another name than before first has to go.
                if local in wanted and remote in ("", wanted[local]):
                    remote = wanted[local]
                    phase = await self._provide(key, local, remote, (entry or {}).get("phase"))
                else:
                    phase = await self._withdraw(key, remote)
            except _MappingError as error:
                failures[local] = error.cause
                phase = error.phase
            if phase:
                current[local] = {"phase": phase, "remoteNamespace": remote}
        await self._explain(namespace_map, {local: error.message for local, error in failures.items()})
        await self._finish(namespace_map, before, current)
        if failures:
            raise next(iter(failures.values()))

    def _interested(self, namespace: Object) -> Iterable[str]:
        """The maps that a change of `namespace` may matter to: its owner's, and those that wait for its name."""
        name = meta.name(namespace)
        waiting = [
            meta.key(item)
            for item in self._maps.list()
            if name == meta.namespace(item)
            or name in (meta.get_path(item, "spec", "desiredMapping", default=None) or {}).values()
        ]
        return {*_owner(namespace), *waiting}

    async def _explain(self, namespace_map: Object, why: dict[str, str]) -> None:
        """Note what failed, for the consumer, whose replication carries it home. It comes before the phase that it
        explains.
        """
        if phases.failures(namespace_map) == why:
            return
        note = orjson.dumps(why, option=orjson.OPT_SORT_KEYS).decode() if why else None
        patch = {"metadata": {"annotations": {names.ANNOTATION_NAMESPACE_FAILURES: note}}}
        await self._client.patch(NAMESPACE_MAPS, meta.name(namespace_map), patch, meta.namespace(namespace_map))

    async def _finish(self, namespace_map: Object, before: dict[str, Object], current: dict[str, Object]) -> None:
        name, tenant = meta.name(namespace_map), meta.namespace(namespace_map)
        patch = diff_merge({"currentMapping": before}, {"currentMapping": current})
        if patch:
            await self._client.patch(NAMESPACE_MAPS, name, {"status": patch}, tenant, subresource="status")
        if meta.is_deleting(namespace_map) and not current and meta.has_finalizer(namespace_map, _FINALIZER):
            present = await self._client.get(NAMESPACE_MAPS, name, tenant)
            await self._client.update(NAMESPACE_MAPS, meta.without_finalizer(present, _FINALIZER))

    async def _provide(self, owner: str, local: str, remote: str, before: str | None) -> str | None:
        """Make sure of namespace `remote` and of the consumer's rights in it; returns the phase of the mapping.

        Raises:
            _MappingError: it did not work; with the phase that the mapping has now.
        """
        try:
            namespace = await self._namespace(owner, local, remote)
        except ApiError as error:
            raise _MappingError(texts.MAPPING_LOOP_BACK_OFF, error) from error
        if meta.is_deleting(namespace):
            # Gone soon; its deletion wakes this controller, which creates it again.
            return before
        try:
            await self._binding(owner, remote)
        except ApiError as error:
            raise _MappingError(before, error) from error
        return texts.MAPPING_ACCEPTED

    async def _namespace(self, owner: str, local: str, remote: str) -> Object:
        """The namespace of this map, created if absent.

        Raises:
            ApiError: it cannot be created, or exists and is not this map's.
        """
        namespace = self._namespaces.get(remote)
        if namespace is None:
            body: Object = NAMESPACES.manifest(
                remote,
                labels={names.LABEL_REMOTE_CLUSTER_ID: self._consumer(owner)},
                annotations={_OWNER: owner, names.ANNOTATION_ORIGINAL_NAME: local},
            )
            with existing_ok:
                return await self._client.create(NAMESPACES, body)
            namespace = await self._client.get(NAMESPACES, remote)
        if meta.annotations(namespace).get(_OWNER) != owner:
            message = texts.REMOTE_NAMESPACE_CONFLICT.format(namespace=remote, map=owner)
            raise status_error(409, "AlreadyExists", message)
        return namespace

    async def _binding(self, owner: str, remote: str) -> None:
        tenant, _ = meta.split_key(owner)
        role = {"apiGroup": CLUSTER_ROLES.group, "kind": CLUSTER_ROLES.kind, "name": names.VIRTUAL_KUBELET_REMOTE_ROLE}
        subjects = [{"apiGroup": CLUSTER_ROLES.group, "kind": "User", "name": self._consumer(owner)}]
        known = self._bindings.get(tenant, remote)
        if known is not None and (known.get("roleRef"), known.get("subjects")) == (role, subjects):
            return
        body: Object = ROLE_BINDINGS.manifest(
            tenant, remote, annotations={_OWNER: owner}, roleRef=role, subjects=subjects
        )
        try:
            await self._client.create(ROLE_BINDINGS, body, remote)
        except ApiError as error:
            if not error.already_exists:
                raise
            await self._client.patch(ROLE_BINDINGS, tenant, {"subjects": subjects}, remote)

    async def _withdraw(self, owner: str, remote: str) -> str | None:
        """Delete namespace `remote` if it is this map's; returns the phase, None once it is gone."""
        namespace = self._namespaces.get(remote)
        if namespace is None or meta.annotations(namespace).get(_OWNER) != owner:
            return None
        if not meta.is_deleting(namespace):
            try:
                await self._client.delete(NAMESPACES, remote, uid=meta.uid(namespace))
            except ApiError as error:
                if error.not_found:
                    return None
                raise _MappingError(texts.MAPPING_TERMINATING, error) from error
        return texts.MAPPING_TERMINATING

    def _consumer(self, owner: str) -> str:
        """The ID of the cluster that the tenant namespace belongs to.

        Raises:
            ApiError: the map does not lie in a tenant namespace.
        """
        tenant, _ = meta.split_key(owner)
        cluster = meta.labels(self._namespaces.get(tenant) or {}).get(names.LABEL_CLUSTER_ID)
        if not cluster:
            raise status_error(403, "Forbidden", f'namespace "{tenant}" is not the tenant namespace of any cluster')
        return cluster


class _MappingError(Exception):
    """What went wrong, and the phase that it leaves the mapping in."""

    def __init__(self, phase: str | None, cause: ApiError) -> None:
        super().__init__(cause.message)
        self.phase = phase
        self.cause = cause


def _owner(item: Object) -> Iterable[str]:
    owner = meta.annotations(item).get(_OWNER)
    return (owner,) if owner else ()
