"""Indices that several controllers need: labels of objects, and selectors that ask for them.

To find what a selector selects, or who selects an object, everything of a namespace could be held against it; with many
pods and many services that is the square of them. One label that must be there narrows it down to few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.informer import Informer

SELECTING: Final = "selecting"
"""Index of objects whose ``spec.selector`` is a plain map, as that of services; see `selecting`."""

LABELLED: Final = "labelled"
"""Index of objects by each of their labels; see `labelled`."""


def labelled(item: Object) -> Iterator[str]:
    """Indexer of `LABELLED`: one value a label."""
    metadata = item["metadata"]
    for key, value in (metadata.get("labels") or {}).items():
        yield f"{metadata.get('namespace') or ''}/{key}={value}"


def selected(informer: Informer, namespace: str, selector: LabelSelector) -> Objects:
    """What `selector` selects in a namespace; `informer` has the index `LABELLED`."""
    known = [f"{namespace}/{row.key}={value}" for row in selector.requirements if (value := row.exactly) is not None]
    if not known:
        return informer.list(namespace, selector)
    rarest = min(known, key=lambda label: informer.count(LABELLED, label))
    return [item for item in informer.by_index(LABELLED, rarest) if selector.matches(item["metadata"].get("labels"))]


def selecting(item: Object) -> Iterable[str]:
    """Indexer of `SELECTING`: the first label that the selector asks for."""
    wanted: Mapping[str, str] = item["spec"].get("selector") or {}
    return (f"{item['metadata'].get('namespace') or ''}/{key}={wanted[key]}" for key in sorted(wanted)[:1])


def selected_by(informer: Informer, namespace: str, labels: Mapping[str, str]) -> Iterator[Object]:
    """Whose plain selectors select an object with these labels; `informer` has the index `SELECTING`."""
    for key, value in labels.items():
        for item in informer.by_index(SELECTING, f"{namespace}/{key}={value}"):
            if item["spec"]["selector"].items() <= labels.items():
                yield item
