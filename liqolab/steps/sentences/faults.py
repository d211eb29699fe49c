"""Sentences that break clusters and the links between them, and mend them.

What a scenario breaks is mended at its end, and what it has mended itself by then is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from liqolab.playground.chaos import Chaos
from liqolab.playground.errors import PlaygroundError
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.registry import then, when
from liqolab.steps.timing import seconds
from liqolab.steps.transport import UnreachableError
from liqolab.steps.undo import Undo

_DIRECTIONS = {"ahead": 1, "back": -1, "avanti": 1, "indietro": -1}

Breaking = Callable[[Chaos], Coroutine[Any, Any, None]]


@when("cluster {cluster} is killed")
def kill(lab: Lab, cluster: str) -> None:
    """End all that runs of the cluster at once, as a power cut does; what it had acknowledged is kept."""
    _break(lab, cluster, lambda chaos: chaos.kill(cluster))


@when("cluster {cluster} is paused")
def pause(lab: Lab, cluster: str) -> None:
    """Freeze the cluster: it answers nobody, and connections to it stay open."""
    _break(lab, cluster, lambda chaos: chaos.pause(cluster))


@when("the link between {cluster} and {other} is cut")
def cut(lab: Lab, cluster: str, other: str) -> None:
    """Let nothing pass between the two clusters; both are still reached from outside."""
    _break(lab, _link(cluster, other), lambda chaos: chaos.cut(_link(cluster, other)))


@when("the link between {cluster} and {other} is slowed down by {delay:duration}")
def slow_down(lab: Lab, cluster: str, other: str, delay: str) -> None:
    """Have every round trip between the two clusters take that much longer."""
    _break(lab, _link(cluster, other), lambda chaos: chaos.slow(_link(cluster, other), seconds(delay)))


@when("the clock of cluster {cluster} jumps {direction:word} by {length:duration}")
def clock(lab: Lab, cluster: str, direction: str, length: str) -> None:
    """Have the cluster's clock go that much ahead of this machine's; behind it, with `back` in the place of `ahead`."""
    if direction not in _DIRECTIONS:
        raise CheckFailedError(f"a clock jumps ahead or back, not {direction}")
    _break(lab, cluster, lambda chaos: chaos.clock(cluster, _DIRECTIONS[direction] * seconds(length)))


@when("cluster {cluster} is healed")
def heal_cluster(lab: Lab, cluster: str) -> None:
    """Have the cluster run again, with all that it held; nothing happens where it does."""
    _try(lab, lambda chaos: chaos.heal(cluster))


@when("the link between {cluster} and {other} is healed")
def heal_link(lab: Lab, cluster: str, other: str) -> None:
    """Have the link as it should be; what is open over a slow one ends."""
    _try(lab, lambda chaos: chaos.heal(_link(cluster, other)))


@when("everything is healed")
def heal_everything(lab: Lab) -> None:
    """Have every cluster run and every link as it should be."""
    _try(lab, lambda chaos: chaos.heal_all())


@then("cluster {cluster} is not reachable", negative=True)
def cluster_is_not_reachable(lab: Lab, cluster: str) -> None:
    """Holds when the cluster's API server does not answer now."""
    try:
        lab.cluster(cluster).get("namespace", "kube-system")
    except UnreachableError:
        return
    raise CheckFailedError(f'cluster "{cluster}" answers')


def _link(cluster: str, other: str) -> str:
    return f"{cluster}:{other}"


def _break(lab: Lab, where: str, act: Breaking) -> None:
    # Taken back even if it fails halfway.
    lab.undo.append(Undo(f"heal {where}", lambda: _try(lab, lambda chaos: chaos.heal(where))))
    _try(lab, act)


def _try(lab: Lab, act: Callable[[Chaos], Coroutine[Any, Any, object]]) -> None:
    if lab.playground is None:
        raise CheckFailedError("nothing is broken here on purpose: the clusters are not those of a playground")
    try:
        lab.wait_for(act(Chaos(lab.playground)))
    except PlaygroundError as error:
        raise CheckFailedError(error.told()) from None
