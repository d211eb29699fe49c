"""What a CustomResourceDefinition brings about: names are accepted, the kind is served, its group version is announced
(APIService), and on deletion its objects go first.

A definition takes effect within the turn of the event loop that follows its write: ``kubectl apply`` of a file with a
definition and its objects needs no waiting. At a start all established kinds are served before the first request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any, Final

from liqolab.apimachinery import builtin, meta, timestamps
from liqolab.apimachinery.errors import ApiError, missing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller
from liqolab.kube.access.authz import component
from liqolab.kube.api import deletion
from liqolab.kube.api.field_managers import ESTABLISHING, internal_manager
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.kinds.custom import CustomStrategy, served_kinds
from liqolab.kube.kinds.measured import SIMULATED
from liqolab.kube.kinds.spec import KindSpec

log = logging.getLogger(__name__)

FINALIZER: Final = "customresourcecleanup.apiextensions.k8s.io"
_USER: Final = component("apiserver")
_RETRY_SECONDS: Final = 1.0


class Definitions:
    """Keeps the registry in step with the definitions in the store."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        found = pipeline.registry.find(builtin.CUSTOM_RESOURCE_DEFINITIONS)
        assert found is not None, "the built-in table has no CustomResourceDefinition"
        self._spec: KindSpec = found
        self._collection = storage_of(found).collection
        self._emptying: dict[str, asyncio.Task[None]] = {}
        self._served: dict[str, Object] = {}
        self._published = -1
        self._controller = Controller("definitions", self._reconcile)

    def load(self) -> None:
        """Serve every established kind in the store."""
        for record in self._pipeline.store.list(self._collection):
            if meta.condition_is_true(record.object, "Established"):
                self._serve(record.object)

    async def run(self) -> None:
        """Follow the definitions until cancelled or until the store closes."""
        working = asyncio.create_task(self._controller.run())
        try:
            await self._follow()
        finally:
            tasks = [working, *self._emptying.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self) -> None:
        store, queue = self._pipeline.store, self._controller.queue
        subscription = store.subscribe(self._collection)
        try:
            queue.add("")
            for record in store.list(self._collection):
                queue.add(record.key[1])
            while changes := await subscription.batch():
                for change in changes:
                    if change.type == "DELETED":
                        self._forget(change.record.object)
                    queue.add(change.record.key[1])
        finally:
            subscription.close()

    async def _reconcile(self, name: str) -> None:
        """Settle a definition, if there is one of that name, and publish what is served; failures are tried again."""
        record = self._pipeline.store.get(self._collection, "", name)
        if record is not None:
            await self._settle(record.object)
        await self._publish()

    async def _publish(self) -> None:
        """Let the APIService objects follow the registry."""
        if self._published == self._pipeline.registry.generation:
            return
        generation = self._pipeline.registry.generation
        await _publish_services(self._pipeline)
        self._published = generation

    def _serve(self, definition: Object) -> None:
        spec, name = definition["spec"], meta.name(definition)
        if self._served.get(name) == spec:
            return
        self._served[name] = spec
        try:
            kinds = served_kinds(definition, self._pipeline.store.revision)
            self._pipeline.registry.set_custom(spec["group"], spec["names"]["plural"], kinds)
        except Exception:
            # A definition that nobody foresaw must not keep the others from being served.
            log.exception("definition %s cannot be served", name)

    def _forget(self, definition: Object) -> None:
        spec = definition["spec"]
        self._served.pop(meta.name(definition), None)
        self._pipeline.registry.set_custom(spec["group"], spec["names"]["plural"], [])
        self._pipeline.store.end_subscriptions(definition["metadata"]["name"])

    async def _settle(self, definition: Object) -> None:
        """Bring status, registry and, when it is being deleted, the objects in line with one definition."""
        name = meta.name(definition)
        if meta.is_deleting(definition):
            if name not in self._emptying and meta.has_finalizer(definition, FINALIZER):
                self._emptying[name] = asyncio.create_task(self._empty(name))
            return
        try:
            record = await self._change(name, self._accept)
        except ApiError as error:
            if not error.not_found:
                raise
            return
        if meta.condition_is_true(record, "Established"):
            self._serve(record)

    async def _change(self, name: str, change: Any) -> Object:
        request = ResourceRequest(
            *(_USER, "update", self._spec, "", name, ESTABLISHING),
            field_manager=internal_manager(_USER),
            field_validation="Ignore",
        )
        record = await self._pipeline.modify(request, change)
        return storage_of(self._spec).object(record)

    # ------------------------------------------------------------------ names

    def _accept(self, definition: Object) -> None:
        """Write into a definition's status which names it has got."""
        names = definition["spec"]["names"]
        reason, message = self._conflict(definition)
        status = definition.setdefault("status", {})
        accepted = not reason
        named = {"type": "NamesAccepted", "status": str(accepted)}
        named |= {"reason": reason or "NoConflicts", "message": message or "no conflicts found"}
        established = {"type": "Established", "status": str(accepted)}
        if accepted:
            status["acceptedNames"] = dict(names)
            established |= {"reason": "InitialNamesAccepted", "message": "the initial names have been accepted"}
        else:
            status.setdefault("acceptedNames", {"plural": "", "kind": ""})
            established |= {"reason": "NotAccepted", "message": "not all names are accepted"}
        conditions = meta.set_condition(status.get("conditions") or [], named)
        if accepted or not meta.condition_is_true(conditions, "Established"):
            conditions = meta.set_condition(conditions, established)
        status["conditions"] = conditions

    def _conflict(self, definition: Object) -> tuple[str, str]:
        """Reason and message of the last name that somebody else in the group has; empty when there is none."""
        names = definition["spec"]["names"]
        resources, kinds = self._taken(definition)
        found = ("", "")
        for reason, wanted, taken in (
            ("PluralConflict", [names["plural"]], resources),
            ("SingularConflict", [names.get("singular")], resources),
            ("ShortNamesConflict", names.get("shortNames") or [], resources),
            ("KindConflict", [names["kind"]], kinds),
            ("ListKindConflict", [names.get("listKind")], kinds),
        ):
            clash = next((name for name in wanted if name and name in taken), None)
            if clash is not None:
                found = (reason, f'"{clash}" is already in use')
        return found

    def _taken(self, definition: Object) -> tuple[set[str], set[str]]:
        resources: set[str] = set()
        kinds: set[str] = set()
        for names in self._accepted_names(definition["spec"]["group"], meta.name(definition)):
            resources |= {names.get("plural", ""), names.get("singular", ""), *(names.get("shortNames") or ())}
            kinds |= {names.get("kind", ""), names.get("listKind", "")}
        return resources, kinds

    def _accepted_names(self, group: str, but: str) -> Iterator[Object]:
        for record in self._pipeline.store.list(self._collection):
            # A definition is called after its plural and its group: the others, which are large, are not taken apart.
            if record.key[1].endswith(f".{group}") and record.key[1] != but and record.object["spec"]["group"] == group:
                yield (record.object.get("status") or {}).get("acceptedNames") or {}

    # ------------------------------------------------------------------ the end

    async def _empty(self, name: str) -> None:
        """Delete all objects of a definition, wait until they are gone, and let the definition go."""
        try:
            definition = await self._change(name, _terminating("InstanceDeletionInProgress", True))
            kinds = self._close(definition)
            if kinds:
                # In the version in which they are stored: what cannot be converted must not keep them.
                await self._delete_all(next((kind for kind in kinds if kind.storage is None), kinds[0]))
            await self._change(name, _terminating("InstanceDeletionCompleted", False))
            await self._change(name, _release)
        except ApiError as error:
            if not error.not_found:
                log.warning("definition %s cannot be deleted: %s", name, error)
                # Whatever refuses (a webhook, a full disk) gives no sign when it has changed its mind.
                self._controller.queue.add_after(name, _RETRY_SECONDS)
        finally:
            self._emptying.pop(name, None)

    def _close(self, definition: Object) -> list[KindSpec]:
        """Refuse new objects of a definition; returns the kinds that it is served as."""
        spec = definition["spec"]
        address = (spec["group"], spec["names"]["plural"])
        kinds = [row for row in self._pipeline.registry if (row.resource.group, row.resource.plural) == address]
        for kind in kinds:
            if isinstance(kind.strategy, CustomStrategy):
                kind.strategy.terminating = True
        return kinds

    async def _delete_all(self, spec: KindSpec) -> None:
        store, collection = self._pipeline.store, storage_of(spec).collection
        subscription = store.subscribe(collection)
        try:
            for record in store.list(collection):
                request = ResourceRequest(_USER, "delete", spec, *record.key)
                with missing_ok:
                    await deletion.delete_object(self._pipeline, request, deletion.DeleteOptions())
            while store.count(collection) and await subscription.batch():
                pass
        finally:
            subscription.close()


