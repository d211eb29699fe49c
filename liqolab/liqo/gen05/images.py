"""The images of Liqo 0.5.4: repositories, tag, and which process of an image a component runs."""

from __future__ import annotations

from typing import Final

VERSION: Final = "v0.5.4"
"""The release whose behaviour is followed; also the tag of every image."""

AUTH: Final = "liqo/auth-service"
CONTROLLER_MANAGER: Final = "liqo/liqo-controller-manager"
CRD_REPLICATOR: Final = "liqo/crd-replicator"
LIQONET: Final = "liqo/liqonet"
"""Gateway, route and network manager share it; ``--run-as`` tells which of them a container is."""
METRIC_AGENT: Final = "liqo/metric-agent"
PROXY: Final = "liqo/proxy"
VIRTUAL_KUBELET: Final = "liqo/virtual-kubelet"

RUN_AS_GATEWAY: Final = "liqo-gateway"
RUN_AS_ROUTE: Final = "liqo-route"
RUN_AS_NETWORK_MANAGER: Final = "liqo-network-manager"


def tagged(repository: str, version: str = VERSION) -> str:
    """The image reference of a pod spec: ``liqo/proxy:v0.5.4``."""
    return f"{repository}:{version}"
