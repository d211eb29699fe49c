"""How sentences get clusters: the seam between the vocabulary and whoever provides a playground.

The vocabulary only asks. A runner or a plugin gives its lab a `Provision` that creates clusters or finds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Provision(Protocol):
    """Brings about the clusters that a feature asks for; what is there already is left as it is.

    Every method raises `CheckFailedError` with a text for people when that cannot be done.
    """

    def from_scenario(self, name: str) -> Sequence[str]:
        """The clusters of the lesson of that name, with Liqo on them as it says; their names, as declared there."""
        ...

    def with_clusters(self, labels: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        """Clusters by name, each with the labels under which Liqo presents it to its peers; Liqo is not installed."""
        ...

    def install_liqo(self, cluster: str) -> None:
        """Liqo on one cluster, ready when this returns; nothing happens where it is installed."""
        ...
