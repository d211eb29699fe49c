"""``generate peer-command``: the one line that another cluster's administrator runs to peer with this cluster."""

from __future__ import annotations

import asyncio
import shlex
import sys

from liqolab.liqo.ctl.clusterinfo import auth_url, read_identity, read_token
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import explain
from liqolab.liqo.ctl.releases import read_release
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.gen05 import messages


async def peer_command(invocation: Invocation) -> int:
    printer = invocation.printer
    if invocation.option("only-command"):
        async with Session(invocation) as session:
            try:
                command = await _command(session, invocation)
            except Exception as error:
                # Not on standard output, where upstream puts it: there a variable swallows it, and a pipe into bash
                # runs it.
                sys.stderr.write(f"{messages.GENERATE.failure}{explain(error)}\n")
                return 1
        printer.line(command)
        return 0
    async with Session(invocation) as session:
        with session.step(messages.GENERATE):
            command = await _command(session, invocation)
    printer.line(f"\n{messages.GENERATE_INTRODUCTION}\n\n{command}")
    return 0


async def _command(session: Session, invocation: Invocation) -> str:
    namespace = invocation.namespace
    identity, token, release = await asyncio.gather(
        read_identity(session, namespace), read_token(session, namespace), read_release(session, namespace)
    )
    url = await auth_url(session, namespace, (release or {}).get("config") or {})
    program = invocation.program if invocation.program.startswith("kubectl ") else shlex.quote(invocation.program)
    # It is made for a shell, often another administrator's; what is plain stays as it is.
    flags = ["--auth-url", url, "--cluster-id", identity.id, "--auth-token", token]
    return f"{program} {shlex.join(['peer', 'out-of-band', identity.name, *flags])}"
