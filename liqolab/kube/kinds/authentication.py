"""authentication.k8s.io and authorization.k8s.io: questions that are answered, never stored."""

from __future__ import annotations

from liqolab.kube.kinds.declaring import review

_AUTHENTICATION = "authentication.k8s.io"
_AUTHORIZATION = "authorization.k8s.io"

KINDS = (
    review(_AUTHENTICATION, "selfsubjectreviews", "SelfSubjectReview"),
    review(_AUTHENTICATION, "tokenreviews", "TokenReview"),
    review(_AUTHORIZATION, "localsubjectaccessreviews", "LocalSubjectAccessReview", namespaced=True),
    review(_AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    review(_AUTHORIZATION, "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    review(_AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview"),
)
