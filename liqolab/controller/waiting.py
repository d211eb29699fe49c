"""Waits for what the cluster is about to become, by watching it: no polling, and no event missed in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, cast

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client, WatchEvent

_RECONNECT_SECONDS: Final = 0.2

Store = dict[tuple[str, str], Object]
"""All watched objects by namespace and name."""


async def comes_to_hold(
    client: Client,
    resource: Resource,
    done: Callable[[Store], bool],
    namespace: str | None = None,
    *,
    labels: str = "",
    fields: str = "",
) -> bool:
    """One list and the watch after it. True when `done` came to hold, False when the server ended the stream.

    Raises:
        ApiError, OSError: the server refuses, or cannot be reached.
    """
    listed = await client.list(resource, namespace, labels=labels, fields=fields)
    store = {_key(item): item for item in listed.items}
    if done(store):
        return True
    events = client.watch(resource, namespace, resource_version=listed.resource_version, labels=labels, fields=fields)
    async with aclosing(cast(AsyncGenerator[WatchEvent, None], events)):
        async for event in events:
            if event.type == "DELETED":
                store.pop(_key(event.object), None)
            elif event.type in ("ADDED", "MODIFIED"):
                store[_key(event.object)] = event.object
            if done(store):
                return True
    return False


async def wait_for(
    client: Client,
    resource: Resource,
    done: Callable[[Store], bool],
    namespace: str | None = None,
    *,
    name: str = "",
    labels: str = "",
    seconds: float | None = None,
) -> None:
    """Return as soon as `done` holds for the current set of objects (of one namespace, name or label selector).

    Connection losses and expired watches are survived; a kind that the server does not know counts as no objects.

    Raises:
        TimeoutError: it did not hold within `seconds`.
        ApiError: the server refuses (403, …).
    """
    fields = f"metadata.name={name}" if name else ""
    async with asyncio.timeout(seconds):
        while True:
            try:
                if await comes_to_hold(client, resource, done, namespace, labels=labels, fields=fields):
                    return
            except ApiError as error:
                if error.not_found and done({}):
                    return
                if not error.not_found and not error.expired and error.code < 500 and error.code != 429:
                    raise
            except OSError:
                pass
            # The server is away or in trouble; nothing would tell when it is back.
            await asyncio.sleep(_RECONNECT_SECONDS)


def _key(obj: Object) -> tuple[str, str]:
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
