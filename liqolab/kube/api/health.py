"""``/healthz``, ``/livez`` and ``/readyz``: the checks of a real server, by the names of what this one has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from liqolab.kube.api import answers

PATHS: Final = ("healthz", "livez", "readyz")
_HOOKS: Final = tuple(
    f"poststarthook/{name}"
    for name in (
        *("start-apiserver-admission-initializer", "generic-apiserver-start-informers"),
        *("priority-and-fairness-config-consumer", "priority-and-fairness-filter", "storage-object-count-tracker-hook"),
        *("start-apiextensions-informers", "start-apiextensions-controllers", "crd-informer-synced"),
        *("start-system-namespaces-controller", "start-cluster-authentication-info-controller"),
        "start-kube-apiserver-identity-lease-controller",
        "start-kube-apiserver-identity-lease-garbage-collector",
        *("start-legacy-token-tracking-controller", "start-service-ip-repair-controllers", "rbac/bootstrap-roles"),
        *("scheduling/bootstrap-system-priority-classes", "priority-and-fairness-config-producer"),
        *("bootstrap-controller", "start-kubernetes-service-cidr-controller", "aggregator-reload-proxy-client-cert"),
        *("start-kube-aggregator-informers", "apiservice-status-local-available-controller"),
        *("apiservice-status-remote-available-controller", "apiservice-registration-controller"),
        *("apiservice-discovery-controller", "kube-apiserver-autoregistration"),
    )
)
_LATE: Final = (
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
)
_BASE: Final = ("ping", "log", "etcd")
_CHECKS: Final = {
    "healthz": (*_BASE, *_HOOKS, *_LATE),
    "livez": (*_BASE, *_HOOKS, *_LATE),
    "readyz": (*_BASE, "etcd-readiness", "informer-sync", *_HOOKS, *_LATE, "shutdown"),
}


def answer(path: str, *, verbose: bool, excluded: Sequence[str]) -> web.Response:
    """The state of the server, which is well while it answers.

    Args:
        path: whole; a check of its own may be asked for by its name below one of `PATHS`.
        verbose: whether to list the checks.
        excluded: checks that are not looked at.
    """
    name, _, check = path[1:].partition("/")
    checks = _CHECKS[name]
    if "/" in path[1:]:
        return answers.text("ok") if check in checks else answers.no_page()
    lines = [f"[+]{row}{' excluded:' if row in excluded else ''} ok" for row in checks]
    unknown = sorted(set(excluded) - set(checks))
    if unknown:
        quoted = ",".join(f'"{row}"' for row in unknown)
        lines.append(f"warn: some health checks cannot be excluded: no matches for {quoted}")
    response = answers.text("\n".join([*lines, f"{name} check passed", ""]) if verbose else "ok")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def listed() -> list[str]:
    """Every path of health, as ``/`` lists them."""
    return [path for name in PATHS for path in (f"/{name}", *(f"/{name}/{check}" for check in _CHECKS[name]))]
