"""Which program stands behind which image: what entry points of ``liqolab.programs`` and ``liqolab.images`` publish.

Functions are named, not imported, so that a node pays only for the programs that it starts.
"""

from __future__ import annotations

from typing import Final

from liqolab.liqo.gen05 import images

_PROGRAMS: Final = {
    images.AUTH: "liqolab.liqo.auth.program:run",
    images.CONTROLLER_MANAGER: "liqolab.liqo.manager:run",
    images.CRD_REPLICATOR: "liqolab.liqo.replicator.program:run",
    images.LIQONET: "liqolab.liqo.network.program:run",
    images.METRIC_AGENT: "liqolab.liqo.metricagent:run",
    images.PROXY: "liqolab.liqo.proxy:run",
    images.VIRTUAL_KUBELET: "liqolab.liqo.virtualkubelet.program:run",
}

PROGRAMS: Final[dict[str, str]] = {
    f"{repository}/{image}": where
    for repository in (images.REPOSITORY, images.UPSTREAM_REPOSITORY)
    for image, where in _PROGRAMS.items()
} | {
    f"{images.UPSTREAM_REPOSITORY}/{images.CERT_CREATOR}": "liqolab.liqo.certcreator:run",
    f"{images.UPSTREAM_REPOSITORY}/{images.UNINSTALLER}": "liqolab.liqo.uninstaller:run",
}
"""Image repository without tag → ``package.module:function``; see `liqolab.program.Program`. On embedded nodes
upstream's names lead here too: clusters and snapshots that were made when this Liqo had no names of its own go on
running, and upstream's chart, with jobs and init containers that our own does not need, can be installed.
"""

IMAGES: Final[dict[str, str]] = {images.reference(image): where for image, where in _PROGRAMS.items()}
"""The images that real nodes need → ``package.module:function``; see `liqolab.program.IMAGES_GROUP`."""
