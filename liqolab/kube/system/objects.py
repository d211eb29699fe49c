"""The objects of the API server itself: the namespaces that every cluster has, how it recognises its users, the network
of its services, and the service ``kubernetes``.

The service is created where it is missing and then left alone, as a real API server does; of its Endpoints and its
EndpointSlice the addresses and ports are its own, and come back when somebody changes them.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Final

from liqolab.apimachinery import builtin
from liqolab.apimachinery.resources import Object
from liqolab.kube.config import SECURE_PORT, ClusterConfig
from liqolab.kube.endpoints import Endpoints
from liqolab.kube.kinds.strategies.service_networks import DEFAULT
from liqolab.kube.system.owned import Owned, with_fields

NAMESPACES: Final = ("default", "kube-system", "kube-public", "kube-node-lease")

_SERVICE: Final = "kubernetes"
_HOME: Final = "default"


def namespaces() -> list[Owned]:
    """The system's namespaces."""
    return [Owned(builtin.NAMESPACES, builtin.NAMESPACES.manifest(name)) for name in NAMESPACES]


def authentication(authority: str) -> Owned:
    """How to recognise this server's users, for servers of further APIs: the authority of client certificates, as PEM.

    Nobody is believed because of a request's headers, so nothing is said about them.
    """
    name, data = "extension-apiserver-authentication", {"client-ca-file": authority}
    return Owned(builtin.CONFIG_MAPS, builtin.CONFIG_MAPS.manifest(name, "kube-system", data=data), with_fields("data"))


def own_network(config: ClusterConfig) -> Owned:
    """The network that services get their addresses from, unless somebody adds others."""
    cidr = str(IPv4Network(config.service_cidr, strict=False))
    return Owned(builtin.SERVICE_CIDRS, builtin.SERVICE_CIDRS.manifest(DEFAULT, spec={"cidrs": [cidr]}))


def own_service(config: ClusterConfig, listening: Endpoints) -> list[Owned]:
    """The API server's service, and where it leads."""
    port = SECURE_PORT if listening.own_node_address else listening.port
    address = listening.node_address
    ports = [{"name": "https", "port": port, "protocol": "TCP"}]
    return [
        Owned(builtin.SERVICES, _service(config.service_address, port)),
        Owned(
            builtin.ENDPOINTS,
            builtin.ENDPOINTS.manifest(
                _SERVICE,
                _HOME,
                labels={"endpointslice.kubernetes.io/skip-mirror": "true"},
                subsets=[{"addresses": [{"ip": address}], "ports": ports}],
            ),
            with_fields("subsets"),
        ),
        Owned(
            builtin.ENDPOINT_SLICES,
            builtin.ENDPOINT_SLICES.manifest(
                _SERVICE,
                _HOME,
                labels={"kubernetes.io/service-name": _SERVICE},
                addressType="IPv4",
                endpoints=[{"addresses": [address], "conditions": {"ready": True}}],
                ports=ports,
            ),
            with_fields("endpoints", "ports"),
        ),
    ]


def _service(address: str, port: int) -> Object:
    spec = {
        "clusterIP": address,
        "clusterIPs": [address],
        "ipFamilyPolicy": "SingleStack",
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
    }
    labels = {"component": "apiserver", "provider": "kubernetes"}
    return builtin.SERVICES.manifest(_SERVICE, _HOME, labels=labels, spec=spec)
