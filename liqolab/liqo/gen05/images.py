"""The images of this Liqo: names, tag, and which process of an image a component runs.

They have a repository of their own. What is called ``liqo/…`` anywhere in the world is upstream's, takes other
arguments and would be pulled by a node that has never heard of this project.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = "v0.5.4"
"""The release whose behaviour is followed; also the tag of every image."""

REPOSITORY: Final = "liqolab"
"""What the names of all images begin with, unless the chart's ``image.repository`` says otherwise."""
UPSTREAM_REPOSITORY: Final = "liqo"

AUTH: Final = "auth-service"
CONTROLLER_MANAGER: Final = "liqo-controller-manager"
CRD_REPLICATOR: Final = "crd-replicator"
LIQONET: Final = "liqonet"
"""Gateway, route and network manager share it; ``--run-as`` tells which of them a container is."""
METRIC_AGENT: Final = "metric-agent"
PROXY: Final = "proxy"
VIRTUAL_KUBELET: Final = "virtual-kubelet"
CERT_CREATOR: Final = "cert-creator"
UNINSTALLER: Final = "uninstaller"
"""Only upstream's chart has the last two: see `liqolab.liqo.gen05.chart`."""

RUN_AS_GATEWAY: Final = "liqo-gateway"
RUN_AS_ROUTE: Final = "liqo-route"
RUN_AS_NETWORK_MANAGER: Final = "liqo-network-manager"


def reference(image: str, repository: str = REPOSITORY, version: str = VERSION) -> str:
    """The image as a pod spec has it: ``liqolab/proxy:v0.5.4``."""
    return f"{repository}/{image}:{version}"