def _terminating(reason: str, active: bool) -> Any:
    text = "CustomResource deletion is in progress" if active else "removed all instances"

    def change(definition: Object) -> None:
        status = definition.setdefault("status", {})
        condition = {"type": "Terminating", "status": str(active), "reason": reason, "message": text}
        status["conditions"] = meta.set_condition(
            status.get("conditions"), {**condition, "lastTransitionTime": timestamps.now()}
        )

    return change


def _release(definition: Object) -> None:
    metadata = definition["metadata"]
    metadata["finalizers"] = [text for text in metadata.get("finalizers") or () if text != FINALIZER]


_MANAGED: Final = "kube-aggregator.kubernetes.io/automanaged"
_OWN_GROUP: Final = "apiregistration.k8s.io"
"""The group of APIServices themselves, which none of them is about."""

_CORE_PRIORITY: Final = 18000
_GROUP_PRIORITIES: Final = {
    "apps": 17800,
    "events.k8s.io": 17750,
    "authentication.k8s.io": 17700,
    "authorization.k8s.io": 17600,
    "autoscaling": 17500,
    "batch": 17400,
    "certificates.k8s.io": 17300,
    "networking.k8s.io": 17200,
    "policy": 17100,
    "rbac.authorization.k8s.io": 17000,
    "storage.k8s.io": 16800,
    "admissionregistration.k8s.io": 16700,
    "apiextensions.k8s.io": 16700,
    "scheduling.k8s.io": 16600,
    "coordination.k8s.io": 16500,
    "node.k8s.io": 16300,
    "discovery.k8s.io": 16200,
    "resource.k8s.io": 16200,
    "flowcontrol.apiserver.k8s.io": 16100,
}
_BUILTIN_PRIORITY: Final = 16000
_CUSTOM_PRIORITY: Final = 1000
_MEASURED_PRIORITY: Final = 100
_CUSTOM_VERSION, _BUILTIN_VERSION = 100, 15
_VERSION_PRIORITIES: Final = {
    ("", "v1"): 1,
    ("autoscaling", "v2"): 30,
    ("flowcontrol.apiserver.k8s.io", "v1"): 21,
    ("resource.k8s.io", "v1"): 21,
}
_AVAILABLE: Final = {
    "type": "Available",
    "status": "True",
    "reason": "Local",
    "message": "Local APIServices are always available",
}


