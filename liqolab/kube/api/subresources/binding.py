"""``pods/binding``: giving a pod its node. The one way in which ``spec.nodeName`` is ever set on an existing pod."""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import FieldError, bad_request, conflict, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.subresources.writing import SUCCESS, admit, rewrite
from liqolab.kube.kinds.field_errors import not_supported, required

_POD_BINDING = Resource("", "v1", "pods/binding", "Pod")


async def bind_posted(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """POST of a Binding to the collection ``bindings``, as old schedulers do."""
    pods = pipeline.registry.find(resources.PODS)
    assert pods is not None, "pods are built in"
    name = meta.name(request.body) if isinstance(request.body, dict) else ""
    inner = ResourceRequest(
        user=request.user,
        verb="create",
        spec=pods,
        namespace=request.namespace,
        name=name,
        subresource="binding",
        body=request.body,
        dry_run=request.dry_run,
        warnings=request.warnings,
    )
    return await bind(pipeline, inner)


async def bind(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """POST of a Binding to a pod.

    Raises:
        ApiError: 400 for another name, 404, 409 for a pod that has a node already or goes away, 500 for no target.
    """
    body: Object = request.body if isinstance(request.body, dict) else {}
    name = meta.name(body)
    if name and name != request.name:
        raise bad_request("name in URL does not match name in Binding object")
    errors = _validate(body)
    if errors:
        # The one validation whose errors are not turned into a 422.
        raise status_error(500, "", ", ".join(map(str, errors)))
    body.setdefault("metadata", {}).update(name=request.name, namespace=request.namespace)
    body = await admit(pipeline, request, "CREATE", body, None)

    def assign(pod: Object) -> None:
        _assign(pod, body)

    rewrite(pipeline, request, assign)
    return dict(SUCCESS)


def _validate(binding: Object) -> list[FieldError]:
    target = binding.get("target") or {}
    errors = []
    if target.get("kind") not in (None, "", "Node"):
        errors.append(not_supported("target.kind", target["kind"], ("Node", "<empty>")))
    if not target.get("name"):
        errors.append(required("target.name"))
    return errors


def _assign(pod: Object, binding: Object) -> None:
    name, spec = meta.name(pod), pod.setdefault("spec", {})
    uid = meta.uid(binding)
    if uid and uid != meta.uid(pod):
        text = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {meta.uid(pod)}"
        raise conflict(_POD_BINDING, name, text)
    if meta.is_deleting(pod):
        raise conflict(_POD_BINDING, name, f"pod {name} is being deleted, cannot be assigned to a host")
    if spec.get("nodeName"):
        raise conflict(_POD_BINDING, name, f'pod {name} is already assigned to node "{spec["nodeName"]}"')
    if spec.get("schedulingGates"):
        raise conflict(_POD_BINDING, name, f"pod {name} has non-empty .spec.schedulingGates")
    spec["nodeName"] = binding["target"]["name"]
    given = meta.annotations(binding)
    if given:
        pod["metadata"]["annotations"] = {**meta.annotations(pod), **given}
    status = pod.setdefault("status", {})
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
    moment = {"lastTransitionTime": timestamps.now()}
    status["conditions"] = meta.set_condition(status.get("conditions"), scheduled | moment)
