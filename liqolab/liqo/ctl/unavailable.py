"""Commands of upstream that this implementation does not have: they say so, and what to use instead."""

from __future__ import annotations

from typing import Final

from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.gen05.messages import NOT_AVAILABLE

_INSTEAD: Final = {
    "in-band": 'use "out-of-band", which needs the authentication service of the other cluster to be reachable',
}
_PROVIDER: Final = 'give the networks yourself: "{program} install --pod-cidr CIDR --service-cidr CIDR"'


def run(invocation: Invocation) -> int:
    """Print why not; always 1."""
    name = invocation.command.name
    what = " ".join(command.name for command in invocation.path[1:])
    instead = _INSTEAD.get(name, _PROVIDER).format(program=invocation.program)
    invocation.printer.error(NOT_AVAILABLE.format(what=f'"{what}"', instead=instead))
    return 1
