"""All cases, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.refusals import changes, configuration, networking, odd, pods, security, workloads
from tests.kinds.refusals.play import Case

CASES: Mapping[str, Case] = {
    f"{module.__name__.rpartition('.')[2]}: {name}": case
    for module in (pods, workloads, networking, configuration, changes, odd, security)
    for name, case in module.CASES.items()
}
