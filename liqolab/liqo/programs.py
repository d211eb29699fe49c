"""Which program stands behind which image: the mapping that the entry point group ``liqolab.programs`` publishes.

Functions are named, not imported, so that a node pays only for the programs that it starts.
"""

from __future__ import annotations

from typing import Final

from liqolab.liqo.gen05 import images

PROGRAMS: Final[dict[str, str]] = {
    images.AUTH: "liqolab.liqo.auth.program:run",
    images.CONTROLLER_MANAGER: "liqolab.liqo.manager:run",
    images.CRD_REPLICATOR: "liqolab.liqo.replicator.program:run",
    images.LIQONET: "liqolab.liqo.network.program:run",
    images.METRIC_AGENT: "liqolab.liqo.metricagent:run",
    images.PROXY: "liqolab.liqo.proxy:run",
    images.VIRTUAL_KUBELET: "liqolab.liqo.virtualkubelet.program:run",
}
"""Image repository without tag → ``package.module:function``; see `liqolab.program.Program`."""
