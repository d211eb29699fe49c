"""A client whose lists and watches keep of every object only what a picture needs.

Informers hold all objects of a kind. Of a pod, nine tenths of the text are managed fields, volumes and probes, which no
picture shows; dropped on arrival, thousands of pods cost a few megabytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.atlas import terms
from liqolab.controller.client import ObjectList, WatchEvent
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


class LeanClient(HttpClient):
    """Besides being lean, it tells `told` how the conversation goes, which an informer keeps to itself."""

    def __init__(self, access: Access, told: Told) -> None:
        super().__init__(access, user_agent="liqolab-atlas")
        self._told = told

    async def list(
        self, resource: Resource, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> ObjectList:
        try:
            answer = await super().list(resource, namespace, labels=labels, fields=fields)
        except (ApiError, OSError) as error:
            self._told(resource, error)
            raise
        self._told(resource, None)
        keep = _KEEP.get(resource.plural, _KEEP_OTHERS)
        return ObjectList([_kept(item, keep) for item in answer.items], answer.resource_version)

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
    ) -> AsyncIterator[WatchEvent]:
        keep = _KEEP.get(resource.plural, _KEEP_OTHERS)
        events = super().watch(resource, namespace, resource_version=resource_version, labels=labels, fields=fields)
        try:
            async for event in events:
                yield WatchEvent(event.type, _kept(event.object, keep))
        except (ApiError, OSError) as error:
            self._told(resource, error)
            raise


def _kept(item: Object, keep: Keep) -> Object:
    return {key: _trimmed(item[key], rest) for key, rest in keep.items() if key in item}


def _trimmed(value: Any, keep: Keep | None) -> Any:
    if keep is None or value is None:
        return value
    if isinstance(value, list):
        return [_trimmed(entry, keep) for entry in value]
    return _kept(value, keep) if isinstance(value, dict) else value
