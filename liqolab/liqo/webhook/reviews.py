"""``admission.k8s.io/v1`` AdmissionReviews: what the API server asks and what it may be answered."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from liqolab.apimachinery.resources import Object


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a review.

    Attributes:
        allowed: whether the request goes on.
        patch: JSON patch operations to apply to the object.
        warnings: shown to the user by kubectl.
        status: the reason of a denial, a part of ``metav1.Status``.
    """

    allowed: bool = True
    patch: Sequence[Object] = ()
    warnings: Sequence[str] = ()
    status: Object | None = None


def denied(text: str) -> Verdict:
    """Against the rules. The text is the reason, as Liqo 0.5 answers; the API server repeats it in its message."""
    return Verdict(False, status={"code": 403, "reason": text})


def errored(text: str) -> Verdict:
    """The webhook could not decide."""
    return Verdict(False, status={"code": 500, "message": text})


def decode(body: bytes) -> Object:
    """The ``request`` of a review.

    Raises:
        ValueError: the body is no AdmissionReview.
    """
    review = orjson.loads(body)
    request = review.get("request") if isinstance(review, dict) else None
    if not isinstance(request, dict) or not request.get("uid"):
        raise ValueError("not an AdmissionReview: it has no request with a uid")
    return request


def encode(request: Object, verdict: Verdict) -> bytes:
    """The review that answers `request`."""
    response: Object = {"uid": request["uid"], "allowed": verdict.allowed}
    if verdict.patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(orjson.dumps(list(verdict.patch))).decode()
    if verdict.warnings:
        response["warnings"] = list(verdict.warnings)
    if verdict.status is not None:
        response["status"] = verdict.status
    return orjson.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
