"""Families of a service's addresses: the clusters here have one, IPv4, and services without addresses may have both.

Rules and texts follow ``pkg/registry/core/service/storage/alloc.go`` of 1.34.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import invalid_value
from liqolab.kube.kinds.validation.services import HEADLESS

SERVED: Final = "IPv4"
_OTHER: Final = {"IPv4": "IPv6", "IPv6": "IPv4"}


def settle_families(spec: Object) -> list[FieldError]:
    """Fill ``ipFamilies`` and ``ipFamilyPolicy`` of a service with a cluster address, or say what this cluster lacks.

    A headless service without selector promises no address, and so it gets both families unless it says otherwise.
    """
    if spec.get("clusterIP") == HEADLESS and not spec.get("selector"):
        policy = spec.setdefault("ipFamilyPolicy", "RequireDualStack")
        families = spec.get("ipFamilies") or [SERVED]
        several = policy != "SingleStack" and len(families) == 1
        spec["ipFamilies"] = [*families, _OTHER.get(families[0], SERVED)] if several else families
        return []
    if spec.get("ipFamilyPolicy") == "RequireDualStack":
        text = "this cluster is not configured for dual-stack services"
        return [invalid_value("spec.ipFamilyPolicy", "RequireDualStack", text)]
    wanted = spec.get("ipFamilies") or [SERVED]
    errors = [
        invalid_value(f"spec.ipFamilies[{index}]", family, "not configured on this cluster")
        for index, family in enumerate(wanted)
        if family != SERVED and family in _OTHER
    ]
    spec["ipFamilies"] = wanted
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    return errors
