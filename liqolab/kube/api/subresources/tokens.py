"""``serviceaccounts/token``: a token of one's own for a service account, for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import bad_request, conflict, invalid
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.subresources.writing import admit
from liqolab.kube.kinds.field_errors import invalid_value

_REQUEST = Resource("authentication.k8s.io", "v1", "tokenrequests", "TokenRequest")
_MINIMUM = 600
_MAXIMUM = 1 << 32
_DEFAULT = 3600


async def request_token(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """POST of a TokenRequest.

    Raises:
        ApiError: 400, 404 for an account or a pod that is not there, 409 for another pod of that name, 422.
    """
    body: Object = request.body if isinstance(request.body, dict) else {}
    issuer = pipeline.tokens
    account = pipeline.read(request.spec, request.namespace, request.name)
    given: dict[str, Any] = body.get("metadata") or {}
    metadata: Object = dict(given, name=request.name, namespace=request.namespace)
    spec: Object = dict(body.get("spec") or {})
    spec["audiences"] = spec.get("audiences") or [issuer.issuer]
    seconds = spec["expirationSeconds"] = spec.get("expirationSeconds") or _DEFAULT
    spec.setdefault("boundObjectRef", None)
    _check_seconds(seconds)
    bound = _bound_object(pipeline, request, spec["boundObjectRef"])
    answer: Object = {"kind": _REQUEST.kind, "apiVersion": _REQUEST.api_version, "metadata": metadata, "spec": spec}
    answer = await admit(pipeline, request, "CREATE", answer, None)
    metadata = {**answer["metadata"], "creationTimestamp": timestamps.now()}
    token = issuer.issue(
        request.namespace,
        meta.name(account),
        spec["audiences"],
        seconds,
        pod=bound if bound and bound.get("kind") == "Pod" else None,
        secret=bound if bound and bound.get("kind") == "Secret" else None,
    )
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    status = {"token": token, "expirationTimestamp": timestamps.format_time(expires)}
    return {**answer, "metadata": metadata, "spec": spec, "status": status}


def _check_seconds(seconds: int) -> None:
    path = "spec.expirationSeconds"
    errors = []
    if seconds < _MINIMUM:
        errors.append(invalid_value(path, seconds, "may not specify a duration less than 10 minutes"))
    if seconds > _MAXIMUM:
        errors.append(invalid_value(path, seconds, "may not specify a duration larger than 2^32 seconds"))
    if errors:
        raise invalid(_REQUEST, "", errors)


def _bound_object(pipeline: Pipeline, request: ResourceRequest, reference: Object | None) -> Object | None:
    if not reference:
        return None
    kind, name, uid = reference.get("kind"), reference.get("name", ""), reference.get("uid", "")
    resource = {"Pod": resources.PODS, "Secret": resources.SECRETS}.get(str(kind))
    if resource is None:
        raise bad_request(f"cannot bind token for {kind} in group {reference.get('apiVersion', '')}")
    spec = pipeline.registry.find(resource)
    assert spec is not None, "pods and secrets are built in"
    found = pipeline.read(spec, request.namespace, name)
    if kind == "Pod" and meta.get_path(found, "spec", "serviceAccountName") != request.name:
        raise bad_request(
            f'cannot bind token for serviceaccount "{request.name}" to pod running with different serviceaccount name.'
        )
    if uid and uid != meta.uid(found):
        text = (
            f"the UID in the bound object reference ({uid}) does not match the UID in record. The object might have "
            "been deleted and then recreated"
        )
        raise conflict(resource, name, text)
    return {**found, "kind": kind}
