"""Tells each flow schema whether the priority level that it refers to exists."""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import FLOW_SCHEMAS, PRIORITY_LEVELS
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts


class FlowSchemaStatus:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._schemas = manager.informer(FLOW_SCHEMAS)
        self._levels = manager.informer(PRIORITY_LEVELS)
        controller = Controller("flow-schema-controller", self._reconcile)
        manager.add(controller.watches(self._schemas).watches(self._levels, self._referring))

    def _referring(self, level: Object) -> Iterable[str]:
        return [meta.name(schema) for schema in self._schemas.list() if level_of(schema) == meta.name(level)]

    async def _reconcile(self, name: str) -> None:
        schema = self._schemas.get(name)
        if schema is None:
            return
        wanted = dangling(schema, exists=self._levels.get(level_of(schema)) is not None)
        known = meta.find_condition(schema, texts.DANGLING)
        if known is not None and all(known.get(key) == value for key, value in wanted.items()):
            return
        status = {"conditions": meta.set_condition((schema.get("status") or {}).get("conditions"), wanted)}
        await self._client.update(FLOW_SCHEMAS, {**schema, "status": status}, subresource="status")


def level_of(schema: Object) -> str:
    """The name of the priority level that a flow schema refers to."""
    return str(meta.get_path(schema, "spec", "priorityLevelConfiguration", "name", default=""))


def dangling(schema: Object, *, exists: bool) -> Object:
    """The condition of a flow schema, without its time."""
    reason, text = texts.LEVEL_FOUND if exists else texts.LEVEL_NOT_FOUND
    return {
        "type": texts.DANGLING,
        "status": "False" if exists else "True",
        "reason": reason,
        "message": text.format(name=level_of(schema)),
    }
