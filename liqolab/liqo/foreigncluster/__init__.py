"""The ForeignCluster controller: what turns a peer's entry into a peering, and says so in its status.

``install(manager, arguments, dial=...)`` adds it to the controller manager: `arguments` are the component's own
(`liqolab.liqo.gen05.chart.arguments.Arguments`), `dial` opens connections to peers' authentication services.
"""

from __future__ import annotations

from liqolab.liqo.foreigncluster.controller import install

__all__ = ["install"]
