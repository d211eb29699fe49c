"""Pictures over time, kept in a file of one JSON document a line, and shown again exactly as they were.

Screens in the documentation and tests of screens are made from recordings: what happened was real, and looks the same
each time it is drawn. `steady_names` takes out what no two runs have in common.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from liqolab.apimachinery.names import SUFFIX_ALPHABET
from liqolab.atlas.documents import world_document, world_of
from liqolab.atlas.world import ClusterView, World

_GENERATED: Final = re.compile(rf"-(?:[{SUFFIX_ALPHABET}]{{8,10}}-)?[{SUFFIX_ALPHABET}]{{5}}(?![a-z0-9])")
"""The end of a generated name: a pod's five letters, with the hash of its template before them."""
_UNIQUE: Final = re.compile(r"-[0-9a-f]{6}(?![a-z0-9])")
"""How Liqo ends the names of tenant namespaces and twins."""
_UID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PORT: Final = re.compile(r"(?<=\d:)\d{4,5}\b")
_LOOPBACK: Final = re.compile(r"\b127\.18\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, `seconds` after the recording began."""

    seconds: float
    world: World


async def record(changes: AsyncIterator[World], clock: Callable[[], float]) -> AsyncIterator[Frame]:
    """The changes of an atlas as frames; `clock` tells seconds."""
    began = clock()
    async for world in changes:
        yield Frame(round(clock() - began, 3), world)


def write(path: Path, frames: Iterable[Frame]) -> None:
    """One JSON document a line."""
    with path.open("w") as file:
        for frame in frames:
            document = {"seconds": frame.seconds, **world_document(frame.world)}
            file.write(json.dumps(document, ensure_ascii=False) + "\n")


def read(path: Path) -> tuple[Frame, ...]:
    """What `write` wrote; a last line that was not written to its end is passed over.

    Raises:
        ValueError: another line is no frame.
        OSError: the file cannot be read.
    """
    frames = []
    rows = path.read_text().split("\n")
    for number, row in enumerate(rows, 1):
        if not row:
            continue
        try:
            document = json.loads(row)
            frames.append(Frame(float(document["seconds"]), world_of(document)))
        except (ValueError, KeyError, TypeError) as error:
            if number == len(rows):
                break
            raise ValueError(f"{path}, line {number}: {error}") from None
    return tuple(frames)


def steady_names(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """The same frames without what no two runs have in common, consistently over all of them.

    Generated suffixes of names, unique ends of Liqo's names, UIDs, ports and addresses of the lab become the next of a
    fixed series, in the order in which they turn up; within one frame that is the order of names without their ends.
    Seconds are numbers of frames.
    """
    steady = _Steady()
    return tuple(Frame(float(number), steady.world(frame.world)) for number, frame in enumerate(frames))


class _Steady:
    """Replaces, and remembers what it replaced by what."""

    def __init__(self) -> None:
        self._series: dict[str, Iterator[str]] = {
            "generated": (f"-{_letters(number)}" for number in itertools.count()),
            "unique": (f"-{number:06x}" for number in itertools.count(0xA1)),
            "uid": (f"00000000-0000-4000-8000-{number:012x}" for number in itertools.count(1)),
            "port": (str(30001 + number) for number in itertools.count()),
            "address": (f"127.18.0.{number}" for number in itertools.count(1)),
        }
        self._known: dict[tuple[str, str], str] = {}

    def world(self, world: World) -> World:
        return World(tuple(self._view(view) for view in world.clusters))

    def _view(self, view: ClusterView) -> ClusterView:
        # In an order that does not depend on what is replaced.
        pods = sorted(view.pods, key=lambda pod: (_bare(pod.namespace), pod.app, pod.node, pod.state, pod.address))
        namespaces = sorted(view.namespaces, key=lambda namespace: _bare(namespace.name))
        steady = replace(
            view,
            error=self.text(view.error),
            nodes=tuple(
                replace(node, labels=tuple((key, self.text(value)) for key, value in node.labels))
                for node in view.nodes
            ),
            namespaces=tuple(replace(found, name=self.text(found.name)) for found in namespaces),
            pods=tuple(
                replace(
                    pod,
                    namespace=self.text(pod.namespace),
                    name=self.text(pod.name),
                    app=self.text(pod.app),
                    address=self.text(pod.address),
                    message=self.text(pod.message),
                )
                for pod in pods
            ),
            peerings=tuple(replace(found, message=self.text(found.message)) for found in view.peerings),
        )
        return replace(
            steady,
            namespaces=tuple(sorted(steady.namespaces, key=lambda found: found.name)),
            pods=tuple(sorted(steady.pods, key=lambda found: (found.namespace, found.name))),
        )

    def text(self, text: str) -> str:
        """The text with everything in it replaced."""
        for series, pattern in (
            ("uid", _UID),
            ("generated", _GENERATED),
            ("unique", _UNIQUE),
            ("port", _PORT),
            ("address", _LOOPBACK),
        ):
            text = pattern.sub(partial(self._instead, series), text)
        return text

    def _instead(self, series: str, found: re.Match[str]) -> str:
        key = (series, found[0])
        if key not in self._known:
            self._known[key] = next(self._series[series])
        return self._known[key]


def _bare(name: str) -> str:
    return _UNIQUE.sub("", _GENERATED.sub("", name))


def _letters(number: int) -> str:
    """Five letters of those that generated names are made of."""
    base = len(SUFFIX_ALPHABET)
    return "".join(SUFFIX_ALPHABET[number // base**place % base] for place in reversed(range(5)))