async def _publish_services(pipeline: Pipeline) -> None:
    """Keep one APIService for each group version that is served, as ``kubectl get apiservices`` lists them.

    They describe and decide nothing here: all groups are served by this process.
    """
    spec = pipeline.registry.find(builtin.API_SERVICES)
    assert spec is not None, "the built-in table has no APIService"
    served = {(row.resource.group, row.resource.version) for row in pipeline.registry} - {(_OWN_GROUP, "v1")}
    wanted = {f"{version}.{group}": (group, version) for group, version in served}
    known = {record.key[1]: record for record in pipeline.store.list(storage_of(spec).collection)}
    for name in sorted(wanted.keys() - known.keys()):
        body = _document(pipeline, name, *wanted[name])
        request = ResourceRequest(
            _USER, "create", spec, field_manager=internal_manager(_USER), field_validation="Ignore"
        )
        try:
            await pipeline.create_object(request, body, _make_available)
        except ApiError as error:
            log.warning("APIService %s could not be written: %s", name, error)
    for name in known.keys() - wanted.keys():
        if _MANAGED in known[name].object["metadata"].get("labels", {}):
            request = ResourceRequest(_USER, "delete", spec, "", name)
            await deletion.delete_object(pipeline, request, deletion.DeleteOptions())


def _document(pipeline: Pipeline, name: str, group: str, version: str) -> Object:
    custom = all(spec.custom for spec in pipeline.registry.kinds(group, version))
    minimum = _GROUP_PRIORITIES.get(group, _BUILTIN_PRIORITY) if group else _CORE_PRIORITY
    rank = _VERSION_PRIORITIES.get((group, version), _BUILTIN_VERSION)
    measured = all(spec.measured for spec in pipeline.registry.kinds(group, version))
    if measured:
        minimum, rank = _MEASURED_PRIORITY, _MEASURED_PRIORITY
    return builtin.API_SERVICES.manifest(
        name,
        labels={_MANAGED: "true" if custom else "onstart"},
        annotations=SIMULATED if measured else None,
        spec={
            "group": group,
            "version": version,
            "groupPriorityMinimum": _CUSTOM_PRIORITY if custom else minimum,
            "versionPriority": _CUSTOM_VERSION if custom else rank,
        },
    )


def _make_available(obj: Object) -> None:
    obj["status"] = {"conditions": [{**_AVAILABLE, "lastTransitionTime": timestamps.now()}]}
