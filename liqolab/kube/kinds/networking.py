"""networking.k8s.io/v1 and discovery.k8s.io/v1: ingresses, network policies, networks and addresses of
services, endpoint slices.
"""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.kube.kinds.declaring import kind
from liqolab.kube.kinds.printers import network as printers
from liqolab.kube.kinds.strategies import networking as strategies
from liqolab.kube.kinds.strategies import service_networks
from liqolab.kube.kinds.strategies.endpoint_slices import ENDPOINT_SLICE

_GROUP = "networking.k8s.io"

NETWORKING = (
    kind(
        resources.IP_ADDRESSES,
        short=("ip",),
        strategy=service_networks.IP_ADDRESS,
        printer=printers.IP_ADDRESS,
    ),
    kind(
        resources.SERVICE_CIDRS,
        has_status=True,
        strategy=service_networks.SERVICE_CIDR,
        printer=printers.SERVICE_CIDR,
    ),
    kind(
        resources.INGRESS_CLASSES,
        strategy=strategies.INGRESS_CLASS,
        printer=printers.INGRESS_CLASS,
    ),
    kind(
        resources.INGRESSES,
        short=("ing",),
        has_status=True,
        strategy=strategies.INGRESS,
        printer=printers.INGRESS,
    ),
    kind(
        resources.NETWORK_POLICIES,
        short=("netpol",),
        strategy=strategies.NETWORK_POLICY,
        printer=printers.NETWORK_POLICY,
    ),
)

DISCOVERY = (
    kind(
        resources.ENDPOINT_SLICES,
        strategy=ENDPOINT_SLICE,
        printer=printers.ENDPOINT_SLICE,
    ),
)
