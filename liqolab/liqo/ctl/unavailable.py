"""Commands of upstream that this implementation does not have: they say so, and what to use instead."""

from __future__ import annotations

from typing import Final

from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.gen05.messages import NOT_AVAILABLE

_INSTEAD: Final = 'give the networks yourself: "{program} install --pod-cidr CIDR --service-cidr CIDR"'


def run(invocation: Invocation) -> int:
    """Print why not; always 1."""
    what = " ".join(command.name for command in invocation.path[1:])
    instead = _INSTEAD.format(program=invocation.program)
    invocation.printer.error(NOT_AVAILABLE.format(what=f'"{what}"', instead=instead))
    return 1
