"""``pods/ephemeralcontainers``: adding a container to a running pod, for ``kubectl debug``."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import invalid
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.storage import storage_of
from liqolab.kube.api.subresources.writing import admit, given, rewrite
from liqolab.kube.kinds.field_errors import forbidden_field
from liqolab.kube.kinds.validation.containers import validate_containers

_PATH = "spec.ephemeralContainers"


async def ephemeral_containers(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """GET, PUT or PATCH; of the given pod only the list of ephemeral containers counts.

    Raises:
        ApiError: 400, 404, 409, 422.
    """
    record = pipeline.record(request.spec, request.namespace, request.name)
    storage = storage_of(request.spec)
    old = storage.object(record)
    if request.verb == "get":
        return old
    wanted = given(request, record, "strategic", "pod")
    new = meta.deep_copy(old)
    new["spec"]["ephemeralContainers"] = (wanted.get("spec") or {}).get("ephemeralContainers") or []
    new = await admit(pipeline, request, "UPDATE", new, old)
    _check(request, new, old)
    added = new["spec"].get("ephemeralContainers") or []

    def change(pod: Object) -> None:
        pod["spec"]["ephemeralContainers"] = added

    return storage.object(rewrite(pipeline, request, change, since=record))


def _check(request: ResourceRequest, new: Object, old: Object) -> None:
    spec = new["spec"]
    listed, before = spec.get("ephemeralContainers") or [], old["spec"].get("ephemeralContainers") or []
    errors = []
    if any(container not in listed for container in before):
        text = "existing ephemeral containers may not be changed or removed"
        errors.append(forbidden_field(_PATH, text))
    taken = {
        container.get("name", "") for field in ("containers", "initContainers") for container in spec.get(field) or []
    }
    volumes = {volume.get("name", "") for volume in spec.get("volumes") or []}
    errors += validate_containers(listed, _PATH, volumes, taken)
    for index, container in enumerate(listed):
        for field in ("ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
            if container.get(field):
                text = "cannot be set for an Ephemeral Container"
                errors.append(forbidden_field(f"{_PATH}[{index}].{field}", text))
    if errors:
        raise invalid(request.spec.resource, request.name, errors)
