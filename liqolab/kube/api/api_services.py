"""APIService objects: one for each group version that is served, as ``kubectl get apiservices`` lists them.

They describe and decide nothing here: all groups are served by this process.
"""

from __future__ import annotations

import logging
from typing import Final

from liqolab.apimachinery import builtin, timestamps
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.user import component
from liqolab.kube.api import deletion
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of

log = logging.getLogger(__name__)

_USER: Final = component("apiserver")
_MANAGED: Final = "kube-aggregator.kubernetes.io/automanaged"
_CORE_PRIORITY: Final = 18000
_BUILTIN_PRIORITY: Final = 17800
_CUSTOM_PRIORITY: Final = 1000
_VERSION_PRIORITY: Final = {True: 100, False: 15}
_AVAILABLE: Final = {
    "type": "Available",
    "status": "True",
    "reason": "Local",
    "message": "Local APIServices are always available",
}


async def reconcile(pipeline: Pipeline) -> None:
    """Bring the APIService objects in line with the registry."""
    spec = pipeline.registry.find(builtin.API_SERVICES)
    assert spec is not None, "the built-in table has no APIService"
    wanted = {_name(*pair): pair for pair in _served(pipeline)}
    known = {record.key[1]: record for record in pipeline.store.list(storage_of(spec).collection)}
    for name in sorted(wanted.keys() - known.keys()):
        body = _document(pipeline, name, *wanted[name])
        request = ResourceRequest(_USER, "create", spec, field_validation="Ignore")
        try:
            await pipeline.create_object(request, body, _make_available)
        except ApiError as error:
            log.warning("APIService %s could not be written: %s", name, error)
    for name in known.keys() - wanted.keys():
        if _MANAGED in known[name].object["metadata"].get("labels", {}):
            request = ResourceRequest(_USER, "delete", spec, "", name)
            await deletion.delete_object(pipeline, request, deletion.DeleteOptions())


def _served(pipeline: Pipeline) -> set[tuple[str, str]]:
    return {(spec.resource.group, spec.resource.version) for spec in pipeline.registry}


def _name(group: str, version: str) -> str:
    return f"{version}.{group}"


def _document(pipeline: Pipeline, name: str, group: str, version: str) -> Object:
    custom = all(spec.custom for spec in pipeline.registry.kinds(group, version))
    minimum = _CUSTOM_PRIORITY if custom else _BUILTIN_PRIORITY if group else _CORE_PRIORITY
    return builtin.API_SERVICES.manifest(
        name,
        labels={_MANAGED: "true" if custom else "onstart"},
        spec={
            "group": group,
            "version": version,
            "groupPriorityMinimum": minimum,
            "versionPriority": _VERSION_PRIORITY[custom],
        },
    )


def _make_available(obj: Object) -> None:
    obj["status"] = {"conditions": [{**_AVAILABLE, "lastTransitionTime": timestamps.now()}]}
