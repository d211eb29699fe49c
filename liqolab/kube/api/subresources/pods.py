"""What is posted to a pod: a Binding gives it its node, the one way in which ``spec.nodeName`` of an existing pod is
ever set; an Eviction is a deletion that asks the disruption budgets first (``kubectl drain`` is made of these).
"""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import ApiError, FieldError, bad_request, conflict, internal, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.api.deletion import DeleteOptions, delete_object
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
    if name != request.name:
        raise bad_request("name in URL does not match name in Binding object")
    errors = _validate(body)
    if errors:
        # The one validation whose errors are not turned into a 422.
        raise status_error(500, "", ", ".join(map(str, errors)))
    body.setdefault("metadata", {}).update(name=request.name, namespace=request.namespace)
    body = await admit(pipeline, request, "CREATE", body, None)
    rewrite(pipeline, request, lambda pod: _assign(pod, body))
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


_BLOCKED = "Cannot evict pod as it would violate the pod's disruption budget."
_SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
_RETRY_SECONDS = 10


async def evict(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """POST of an Eviction.

    Raises:
        ApiError: 400 for another name, 404, 409, 429 when a budget forbids it, 500 when several apply.
    """
    body: Object = request.body if isinstance(request.body, dict) else {}
    name = meta.name(body)
    if name != request.name:
        raise bad_request("name in URL does not match name in Eviction object")
    options: Object = body.get("deleteOptions") or {}
    if options.get("dryRun"):
        request.dry_run = True
    pod = pipeline.read(request.spec, request.namespace, request.name)
    body.setdefault("metadata", {}).update(name=request.name, namespace=request.namespace)
    await admit(pipeline, request, "CREATE", body, None)
    if not _may_ignore_budgets(pod):
        _take_from_budget(pipeline, request, pod)
        rewrite(pipeline, request, _mark)
    conditions = options.get("preconditions") or {}
    wanted = DeleteOptions(
        grace=options.get("gracePeriodSeconds"),
        propagation=options.get("propagationPolicy") or "",
        uid=conditions.get("uid") or "",
        resource_version=conditions.get("resourceVersion") or "",
    )
    delete = ResourceRequest(
        user=request.user,
        verb="delete",
        spec=request.spec,
        namespace=request.namespace,
        name=request.name,
        dry_run=request.dry_run,
        warnings=request.warnings,
    )
    await delete_object(pipeline, delete, wanted)
    return dict(SUCCESS)


def _may_ignore_budgets(pod: Object) -> bool:
    phase = meta.get_path(pod, "status", "phase")
    return meta.pod_is_terminal(pod) or phase == "Pending" or meta.is_deleting(pod)


def _mark(pod: Object) -> None:
    status = pod.setdefault("status", {})
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": timestamps.now(),
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }
    status["conditions"] = meta.set_condition(status.get("conditions"), condition)


def _take_from_budget(pipeline: Pipeline, request: ResourceRequest, pod: Object) -> None:
    """Count one disruption against the budget that the pod falls under, if any."""
    budgets = [
        record.object
        for record in pipeline.store.list(resources.POD_DISRUPTION_BUDGETS.group_resource, request.namespace)
        if _covers(record.object, pod)
    ]
    if not budgets:
        return
    if len(budgets) > 1:
        raise internal(_SEVERAL)
    budget = budgets[0]
    status: Object = budget.get("status") or {}
    if not meta.pod_is_ready(pod) and _spares_unready(budget, status):
        return
    _check_allowed(budget, status)
    spec = pipeline.registry.find(resources.POD_DISRUPTION_BUDGETS)
    assert spec is not None, "disruption budgets are built in"
    own = ResourceRequest(
        request.user, "update", spec, request.namespace, meta.name(budget), "status", dry_run=request.dry_run
    )

    def count(obj: Object) -> None:
        fresh = obj.setdefault("status", {})
        fresh["disruptionsAllowed"] = int(fresh.get("disruptionsAllowed") or 0) - 1
        fresh["disruptedPods"] = {**(fresh.get("disruptedPods") or {}), request.name: timestamps.now()}

    rewrite(pipeline, own, count)


def _covers(budget: Object, pod: Object) -> bool:
    selector = (budget.get("spec") or {}).get("selector")
    return LabelSelector.from_object(selector).matches(meta.labels(pod))


def _spares_unready(budget: Object, status: Object) -> bool:
    """A pod that is not ready does not count as healthy, so that its eviction costs nothing."""
    if (budget.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    healthy, desired = status.get("currentHealthy") or 0, status.get("desiredHealthy") or 0
    return bool(healthy >= desired > 0)


def _check_allowed(budget: Object, status: Object) -> None:
    name = meta.name(budget)
    if (status.get("observedGeneration") or 0) < meta.generation(budget):
        error = _blocked(f"The disruption budget {name} is still being processed by the server.")
        error.status["details"]["retryAfterSeconds"] = _RETRY_SECONDS
        raise error
    if (status.get("disruptionsAllowed") or 0) <= 0:
        needs, has = status.get("desiredHealthy") or 0, status.get("currentHealthy") or 0
        raise _blocked(f"The disruption budget {name} needs {needs} healthy pods and has {has} currently")


def _blocked(why: str) -> ApiError:
    details = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    return status_error(429, "TooManyRequests", _BLOCKED, details)
