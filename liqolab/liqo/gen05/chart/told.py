"""What each component is told: what upstream's chart says, in its order, then what only our program asks for."""

from __future__ import annotations

from typing import Final

from liqolab.liqo.gen05 import images, names
from liqolab.liqo.gen05.chart.arguments import Arguments

_CLUSTER_ID: Final = f"--cluster-id=$({names.CLUSTER_ID_KEY})"
_MTU: Final = names.TUNNEL_MTU


def told(component: str, arguments: Arguments) -> list[str]:
    """The arguments of a component of an installation."""
    found = _TOLD.get(component)
    said = found(arguments) if found else []
    # It passes its own on, to virtual kubelets.
    return arguments.to_args(*said) if component == names.CONTROLLER_MANAGER else said


def _auth(arguments: Arguments) -> list[str]:
    address = arguments.advertise_api_server_address
    return [
        _CLUSTER_ID,
        f"--cluster-name={arguments.cluster_name}",
        "--namespace=$(POD_NAMESPACE)",
        f"--address=:{names.AUTH_TLS_PORT}",
        "--enable-tls",
        f"--enable-authentication={_text(arguments.enable_authentication)}",
        *([f"--advertise-api-server-address={address}"] if address else []),
    ]


def _controller_manager(arguments: Arguments) -> list[str]:
    override = arguments.advertise_auth_address
    labels = ",".join(f"{key}={value}" for key, value in sorted(arguments.cluster_labels.items()))
    storage = (
        f"--virtual-storage-class-name={arguments.virtual_storage_class_name}",
        f"--real-storage-class-name={arguments.real_storage_class_name}",
        f"--storage-namespace={arguments.storage_namespace}",
    )
    return [
        _CLUSTER_ID,
        f"--cluster-name={arguments.cluster_name}",
        "--liqo-namespace=$(POD_NAMESPACE)",
        f"--enable-incoming-peering={_text(arguments.enable_incoming_peering)}",
        f"--resource-sharing-percentage={arguments.resource_sharing_percentage}",
        f"--kubelet-image={arguments.kubelet_image}",
        f"--auto-join-discovered-clusters={_text(arguments.auto_join)}",
        f"--enable-storage={_text(arguments.enable_storage)}",
        f"--webhook-port={arguments.webhook_port}",
        *(storage if arguments.enable_storage else ()),
        *([f"--auth-service-address-override={override}"] if override else []),
        *([f"--cluster-labels={labels}"] if labels else []),
        *(["--enable-leader-election=true"] if arguments.enable_leader_election else []),
    ]


def _crd_replicator(_: Arguments) -> list[str]:
    return [_CLUSTER_ID, f"--cluster-name=$({names.CLUSTER_NAME_KEY})"]


def _gateway(arguments: Arguments) -> list[str]:
    return [
        f"--run-as={images.RUN_AS_GATEWAY}",
        "--gateway.leader-elect=true",
        f"--gateway.mtu={_MTU}",
        f"--gateway.listening-port={arguments.gateway_port}",
        _CLUSTER_ID,
    ]


def _network_manager(arguments: Arguments) -> list[str]:
    reserved, additional = ",".join(arguments.reserved_subnets), ",".join(arguments.additional_pools)
    return [
        f"--run-as={images.RUN_AS_NETWORK_MANAGER}",
        f"--manager.pod-cidr={arguments.pod_cidr}",
        f"--manager.service-cidr={arguments.service_cidr}",
        *([f"--manager.reserved-pools={reserved}"] if reserved else []),
        *([f"--manager.additional-pools={additional}"] if additional else []),
    ]


def _route(_: Arguments) -> list[str]:
    return [f"--run-as={images.RUN_AS_ROUTE}", f"--route.vxlan-mtu={_MTU}"]


_TOLD: Final = {
    names.AUTH: _auth,
    names.CONTROLLER_MANAGER: _controller_manager,
    names.CRD_REPLICATOR: _crd_replicator,
    names.GATEWAY: _gateway,
    names.NETWORK_MANAGER: _network_manager,
    names.ROUTE: _route,
}


def _text(value: bool) -> str:
    return str(value).lower()
