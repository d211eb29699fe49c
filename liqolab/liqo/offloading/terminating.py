"""Recognises that a namespace is on its way out: not a failure for those who fill it, only the end of their work."""

from __future__ import annotations

from liqolab.apimachinery.errors import ApiError

_CAUSE = "NamespaceTerminating"


def namespace_is_terminating(error: ApiError) -> bool:
    """Whether a create was refused because its namespace is being deleted."""
    causes = (error.status.get("details") or {}).get("causes") or ()
    return error.code == 403 and any(cause.get("reason") == _CAUSE for cause in causes)
