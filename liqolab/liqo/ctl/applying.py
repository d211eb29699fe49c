"""Brings objects into a cluster, whether they are there already or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable

from liqolab.apimachinery.errors import existing_ok
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client


async def together(work: Iterable[Awaitable[object]]) -> None:
    """Wait for all; the first failure cancels the rest and is raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def apply(client: Client, resource: Resource, manifest: Object) -> Object:
    """Create the object, or lay the manifest over the one that exists: mappings are merged, lists replaced, and what
    the manifest does not name is kept. Nothing is written when nothing would change.
    """
    metadata = manifest["metadata"]
    with existing_ok:
        return await client.create(resource, manifest, metadata.get("namespace"))
    present = await client.get(resource, metadata["name"], metadata.get("namespace"))
    if covers(present, manifest):
        return present
    return await client.patch(resource, metadata["name"], manifest, metadata.get("namespace"))


def covers(present: object, wanted: object) -> bool:
    """Whether `present` has all of `wanted`; defaults that a server added do not count as differences."""
    if isinstance(wanted, dict):
        return isinstance(present, dict) and all(
            key in present and covers(present[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(present, list)
            and len(present) == len(wanted)
            and all(covers(*pair) for pair in zip(present, wanted, strict=True))
        )
    return present == wanted
