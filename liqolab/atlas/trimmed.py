"""A client whose lists and watches keep of every object only what a world shows.

Informers hold all objects of a kind. Of a pod, nine tenths of the text are managed fields, volumes and probes, which no
world shows; dropped on arrival, thousands of pods cost a few megabytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.atlas import terms
from liqolab.controller.client import Call, WatchEvent
from liqolab.controller.http import HttpClient
from liqolab.controller.kubeconfig import Access

Keep = Mapping[str, "Keep | None"]
"""Which keys of an object are kept: None keeps all that is under one. Lists are passed through to their items."""

_METADATA: Final[Keep] = dict.fromkeys(
    ("name", "namespace", "uid", "resourceVersion", "labels", "deletionTimestamp", "ownerReferences")
)
_CONDITIONS: Final[Keep] = dict.fromkeys(("type", "status", "reason", "message"))
_CONTAINERS: Final[Keep] = dict.fromkeys(("ready", "restartCount", "state", "lastState"))

_KEEP: Final[Mapping[str, Keep]] = {
    "pods": {
        "metadata": _METADATA,
        "spec": {"nodeName": None},
        "status": {
            **dict.fromkeys(("phase", "reason", "message", "podIP")),
            "conditions": _CONDITIONS,
            "containerStatuses": _CONTAINERS,
            "initContainerStatuses": _CONTAINERS,
        },
    },
    "nodes": {
        "metadata": _METADATA,
        "spec": {"unschedulable": None},
        "status": {"conditions": _CONDITIONS, "nodeInfo": {"kubeletVersion": None}},
    },
    "namespaces": {"metadata": {**_METADATA, "annotations": {terms.ANNOTATION_TWIN_OF: None}}, "status": None},
    "customresourcedefinitions": {
        "metadata": _METADATA,
        "spec": {"group": None, "scope": None, "names": None, "versions": {"name": None, "served": None}},
        "status": {"conditions": _CONDITIONS},
    },
    "configmaps": {"metadata": _METADATA, "data": {terms.IDENTITY_KEY: None}},
}
_KEEP_OTHERS: Final[Keep] = {"metadata": _METADATA, "spec": None, "status": None}

Told = Callable[[Resource, Exception | None], None]
"""Told how each list went (None: well), and of each watch that broke."""


class TrimmedClient(HttpClient):
    """Besides trimming, it tells `told` how the conversation goes, which an informer keeps to itself."""

    def __init__(self, access: Access, told: Told) -> None:
        super().__init__(access, user_agent="liqolab-atlas")
        self._told = told

    async def answer(self, call: Call) -> Object:
        if call.verb != "list":
            return await super().answer(call)
        try:
            answer = await super().answer(call)
        except (ApiError, OSError) as error:
            self._told(call.resource, error)
            raise
        self._told(call.resource, None)
        keep = _KEEP.get(call.resource.plural, _KEEP_OTHERS)
        return {**answer, "items": [_kept(item, keep) for item in answer.get("items") or ()]}

    async def events(self, call: Call) -> AsyncIterator[WatchEvent]:
        keep = _KEEP.get(call.resource.plural, _KEEP_OTHERS)
        try:
            async for event in super().events(call):
                yield WatchEvent(event.type, _kept(event.object, keep))
        except (ApiError, OSError) as error:
            self._told(call.resource, error)
            raise


def _kept(item: Object, keep: Keep) -> Object:
    return {key: _trimmed(item[key], rest) for key, rest in keep.items() if key in item}


def _trimmed(value: Any, keep: Keep | None) -> Any:
    if keep is None or value is None:
        return value
    if isinstance(value, list):
        return [_trimmed(entry, keep) for entry in value]
    return _kept(value, keep) if isinstance(value, dict) else value
