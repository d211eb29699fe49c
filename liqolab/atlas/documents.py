"""Pictures as JSON documents and back, for goals and recordings.

Fields with their default value are left out, so that what is kept in files reads as what is special about a picture,
and so that a field that pictures gain later does not change files that are there.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from liqolab.apimachinery.resources import Object
from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World


def world_document(world: World) -> Object:
    """The document of a picture."""
    return {"clusters": [_document(view) for view in world.clusters]}


def world_of(document: Object) -> World:
    """The picture that `world_document` made the document of.

    Raises:
        ValueError: it is no such document.
    """
    try:
        return World(tuple(_cluster(entry) for entry in document["clusters"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no picture of clusters: {error}") from None


def _document(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {
            field.name: _document(found)
            for field in fields
            if (found := getattr(value, field.name)) != field.default or field.default is dataclasses.MISSING
        }
    return [_document(entry) for entry in value] if isinstance(value, tuple) else value


def _cluster(document: Object) -> ClusterView:
    plain = {key: value for key, value in document.items() if not isinstance(value, list)}
    return ClusterView(
        **plain,
        nodes=tuple(
            Node(**(entry | {"labels": tuple((key, value) for key, value in entry.get("labels", ()))}))
            for entry in document.get("nodes", ())
        ),
        namespaces=tuple(Namespace(**_tuples(entry)) for entry in document.get("namespaces", ())),
        pods=tuple(Pod(**_tuples(entry)) for entry in document.get("pods", ())),
        peerings=tuple(Peering(**entry) for entry in document.get("peerings", ())),
    )


def _tuples(document: Object) -> Object:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}
