"""``version``: of this program, and of Liqo in the cluster as its release record says."""

from __future__ import annotations

from collections.abc import Awaitable

from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.gen05 import images, messages


def run(invocation: Invocation) -> int | Awaitable[int]:
    invocation.printer.line(messages.VERSION_CLIENT.format(version=images.VERSION))
    return 0 if invocation.option("client") else _server(invocation)


async def _server(invocation: Invocation) -> int:
    from liqolab.liqo.ctl.failures import explain
    from liqolab.liqo.ctl.releases import read_release
    from liqolab.liqo.ctl.session import Session

    failure = messages.VERSION_FAILED.format(namespace=invocation.namespace)
    async with Session(invocation) as session:
        try:
            release = await read_release(session, invocation.namespace)
        except Exception as error:  # whatever it was, this command has one way to say it
            invocation.printer.error(failure + explain(error))
            return 1
    if release is None:
        invocation.printer.error(failure + messages.RELEASE_NOT_FOUND)
        return 1
    version = release["chart"]["metadata"].get("appVersion") or release["chart"]["metadata"].get("version", "")
    invocation.printer.line(messages.VERSION_SERVER.format(version=version))
    return 0
