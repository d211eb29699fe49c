"""Whose texts the Liqo of a playground uses: the seed tutorial's, or release 0.5.4's.

The tutorial and the release disagree about a few texts and one field (see ``docs/reference/liqo.md``). The choice is
made here and nowhere else; it reaches whatever installs Liqo as a variable of the lab's shell.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.upstream import LIQOCTL_VARIABLE, UPSTREAM, WORDINGS

DIALECT_VARIABLE: Final = "LIQO_DIALECT"
SEED, RELEASE = "seed", "release"
DIALECTS: Final = (SEED, RELEASE)


def implied(liqo: str) -> str:
    """The dialect of somebody's Liqo where nobody says which."""
    return RELEASE if liqo == UPSTREAM else SEED


def resolve(named: str | None, liqo: str, environ: Mapping[str, str] = os.environ) -> str:
    """What the command line, else the environment asks for; where upstream's programs are meant, what they speak.

    Args:
        named: on the command line, or in the topology; None or empty for nothing.
        liqo: whose Liqo it is.
        environ: where the variables are looked up.

    Raises:
        PlaygroundError: there is no such dialect, or that Liqo does not speak it.
    """
    dialect = named or environ.get(DIALECT_VARIABLE) or ""
    source = "" if named else f" ({DIALECT_VARIABLE})"
    if dialect and dialect not in DIALECTS:
        raise PlaygroundError(f'there is no dialect "{dialect}"{source}', f"known: {', '.join(DIALECTS)}")
    if liqo == UPSTREAM and dialect == SEED:
        raise PlaygroundError(
            f"upstream's Liqo speaks the dialect {RELEASE}, not {SEED}{source}", "leave the dialect out"
        )
    if not dialect and environ.get(LIQOCTL_VARIABLE):
        # Upstream's liqoctl waits for a field that only the release's dialect has.
        return RELEASE
    return dialect or implied(liqo)


def wordings(dialect: str) -> Mapping[str, str]:
    """What checks expect, in the seed's words → what it is in a dialect."""
    return WORDINGS if dialect == RELEASE else {}
