"""What a round of chaos does: decisions made by chance from a seed, as plain values that a file can hold.

A plan is made before anything runs, from a model of what would be there if all went well; so it depends on the seed and
nothing else, and a failure is replayed from the decisions themselves, whatever becomes of this generator.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

NAMES: Final = ("venice", "florence", "naples", "milan", "turin")
COMPONENTS: Final = (
    "controller-manager",
    "crd-replicator",
    "gateway",
    "network-manager",
    "auth",
    "virtual-kubelet",
)
_MOST_REPLICAS: Final = 4
_FAULTS_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Action:
    """One decision: what is done to whom, with what."""

    what: str
    whom: tuple[str, ...] = ()
    detail: str = ""

    def __str__(self) -> str:
        return " ".join((self.what, *self.whom, self.detail)).strip()


@dataclass(frozen=True, slots=True)
class Plan:
    """A round of chaos."""

    seed: int
    clusters: tuple[str, ...]
    actions: tuple[Action, ...]

    def save(self, path: Path) -> None:
        """Write the decisions, for `load`."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(path: Path) -> Plan:
    """The plan of a file that `Plan.save` wrote; lines of it may have been taken out by hand."""
    document = json.loads(path.read_text())
    actions = tuple(Action(each["what"], tuple(each["whom"]), each["detail"]) for each in document["actions"])
    return Plan(document["seed"], tuple(document["clusters"]), actions)


def decide(seed: int, *, clusters: int = 3, length: int = 10) -> Plan:
    """The plan of a seed; it begins with a peering and an offloaded namespace, so that there is something to break."""
    chance = random.Random(seed)
    model = Model(NAMES[:clusters], chance)
    actions = [action for action in (model.peer(), model.offload()) if action]
    while len(actions) < length:
        actions.append(model.next())
    return Plan(seed, model.clusters, tuple(actions))


@dataclass(slots=True)
class Model:
    """What would be there if all went well.

    Attributes:
        peerings: who uses whom.
        offloaded: whose namespace is offloaded.
        broken: clusters and links that are broken.
    """

    clusters: tuple[str, ...]
    chance: random.Random
    peerings: set[tuple[str, str]] = field(default_factory=set)
    offloaded: set[str] = field(default_factory=set)
    broken: set[tuple[str, ...]] = field(default_factory=set)

    def next(self) -> Action:
        """One more decision."""
        ways: list[Callable[[], Action | None]] = [self.rest, self.crash, self.crash, self.scale, self.scale]
        ways += [self.kill, self.pause, self.cut, self.heal, self.heal, self.evict]
        ways += [self.peer, self.peer, self.unpeer, self.offload, self.unoffload]
        while True:
            if action := self.chance.choice(ways)():
                return action

    def rest(self) -> Action:
        return Action("rest", detail=f"{self.chance.uniform(0.2, 3):.1f}")

    def crash(self) -> Action | None:
        if not (alive := self._alive()):
            return None
        return Action("crash", (self.chance.choice(alive),), self.chance.choice(COMPONENTS))

    def scale(self) -> Action | None:
        if not (homes := sorted(self.offloaded & set(self._alive()))):
            return None
        return Action("scale", (self.chance.choice(homes),), str(self.chance.randint(0, _MOST_REPLICAS)))

    def evict(self) -> Action | None:
        """Delete an offloaded pod at the provider."""
        if not (pairs := [pair for pair in sorted(self.peerings) if pair[0] in self.offloaded and self._whole(*pair)]):
            return None
        return Action("evict", self.chance.choice(pairs))

    def kill(self) -> Action | None:
        return self._break("kill", [(name,) for name in self._alive()])

    def pause(self) -> Action | None:
        return self._break("pause", [(name,) for name in self._alive()])

    def cut(self) -> Action | None:
        pairs = [(a, b) for a in self.clusters for b in self.clusters if a < b and (a, b) not in self.broken]
        return self._break("cut", pairs)

    def _break(self, what: str, candidates: Sequence[tuple[str, ...]]) -> Action | None:
        if not candidates or len(self.broken) >= _FAULTS_AT_ONCE:
            return None
        whom = self.chance.choice(candidates)
        self.broken.add(whom)
        return Action(what, whom)

    def heal(self) -> Action | None:
        if not self.broken:
            return None
        whom = self.chance.choice(sorted(self.broken))
        self.broken.remove(whom)
        return Action("heal", whom)

    def peer(self) -> Action | None:
        pairs = [(a, b) for a in self.clusters for b in self.clusters if a != b and (a, b) not in self.peerings]
        # Both have to answer whoever types; that they do not reach each other is a chance worth taking.
        pairs = [(a, b) for a, b in pairs if {a, b} <= set(self._alive())]
        if not pairs:
            return None
        pair = self.chance.choice(pairs)
        self.peerings.add(pair)
        return Action("peer", pair)

    def unpeer(self) -> Action | None:
        pairs = [pair for pair in sorted(self.peerings) if pair[0] in self._alive()]
        if not pairs:
            return None
        pair = self.chance.choice(pairs)
        self.peerings.remove(pair)
        return Action("unpeer", pair)

    def offload(self) -> Action | None:
        homes = sorted({home for home, _ in self.peerings if home in self._alive()} - self.offloaded)
        if not homes:
            return None
        home = self.chance.choice(homes)
        self.offloaded.add(home)
        return Action("offload", (home,), str(self.chance.randint(1, _MOST_REPLICAS)))

    def unoffload(self) -> Action | None:
        if not (homes := sorted(self.offloaded & set(self._alive()))):
            return None
        home = self.chance.choice(homes)
        self.offloaded.remove(home)
        return Action("unoffload", (home,))

    def _alive(self) -> list[str]:
        return [name for name in self.clusters if (name,) not in self.broken]

    def _whole(self, one: str, other: str) -> bool:
        return {one, other} <= set(self._alive()) and tuple(sorted((one, other))) not in self.broken
