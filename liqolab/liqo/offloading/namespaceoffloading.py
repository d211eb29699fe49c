"""The consumer's half of namespace offloading: a NamespaceOffloading becomes entries in NamespaceMaps.

Every reconcile starts from what is there (the offloading, the virtual nodes and their maps), so it does not matter
what it was woken by: a changed selector, a node whose labels changed, a peering that came up after the offloading, or
somebody who took the scheduling label off the namespace. Reconciles of one namespace see their own writes to the
maps, never an older cached copy, because `liqoctl offload` trusts the first status that carries the present
generation.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import NAMESPACES, NODES
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.patches import diff_merge
from liqolab.apimachinery.resources import Object
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.resources import NAMESPACE_MAPS, NAMESPACE_OFFLOADINGS
from liqolab.liqo.offloading import phases, selector
from liqolab.liqo.offloading.maps import OwnMaps, provider_of

_NAME = names.NAMESPACE_OFFLOADING
_FINALIZER = names.FINALIZER_NAMESPACE_OFFLOADING


class NamespaceOffloadingController:
    """Keyed by namespace, because there is one NamespaceOffloading in each."""

    def __init__(self, manager: Manager, settings: Arguments) -> None:
        self._client = manager.client
        self._settings = settings
        self._events = EventRecorder(manager.client, "namespaceoffloading-controller")
        self._offloadings = manager.informer(NAMESPACE_OFFLOADINGS)
        self._maps = OwnMaps(manager)
        self._nodes = manager.informer(NODES, labels=f"{names.LABEL_TYPE}={names.TYPE_VIRTUAL_NODE}")
        self._namespaces = self._maps.namespaces
        controller = Controller("namespaceoffloading", self.reconcile, workers=2)
        controller.watches(self._offloadings, lambda item: (meta.namespace(item),))
        controller.watches(self._maps.informer, lambda item: {*self._all(), *phases.desired_mapping(item)})
        controller.watches(self._nodes, lambda _: self._all())
        controller.watches(self._namespaces, self._interested)
        manager.add(controller)

    async def reconcile(self, namespace: str) -> None:
        offloading = self._offloadings.get(_NAME, namespace)
        if offloading is None:
            await self._forget(namespace)
            return
        if meta.is_deleting(offloading):
            await self._unoffload(namespace, offloading)
            return
        offloading = await self._ensure_finalizer(offloading)
        spec = offloading.get("spec") or {}
        maps = _by_cluster(self._maps.list())
        settled = True
        try:
            selector.validate(spec.get("clusterSelector"))
        except selector.InvalidSelectorError as error:
            message = texts.INVALID_SELECTOR_MESSAGE.format(error=error)
            await self._events.event(offloading, "Warning", texts.INVALID_SELECTOR_REASON, message)
        else:
            settled = await self._select(namespace, spec, maps)
            await self._label(namespace, spec.get("podOffloadingStrategy") != texts.STRATEGY_LOCAL)
        await self._publish(offloading, maps.values(), settled=settled)

    async def _forget(self, namespace: str) -> None:
        """Take a namespace that has no offloading out of all maps: an offloading was removed by force, or a peer wrote
        what it would like to have into its tenant namespace.
        """
        for namespace_map in self._maps.list():
            await self._set_mapping(namespace_map, namespace, None)

    def _interested(self, namespace: Object) -> Iterable[str]:
        # A tenant namespace says whose the maps in it are, and may be heard of after them.
        tenant = names.LABEL_TENANT_NAMESPACE in meta.labels(namespace)
        return self._all() if tenant else (meta.name(namespace),)

    def _all(self) -> Iterable[str]:
        return [meta.namespace(item) for item in self._offloadings.list()]

    async def _ensure_finalizer(self, offloading: Object) -> Object:
        if meta.has_finalizer(offloading, _FINALIZER):
            return offloading
        # A whole update, not a patch: two writers of a list must not overwrite each other.
        return await self._client.update(NAMESPACE_OFFLOADINGS, meta.with_finalizer(offloading, _FINALIZER))

    async def _select(self, namespace: str, spec: Object, maps: dict[str, Object]) -> bool:
        """Bring the namespace's entry of every map in line; replaces the changed maps in `maps`.

        Returns:
            Whether every virtual node has its map; if not, a peering is coming up and will wake this controller.
        """
        remote = self.remote_name(namespace, spec)
        settled = True
        for node in self._nodes.list():
            cluster = meta.labels(node).get(names.LABEL_REMOTE_CLUSTER_ID, "")
            namespace_map = maps.get(cluster)
            if namespace_map is None:
                settled = settled and meta.is_deleting(node)
                continue
            chosen = selector.selects(spec.get("clusterSelector"), node) and not meta.is_deleting(namespace_map)
            maps[cluster] = await self._set_mapping(namespace_map, namespace, remote if chosen else None)
        return settled

    def remote_name(self, namespace: str, spec: Object) -> str:
        """What the namespace is called in every cluster that it is offloaded to."""
        if spec.get("namespaceMappingStrategy") == texts.MAPPING_ENFORCE_SAME_NAME:
            return namespace
        return names.remote_namespace_name(namespace, self._settings.cluster_name, self._settings.cluster_id)

    async def _set_mapping(self, namespace_map: Object, namespace: str, remote: str | None) -> Object:
        desired = meta.get_path(namespace_map, "spec", "desiredMapping", default={})
        if desired.get(namespace) == remote:
            return namespace_map
        patch = {"spec": {"desiredMapping": {namespace: remote}}}
        place = meta.name(namespace_map), patch, meta.namespace(namespace_map)
        return await self._client.patch(NAMESPACE_MAPS, *place)

    async def _label(self, namespace: str, enabled: bool) -> None:
        """Switch the pod webhook on or off for the namespace."""
        known = self._namespaces.get(namespace)
        if known is None or (meta.is_deleting(known) and enabled):
            return
        wanted = "true" if enabled else None
        if meta.labels(known).get(names.LABEL_SCHEDULING_ENABLED) == wanted:
            return
        patch = {"metadata": {"labels": {names.LABEL_SCHEDULING_ENABLED: wanted}}}
        with missing_ok:
            await self._client.patch(NAMESPACES, namespace, patch)

    async def _publish(self, offloading: Object, maps: Iterable[Object], *, settled: bool = True) -> bool:
        """Write the status, and which generation it is about.

        Args:
            offloading: the object as it is stored.
            maps: the NamespaceMaps.
            settled: whether the status may be taken for the outcome of this generation.

        Returns:
            Whether no remote cluster has anything left of the namespace.
        """
        namespace, deleting = meta.namespace(offloading), meta.is_deleting(offloading)
        maps = list(maps)
        before = offloading.get("status") or {}
        words = texts.OFFLOADING[self._settings.dialect]
        known = before.get("remoteNamespacesConditions") or {}
        conditions = phases.remote_conditions(namespace, maps, known, words, timestamps.now(), deleting=deleting)
        status: Object = {
            "offloadingPhase": phases.offloading_phase(namespace, maps, deleting=deleting),
            "remoteNamespaceName": self.remote_name(namespace, offloading.get("spec") or {}),
            "remoteNamespacesConditions": conditions,
        }
        in_status = self._settings.dialect is texts.Dialect.RELEASE
        if in_status and (settled or "observedGeneration" in before):
            status["observedGeneration"] = meta.generation(offloading) if settled else before.get("observedGeneration")
        patch = diff_merge(before, status)
        if patch:
            place = _NAME, {"status": patch}, namespace
            await self._client.patch(NAMESPACE_OFFLOADINGS, *place, subresource="status")
            await self._tell_failures(offloading, maps, known)
        if settled and not in_status:
            await self._annotate_generation(offloading)
        return not conditions

    async def _tell_failures(self, offloading: Object, maps: Iterable[Object], known: Object) -> None:
        """An event for each cluster that says since now why it has no namespace; `known` are the conditions before."""
        reason, message = texts.EVENT_REMOTE_NAMESPACE_FAILED
        for namespace_map in maps:
            why = phases.failure(namespace_map, meta.namespace(offloading))
            said = meta.find_condition(known.get(meta.name(namespace_map)) or [], texts.READY) or {}
            if why and not str(said.get("message", "")).endswith(why):
                place = {"namespace": meta.namespace(offloading), "map": meta.name(namespace_map)}
                await self._events.event(offloading, "Warning", reason, message.format(**place, error=why))

    async def _annotate_generation(self, offloading: Object) -> None:
        """The seed's status has no observedGeneration, but who waits for it needs one; it comes after the status."""
        wanted = str(meta.generation(offloading))
        if meta.annotations(offloading).get(names.ANNOTATION_OBSERVED_GENERATION) == wanted:
            return
        patch = {"metadata": {"annotations": {names.ANNOTATION_OBSERVED_GENERATION: wanted}}}
        await self._client.patch(NAMESPACE_OFFLOADINGS, _NAME, patch, meta.namespace(offloading))

    async def _unoffload(self, namespace: str, offloading: Object) -> None:
        """Take the namespace back from everywhere, and let the object go once nothing is left."""
        if not meta.has_finalizer(offloading, _FINALIZER):
            return
        await self._label(namespace, False)
        maps = _by_cluster(self._maps.list())
        for cluster, namespace_map in maps.items():
            maps[cluster] = await self._set_mapping(namespace_map, namespace, None)
        if await self._publish(offloading, maps.values()):
            present = await self._client.get(NAMESPACE_OFFLOADINGS, _NAME, namespace)
            await self._client.update(NAMESPACE_OFFLOADINGS, meta.without_finalizer(present, _FINALIZER))


def _by_cluster(maps: Iterable[Object]) -> dict[str, Object]:
    """The maps by the cluster they are for."""
    return {provider_of(item): item for item in maps}
