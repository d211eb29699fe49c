"""Worlds as JSON documents and back, for goals and screenshots.

Fields with their default value are left out, so that what is kept in files reads as what is special about a world,
and so that a field that worlds gain later does not change files that are there.
"""

from __future__ import annotations

from liqolab.apimachinery.resources import Object
from liqolab.atlas.world import World
from liqolab.documents import from_document, to_document


def world_document(world: World) -> Object:
    """The document of a world."""
    return {"clusters": to_document(world.clusters)}


def world_of(document: Object) -> World:
    """The world that `world_document` made the document of.

    Raises:
        ValueError: it is no such document.
    """
    try:
        return from_document(World, {"clusters": document["clusters"]})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no picture of clusters: {error}") from None
