"""What is wrong with a cluster on purpose.

Whoever keeps the playground writes ``faults.json`` into the cluster's folder and sends SIGHUP; a cluster that starts
looks there too, so that what is cut stays cut through a restart. ``faults.applied`` is a copy of what the cluster goes
by, for whoever wants to wait until it does::

    {"links": [{"places": ["127.18.4.2", "127.0.0.1:17286"], "cut": true, "delay": 0.2}], "clock": 3600}

`clock` is how many seconds the cluster's clock goes ahead of the machine's.

No file: nothing is wrong.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

import orjson

from liqolab.apimachinery import clock
from liqolab.kube.config import write_private
from liqolab.kube.node.beyond import Beyond, Link

FILE: Final = "faults.json"
APPLIED: Final = "faults.applied"

_log = logging.getLogger(__name__)


def apply(folder: Path, beyond: Beyond) -> None:
    """Go by what the folder says now; what cannot be read changes nothing, and the log says so."""
    try:
        content = (folder / FILE).read_bytes()
    except FileNotFoundError:
        content = b"{}"
    try:
        document: dict[str, Any] = orjson.loads(content)
        links = [_link(row) for row in document.get("links") or ()]
        ahead = float(document.get("clock") or 0.0)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        _log.error("%s is not understood: %s", folder / FILE, error)
        return
    beyond.change(links)
    clock.set_ahead(ahead)
    write_private(folder / APPLIED, content)


def _link(row: dict[str, Any]) -> Link:
    return Link(frozenset(map(str, row["places"])), bool(row.get("cut")), float(row.get("delay") or 0.0))
