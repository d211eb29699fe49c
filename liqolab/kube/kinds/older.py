"""Versions of kinds that Kubernetes served once: a cluster that shows an older version of itself serves them as well.

One table says from when to when, as the lifecycle in ``k8s.io/api`` does. An older version is another view of the
objects of the newest: nearly always only ``apiVersion`` differs; where the fields do, `older_shapes` converts them.

What went out of service before 1.22 and has other fields (Ingress v1beta1, CustomResourceDefinition v1beta1, webhooks,
signing requests), and PodSecurityPolicy, which nothing took the place of, are not served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds import older_shapes as shapes
from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.kinds.older_shapes import Shape, ValidatedAsStored
from liqolab.kube.kinds.spec import KindSpec, Printer


@dataclass(frozen=True, slots=True)
class Older:
    """An older version of a kind.

    Attributes:
        version: what stands in its URL in place of the newest one's.
        of: group and plural of the kind, as RBAC names it.
        since, deprecated, until: minor versions; the last is the first that does not serve it.
        instead: ``group/version`` that the warning recommends; empty for none.
        shape: how its fields differ.
    """

    version: str
    of: str
    since: int
    deprecated: int
    until: int
    instead: str = ""
    shape: Shape | None = None


_RBAC: Final = "rbac.authorization.k8s.io"
_FLOW: Final = "flowcontrol.apiserver.k8s.io"
_STORAGE: Final = "storage.k8s.io"

TABLE: Final = (
    Older("v2beta1", "horizontalpodautoscalers.autoscaling", 8, 22, 25, "autoscaling/v2", shapes.AUTOSCALER),
    Older("v2beta2", "horizontalpodautoscalers.autoscaling", 12, 23, 26, "autoscaling/v2"),
    Older("v1beta1", "cronjobs.batch", 8, 21, 25, "batch/v1"),
    Older("v1beta1", "endpointslices.discovery.k8s.io", 16, 21, 25, "discovery.k8s.io/v1", shapes.ENDPOINT_SLICE),
    Older("v1beta1", "events.events.k8s.io", 8, 22, 25, shape=shapes.EVENT),
    Older("v1beta1", f"flowschemas.{_FLOW}", 20, 23, 26, f"{_FLOW}/v1beta2"),
    Older("v1beta1", f"prioritylevelconfigurations.{_FLOW}", 20, 23, 26, f"{_FLOW}/v1beta2", shapes.PRIORITY_LEVEL),
    Older("v1beta2", f"flowschemas.{_FLOW}", 23, 26, 29, f"{_FLOW}/v1beta3"),
    Older("v1beta2", f"prioritylevelconfigurations.{_FLOW}", 23, 26, 29, f"{_FLOW}/v1beta3", shapes.PRIORITY_LEVEL),
    Older("v1beta3", f"flowschemas.{_FLOW}", 26, 29, 32, f"{_FLOW}/v1"),
    Older("v1beta3", f"prioritylevelconfigurations.{_FLOW}", 26, 29, 32, f"{_FLOW}/v1"),
    Older("v1beta1", "runtimeclasses.node.k8s.io", 13, 22, 25),
    Older("v1beta1", "poddisruptionbudgets.policy", 5, 21, 25, "policy/v1", shapes.DISRUPTION_BUDGET),
    Older("v1beta1", f"csistoragecapacities.{_STORAGE}", 21, 24, 27, f"{_STORAGE}/v1"),
    Older("v1beta1", "leases.coordination.k8s.io", 12, 19, 22, "coordination.k8s.io/v1"),
    Older("v1beta1", "ingressclasses.networking.k8s.io", 18, 19, 22, "networking.k8s.io/v1"),
    Older("v1beta1", "priorityclasses.scheduling.k8s.io", 11, 14, 22, "scheduling.k8s.io/v1"),
    *(Older("v1beta1", f"{plural}.{_RBAC}", 6, 17, 22, f"{_RBAC}/v1") for plural in ("clusterroles", "roles")),
    *(Older("v1beta1", f"{word}bindings.{_RBAC}", 6, 17, 22, f"{_RBAC}/v1") for word in ("clusterrole", "role")),
    Older("v1beta1", f"csidrivers.{_STORAGE}", 14, 19, 22, f"{_STORAGE}/v1"),
    Older("v1beta1", f"csinodes.{_STORAGE}", 14, 17, 22, f"{_STORAGE}/v1"),
    Older("v1beta1", f"storageclasses.{_STORAGE}", 4, 19, 22, f"{_STORAGE}/v1"),
    Older("v1beta1", f"volumeattachments.{_STORAGE}", 10, 19, 22, f"{_STORAGE}/v1"),
)


def kinds(version: str) -> tuple[KindSpec, ...]:
    """All that a cluster of this version (``v1.23.6``) serves; nobody is warned of what is yet to come."""
    minor = _minor(version)
    newest = (replace(spec, deprecation="") if minor < spec.deprecated else spec for spec in BUILTIN)
    return (*newest, *served(version))


def _minor(version: str) -> int:
    match = re.match(r"v?1\.(\d+)", version)
    return int(match[1]) if match else max(row.until for row in TABLE)


def served(version: str) -> Iterator[KindSpec]:
    """The older versions among them."""
    minor = _minor(version)
    newest: dict[str, KindSpec] = {}
    for spec in BUILTIN:
        newest.setdefault(spec.resource.group_resource, spec)
    for row in TABLE:
        if row.since <= minor < row.until:
            yield _spec(row, newest[row.of], minor)


def was_a_version(version: str, resource: Resource) -> bool:
    """Whether a kind had this older version, whoever serves it."""
    return any((row.version, row.of) == (version, resource.group_resource) for row in TABLE)


def _spec(row: Older, newest: KindSpec, minor: int) -> KindSpec:
    resource = replace(newest.resource, version=row.version)
    definition = f"{newest.definition.rpartition('.')[0].rpartition('.')[0]}.{row.version}.{resource.kind}"
    view = replace(
        newest,
        resource=resource,
        published=definition,
        storage=newest.storage or newest.resource,
        deprecation=_warning(row, newest) if minor >= row.deprecated else "",
    )
    return _shaped(view, row.shape, definition) if row.shape is not None else view


def _shaped(view: KindSpec, shape: Shape, definition: str) -> KindSpec:
    """The view with its fields converted on the way to the store and back."""

    def to_storage(obj: Object) -> Object:
        return shape.newer(obj, view.resource)

    def from_storage(obj: Object) -> Object:
        return shape.older(obj, view.resource)

    printer = view.printer
    if printer is not None and shape.other_fields:
        cells = printer.cells
        printer = Printer(printer.columns, lambda obj, now: cells(to_storage(obj), now), order=printer.order)
    return replace(
        view,
        definition=definition if shape.other_fields else view.definition,
        printer=printer,
        strategy=shape.strategy or ValidatedAsStored(view.strategy, to_storage),
        to_storage=to_storage,
        from_storage=from_storage,
    )


def _warning(row: Older, newest: KindSpec) -> str:
    group, kind = newest.resource.group, newest.resource.kind
    text = f"{group}/{row.version} {kind} is deprecated in v1.{row.deprecated}+, unavailable in v1.{row.until}+"
    return f"{text}; use {row.instead} {kind}" if row.instead else text
