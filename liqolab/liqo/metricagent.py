"""Program liqo-metric-agent, where peers would scrape what their pods use: it answers health checks, and says honestly
that there is nothing to measure, because simulated containers use no resources.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from liqolab.controller.dialing import serving
from liqolab.liqo.gen05 import names
from liqolab.liqo.identity.certificates import self_signed_server_tls
from liqolab.program import Container

_HEALTH_PATHS = frozenset(("/healthz", "/livez", "/readyz"))
_NOTHING = "# The containers of this cluster are simulated: there is no usage to report.\n"


async def run(container: Container) -> None:
    """Serve until cancelled."""
    tls = self_signed_server_tls(names.METRIC_AGENT)
    async with serving(container.network, names.METRICS_PORT, _answer, tls):
        container.log(f"serving on port {names.METRICS_PORT}")
        container.ready.set()
        await asyncio.Event().wait()


async def _answer(request: web.BaseRequest) -> web.StreamResponse:
    if request.path in _HEALTH_PATHS:
        return web.Response(text="ok")
    if request.path.startswith("/metrics"):
        return web.Response(text=_NOTHING)
    return web.Response(status=404, text="404 page not found\n")
