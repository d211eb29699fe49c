"""Finds the object that a person means by ``kind/name``, in whichever cluster it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from liqolab.learn.texts import Texts
from liqolab.notebook.errors import CellError
from liqolab.steps.clusters import Cluster, Object
from liqolab.steps.failing.failure import Target


def find(kubeconfigs: Mapping[str, Path], what: str, namespace: str | None, texts: Texts) -> Target:
    """The object: of the name itself, else of what goes by that name (an application's pod), the least well first.

    Raises:
        CellError: there is none.
    """
    kind, _, name = what.partition("/")
    found = [
        (name != _name(item), _is_well(item), number, Target(cluster, kind, _name(item), _namespace(item)))
        for number, (cluster, item) in enumerate(_candidates(kubeconfigs, kind, name, namespace))
    ]
    if not name or not found:
        clusters = ", ".join(kubeconfigs) or "–"
        said, hint = texts("notebook.error.no_object", what=what), "notebook.error.no_object_hint"
        raise CellError(said, texts(hint, clusters=clusters))
    return min(found, key=lambda entry: entry[:3])[3]


def _candidates(
    kubeconfigs: Mapping[str, Path], kind: str, name: str, namespace: str | None
) -> Iterator[tuple[str, Object]]:
    for cluster, path in kubeconfigs.items():
        for item in Cluster(cluster, path).list(kind, namespace).items:
            labels = item["metadata"].get("labels") or {}
            if _name(item) == name or _name(item).startswith(f"{name}-") or labels.get("app") == name:
                yield cluster, item


def _is_well(item: Object) -> bool:
    return (item.get("status") or {}).get("phase") in (None, "Running", "Succeeded", "Active")


def _name(item: Object) -> str:
    return str(item["metadata"]["name"])


def _namespace(item: Object) -> str | None:
    found = item["metadata"].get("namespace")
    return str(found) if found else None
