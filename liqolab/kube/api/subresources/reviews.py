"""Questions about who somebody is and what he may do, and tokens to prove it: answered on the spot, stored nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.errors import FieldError, bad_request, conflict, invalid
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.access.authz import User
from liqolab.kube.access.rbac_rules import Request, Rule
from liqolab.kube.access.tokens import ISSUER, TokenError
from liqolab.kube.api import field_managers
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.subresources.writing import admit
from liqolab.kube.kinds.field_errors import invalid_value
from liqolab.kube.schema import definitions

_REQUEST = Resource("authentication.k8s.io", "v1", "tokenrequests", "TokenRequest")
_MINIMUM = 600
_MAXIMUM = 1 << 32
_DEFAULT = 3600


def _body(request: ResourceRequest) -> Object:
    if not isinstance(request.body, dict):
        raise bad_request("the body of the request is not an object")
    return request.body


def _answer(request: ResourceRequest, spec: Object | None, status: Object) -> Object:
    metadata = dict(_body(request).get("metadata") or {})
    resource = request.spec.resource
    answer: Object = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    if spec is not None:
        answer["spec"] = spec
    # Not stored anywhere, and its fields have an owner all the same.
    field_managers.track_create(request, answer)
    return {**answer, "status": status}


async def token_review(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """TokenReview: whom a token speaks for."""
    spec: Object = _body(request).get("spec") or {}
    token = spec.get("token") or ""
    if not token:
        raise bad_request("token is required for TokenReview in authentication")
    try:
        user, audiences = pipeline.tokens.verify(token, spec.get("audiences") or ())
    except TokenError as error:
        text = str(error)
        shown = text if text.startswith("invalid bearer token") else f"[invalid bearer token, {text}]"
        return _answer(request, spec, {"user": {}, "error": shown})
    return _answer(request, spec, {"authenticated": True, "user": user.info(), "audiences": audiences})


async def self_review(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """SelfSubjectReview: who the server takes the asker for."""
    answer = _answer(request, None, {"userInfo": request.user.info()})
    # Of all reviews this one is made as objects are.
    answer["metadata"]["creationTimestamp"] = timestamps.now()
    return answer


def _question(spec: Object) -> Request:
    """The request that a review asks about.

    Raises:
        ApiError: 422, it asks about nothing, or about two things.
    """
    about = spec.get("resourceAttributes")
    if about is not None:
        resource = Resource(about.get("group", ""), about.get("version", ""), about.get("resource", ""), "", True)
        fields = (about.get("namespace", ""), about.get("name", ""), about.get("subresource", ""))
        return Request.of(about.get("verb", ""), resource, *fields)
    path = spec.get("nonResourceAttributes") or {}
    return Request(path.get("verb", ""), None, path=path.get("path", ""))


def _check_question(request: ResourceRequest, spec: Object) -> None:
    about = [key for key in ("resourceAttributes", "nonResourceAttributes") if spec.get(key) is not None]
    errors: list[FieldError] = []
    if len(about) == 2:
        text = "cannot be specified in combination with resourceAttributes"
        given = {"Path": "", "Verb": ""} | {key.title(): text for key, text in spec["nonResourceAttributes"].items()}
        errors.append(invalid_value("spec.nonResourceAttributes", given, text))
    elif not about:
        text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        errors.append(invalid_value("spec.resourceAttributes", None, text))
    if request.spec.resource.kind != "SelfSubjectAccessReview" and not spec.get("user") and not spec.get("groups"):
        text = "at least one of user or group must be specified"
        errors.append(invalid_value("spec.user", "", text))
    if request.spec.resource.namespaced:
        namespace = (spec.get("resourceAttributes") or {}).get("namespace", "")
        if namespace != request.namespace:
            text = "must match metadata.namespace"
            errors.append(invalid_value("spec.resourceAttributes.namespace", namespace, text))
    if errors:
        # The one 422 without a kind.
        raise invalid(replace(request.spec.resource, kind=""), "", errors)


def _decide(pipeline: Pipeline, user: User, question: Request) -> Object:
    decision = pipeline.authorizer.decide(user, question)
    status: Object = {"allowed": decision.allowed}
    if decision.reason:
        status["reason"] = decision.reason
    return status


async def access_review(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """SubjectAccessReview and its local form: whether somebody may do something."""
    spec: Object = _body(request).get("spec") or {}
    _check_question(request, spec)
    extra = {key: tuple(values) for key, values in (spec.get("extra") or {}).items()}
    user = User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""), extra)
    return _answer(request, spec, _decide(pipeline, user, _question(spec)))


async def self_access_review(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """SelfSubjectAccessReview: whether the asker may do something."""
    spec: Object = _body(request).get("spec") or {}
    _check_question(request, spec)
    return _answer(request, spec, _decide(pipeline, request.user, _question(spec)))


async def self_rules_review(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """SelfSubjectRulesReview: everything that the asker may do in a namespace."""
    spec: Object = _body(request).get("spec") or {}
    namespace = spec.get("namespace") or ""
    if not namespace:
        raise bad_request("no namespace on request")
    rules = pipeline.authorizer.rules_for(request.user, namespace)
    resource_rules = [_resource_rule(rule) for rule in rules if rule.resources]
    path_rules = [{"verbs": sorted(rule.verbs), "nonResourceURLs": list(rule.paths)} for rule in rules if rule.paths]
    status = {"resourceRules": resource_rules, "nonResourceRules": path_rules, "incomplete": False}
    return _answer(request, {}, status)


def _resource_rule(rule: Rule) -> Object:
    found: Object = {
        "verbs": sorted(rule.verbs),
        "apiGroups": sorted(rule.groups),
        "resources": sorted(rule.resources),
    }
    if rule.names:
        found["resourceNames"] = sorted(rule.names)
    return found


async def request_token(pipeline: Pipeline, request: ResourceRequest) -> Object:
    """POST of ``serviceaccounts/token``: a token of one's own for a service account, for a while.

    Raises:
        ApiError: 400, 404 for an account or a pod that is not there, 409 for another pod of that name, 422.
    """
    body: Object = request.body if isinstance(request.body, dict) else {}
    account = pipeline.read(request.spec, request.namespace, request.name)
    given: dict[str, Any] = body.get("metadata") or {}
    for field, what, own in (("name", "name", request.name), ("namespace", "namespace", request.namespace)):
        if given.get(field) not in (None, "", own):
            text = f"must match the service account {what} if specified"
            raise invalid(_REQUEST, request.name, [invalid_value(f"metadata.{field}", given[field], text)])
    metadata: Object = dict(given, name=request.name, namespace=request.namespace, uid=meta.uid(account))
    spec: Object = dict(body.get("spec") or {})
    spec["audiences"] = spec.get("audiences") or [ISSUER]
    seconds = spec["expirationSeconds"] = spec.get("expirationSeconds") or _DEFAULT
    spec.setdefault("boundObjectRef", None)
    _check_seconds(seconds)
    bound = _bound_object(pipeline, request, spec["boundObjectRef"])
    metadata |= _recorded(request, body)
    answer: Object = {"kind": _REQUEST.kind, "apiVersion": _REQUEST.api_version, "metadata": metadata, "spec": spec}
    answer = await admit(pipeline, request, "CREATE", answer, None)
    metadata = {**answer["metadata"], "creationTimestamp": timestamps.now()}
    token = pipeline.tokens.issue(
        request.namespace,
        meta.name(account),
        spec["audiences"],
        seconds,
        pod=bound if bound and bound.get("kind") == "Pod" else None,
        secret=bound if bound and bound.get("kind") == "Secret" else None,
    )
    expires = clock.utc() + timedelta(seconds=seconds)
    status = {"token": token, "expirationTimestamp": timestamps.format_time(expires)}
    return {**answer, "metadata": metadata, "spec": spec, "status": status}


def _recorded(request: ResourceRequest, body: Object) -> Object:
    """Whose the fields of a request for a token are, as its metadata says it: the defaults are nobody's."""
    definition = definitions.name_of_kind(_REQUEST.group, _REQUEST.version, _REQUEST.kind)
    own = replace(request, spec=replace(request.spec, resource=_REQUEST, definition=definition))
    tracked: Object = {"metadata": {}, "spec": {key: value for key, value in (body.get("spec") or {}).items() if value}}
    field_managers.track_create(own, tracked)
    return {key: value for key, value in tracked["metadata"].items() if value}


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
        raise bad_request(f"cannot bind token to object of type {reference.get('apiVersion', '')}, Kind={kind}")
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
