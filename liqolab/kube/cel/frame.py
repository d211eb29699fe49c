"""What a running expression knows, and the form of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from liqolab.kube.cel.budget import Meter


class Frame:
    """The variables of an evaluation, and what it has cost."""

    __slots__ = ("meter", "variables")

    def __init__(self, variables: Mapping[str, Any], meter: Meter) -> None:
        self.variables = dict(variables)
        self.meter = meter


Step = Callable[[Frame], Any]
