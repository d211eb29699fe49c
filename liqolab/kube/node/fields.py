"""What the downward API tells a container: fields of its pod, and its resources."""

from __future__ import annotations

import re
from collections.abc import Mapping

from liqolab.apimachinery import meta
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object

_SUBSCRIPT = re.compile(r"^metadata\.(labels|annotations)\['(.*)'\]$")


def hostname_of(pod: Object) -> str:
    """What a pod is called inside of it: in the node's network as the node, whatever its spec says."""
    spec = pod["spec"]
    if spec.get("hostNetwork") and spec.get("nodeName"):
        return str(spec["nodeName"])
    return str(spec.get("hostname") or meta.name(pod)[:63])


def pod_field(pod: Object, path: str, addresses: Mapping[str, str]) -> str:
    """The value of ``fieldRef.fieldPath``.

    Args:
        pod: the pod.
        path: for instance ``metadata.labels['app']`` or ``status.podIP``.
        addresses: ``status.podIP`` and ``status.hostIP``, which the pod's own status may not have yet.
    """
    subscript = _SUBSCRIPT.match(path)
    if subscript:
        return str((pod["metadata"].get(subscript[1]) or {}).get(subscript[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        rows = pod["metadata"].get(path.partition(".")[2]) or {}
        return "\n".join(f'{key}="{_escaped(value)}"' for key, value in sorted(rows.items()))
    if path in addresses:
        return addresses[path]
    found = meta.get_path(pod, *path.split("."), default="")
    return str(found)


def resource_field(container: Object, reference: Object, allocatable: Mapping[str, str]) -> str:
    """The value of ``resourceFieldRef``: what the container asks for, in units of the divisor, rounded up.

    A limit that is not set is what the node has.
    """
    kind, _, resource = str(reference["resource"]).partition(".")
    resources = container.get("resources") or {}
    value = (resources.get(kind) or {}).get(resource)
    if value is None:
        value = allocatable.get(resource, "0") if kind == "limits" else "0"
    divisor = Quantity.parse(str(reference.get("divisor") or "1"))
    if divisor.value() == 0 or str(divisor) == "0":
        divisor = Quantity.parse("1")
    amount = Quantity.parse(str(value))
    if resource == "cpu":
        return str(-(-amount.millis() // divisor.millis()))
    return str(-(-amount.value() // divisor.value()))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
