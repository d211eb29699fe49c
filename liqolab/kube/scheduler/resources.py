"""How much of a node a pod asks for.

Quantities are whole numbers here: thousandths of a core for ``cpu``, units (bytes, devices) for everything else, as
kube-scheduler counts them; a request that does not parse was refused by the API server long before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object

Amounts = dict[str, int]
"""Resource name → amount."""

CPU = "cpu"
MEMORY = "memory"
EPHEMERAL_STORAGE = "ephemeral-storage"
PODS = "pods"

DEFAULT_REQUESTS: Mapping[str, int] = {CPU: 100, MEMORY: 200 * 1024 * 1024}
"""What a container without requests counts for when nodes are scored (never when they are filtered)."""


@lru_cache(maxsize=1024)
def amount(resource: str, text: str) -> int:
    """A quantity as the number that the scheduler calculates with."""
    quantity = Quantity.parse(text)
    return quantity.millis() if resource == CPU else quantity.value()


def amounts(quantities: Mapping[str, str] | None) -> Amounts:
    """A ResourceList as numbers."""
    return {name: amount(name, str(text)) for name, text in (quantities or {}).items()}


def pod_requests(pod: Object, *, defaults: Mapping[str, int] | None = None) -> Amounts:
    """What a pod needs at its hungriest moment: all containers at once, or the largest step of initialisation.

    Init containers run one after another beside the sidecars (restartPolicy Always) started before them.

    Args:
        pod: the pod; requests have been defaulted from limits by the API server.
        defaults: amounts that a container without a request counts for.
    """
    spec = pod["spec"]
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _container_requests(container, defaults))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        wanted = _container_requests(container, defaults)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, wanted)
            step = dict(sidecars)
        else:
            step = _sum((sidecars, wanted))
        _raise(peak, step)
    _add(total, sidecars)
    _raise(total, peak)
    _add(total, amounts(spec.get("overhead")))
    return total


def _container_requests(container: Object, defaults: Mapping[str, int] | None) -> Amounts:
    resources = container.get("resources") or {}
    wanted = amounts(resources.get("limits")) | amounts(resources.get("requests"))
    for name, value in (defaults or {}).items():
        wanted.setdefault(name, value)
    return wanted


def _add(total: Amounts, more: Mapping[str, int]) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value


def _raise(total: Amounts, floor: Mapping[str, int]) -> None:
    for name, value in floor.items():
        total[name] = max(total.get(name, 0), value)


def _sum(parts: Iterable[Mapping[str, int]]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        _add(total, part)
    return total
