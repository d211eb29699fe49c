"""Program cert-creator, the init container of upstream's chart, which makes certificates for the containers after it.

Programs of this project make their own when they start, so there is nothing to do, and the log says so.
"""

from __future__ import annotations

from liqolab.program import Container


async def run(container: Container) -> None:
    """End well."""
    container.log("nothing is written: the programs of this lab make their own certificates when they start")
