"""Manifests as people write them: several documents, definitions of kinds among them, namespaces said or left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from liqolab.apimachinery.resources import Resource
from liqolab.steps.clusters import Cluster, Object
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.keeping import keep
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject, observe
from liqolab.steps.partial import shown
from liqolab.steps.subjects import namespace_of_action
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import condition_is

_DEFINITION = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True)
class Placed:
    """One document of a manifest, and where it goes."""

    kind: Resource
    manifest: Object
    namespace: str | None

    @property
    def name(self) -> str:
        return str(self.manifest["metadata"]["name"])


def read_documents(text: str, where: str) -> list[Object]:
    """The documents of a YAML text; lists of kind ``List`` are taken apart.

    Raises:
        CheckFailedError: it is no YAML, or a document is no object with a kind and a name.
    """
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise CheckFailedError(f"{where} is not valid YAML: {' '.join(str(error).split())}") from None
    found = [item for document in documents for item in _items(document)]
    for number, item in enumerate(found, 1):
        if problem := _problem(item):
            raise CheckFailedError(f"document {number} of {where} {problem}")
    if not found:
        raise CheckFailedError(f"{where} has no documents")
    return found


def read_file(lab: Lab, path: str) -> list[Object]:
    """The documents of a manifest file; a relative path is taken from the lab's folder, else from its shelves.

    Raises:
        CheckFailedError: it cannot be read, or is no manifest.
    """
    places = list(dict.fromkeys([lab.folder, *lab.shelves]))
    file = next((place / path for place in places if (place / path).exists()), lab.folder / path)
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CheckFailedError(
            f'manifest "{path}" cannot be read from {" or ".join(map(str, places))}: {reason}'
        ) from None
    return read_documents(text, f'manifest "{path}"')


def apply(lab: Lab, cluster: Cluster, documents: list[Object], namespace: str | None) -> list[Placed]:
    """Apply documents in their order; a kind that one of them defines is waited for.

    Raises:
        CheckFailedError: the cluster knows no such kind or refuses, or a document is for another namespace.
    """
    return [_apply(lab, cluster, placed) for placed in _placed(lab, cluster, documents, namespace)]


def place(lab: Lab, cluster: Cluster, document: Object, namespace: str | None) -> Placed:
    """Where a document goes.

    Raises:
        CheckFailedError: as for `apply`.
    """
    kind = cluster.discovery.of(document["apiVersion"], document["kind"])
    if kind is None:
        raise CheckFailedError(
            f'cluster "{cluster.name}" knows no kind "{document["kind"]}" of {document["apiVersion"]}'
        )
    own = document["metadata"].get("namespace")
    if own and namespace and own != namespace:
        name = f"{kind.kind.lower()} {document['metadata']['name']}"
        raise CheckFailedError(f'{name} is for namespace "{own}", but is to be applied to "{namespace}"')
    return Placed(kind, document, namespace_of_action(lab, cluster, kind, own or namespace))


def _placed(lab: Lab, cluster: Cluster, documents: list[Object], namespace: str | None) -> Iterator[Placed]:
    # One after the other: what a document defines, a later one may need.
    for document in documents:
        yield place(lab, cluster, document, namespace)


def _apply(lab: Lab, cluster: Cluster, placed: Placed) -> Placed:
    keep(lab, cluster, placed.kind, placed.name, placed.namespace)
    cluster.apply(placed.kind, placed.manifest, placed.namespace)
    if placed.kind.kind == _DEFINITION:
        subject = Subject.named(cluster, _DEFINITION, placed.name)
        observe(subject, condition_is("Established"), Timing())
        cluster.discovery.forget()
    return placed


def _problem(document: Any) -> str:
    """Why a document is no manifest; empty when it is one."""
    if not isinstance(document, dict):
        return "is no map, and so no manifest"
    metadata = document.get("metadata") or {}
    if not isinstance(metadata, dict):
        return "has something else than a map as metadata"
    fields = {
        "apiVersion": document.get("apiVersion"),
        "kind": document.get("kind"),
        "metadata.name": metadata.get("name"),
    }
    if missing := [name for name, value in fields.items() if value in (None, "")]:
        return f"has no {' and no '.join(missing)}"
    texts = fields | {"metadata.namespace": metadata.get("namespace") or ""}
    wrong = [f"{name} {shown(value)}" for name, value in texts.items() if not isinstance(value, str)]
    return f"has {' and '.join(wrong)}, which is no text: put it in quotes" if wrong else ""


def _items(document: Any) -> list[Any]:
    if isinstance(document, dict) and document.get("kind") == "List":
        items = document.get("items") or []
        return items if isinstance(items, list) else [items]
    return [document]
