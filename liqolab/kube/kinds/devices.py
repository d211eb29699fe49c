"""resource.k8s.io/v1: devices that pods ask for by class (dynamic resource allocation).

The objects are stored and checked. Nobody allocates: a driver on the nodes would have to publish devices first.
"""

from __future__ import annotations

from liqolab.apimachinery.resources import Resource
from liqolab.kube.kinds.declaring import fields_at, kind
from liqolab.kube.kinds.printers import devices as printers
from liqolab.kube.kinds.strategies import devices as strategies


def _resource(plural: str, kind_name: str, namespaced: bool) -> Resource:
    return Resource("resource.k8s.io", "v1", plural, kind_name, namespaced)


KINDS = (
    kind(
        _resource("deviceclasses", "DeviceClass", False),
        strategy=strategies.DEVICE_CLASS,
        printer=printers.NAME_AND_AGE,
    ),
    kind(
        _resource("resourceclaims", "ResourceClaim", True),
        has_status=True,
        strategy=strategies.RESOURCE_CLAIM,
        printer=printers.RESOURCE_CLAIM,
    ),
    kind(
        _resource("resourceclaimtemplates", "ResourceClaimTemplate", True),
        strategy=strategies.CLAIM_TEMPLATE,
        printer=printers.NAME_AND_AGE,
    ),
    kind(
        _resource("resourceslices", "ResourceSlice", False),
        strategy=strategies.RESOURCE_SLICE,
        printer=printers.RESOURCE_SLICE,
        selectable=fields_at("spec.nodeName", "spec.driver"),
        not_selectable="field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: {field}",
    ),
)
