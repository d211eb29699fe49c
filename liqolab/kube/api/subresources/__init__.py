"""Subresources with a meaning of their own, and the kinds that are only asked about.

Each handler gets the pipeline and a request that RBAC has let pass, and returns the document to answer with. What one
writes goes through admission as what was posted (a Binding, an Eviction, a Scale), which is what webhooks have rules
for, and then straight into the store: the kind's own rules of update are about what clients may do to the whole object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from liqolab.kube.api.handler import Address, Handler
from liqolab.kube.api.subresources import approval, binding, containers, eviction, finalize, reviews, scale, tokens

_AUTHENTICATION: Final = "authentication.k8s.io"
_AUTHORIZATION: Final = "authorization.k8s.io"

SUBRESOURCES: Final[Mapping[Address, Handler]] = {
    ("", "pods", "binding"): binding.bind,
    ("", "bindings", ""): binding.bind_posted,
    ("", "pods", "eviction"): eviction.evict,
    ("", "pods", "ephemeralcontainers"): containers.ephemeral_containers,
    ("", "namespaces", "finalize"): finalize.finalize,
    ("", "serviceaccounts", "token"): tokens.request_token,
    ("*", "*", "scale"): scale.scale,
    ("certificates.k8s.io", "certificatesigningrequests", "approval"): approval.approval,
    (_AUTHENTICATION, "tokenreviews", ""): reviews.token_review,
    (_AUTHENTICATION, "selfsubjectreviews", ""): reviews.self_review,
    (_AUTHORIZATION, "subjectaccessreviews", ""): reviews.access_review,
    (_AUTHORIZATION, "localsubjectaccessreviews", ""): reviews.access_review,
    (_AUTHORIZATION, "selfsubjectaccessreviews", ""): reviews.self_access_review,
    (_AUTHORIZATION, "selfsubjectrulesreviews", ""): reviews.self_rules_review,
}
"""(group, plural, subresource) → handler; an empty subresource is a posted kind, ``*`` every kind that has it."""
