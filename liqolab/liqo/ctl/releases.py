"""Reads and writes the release records of a namespace."""

from __future__ import annotations

from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.liqo.gen05.chart import release


async def release_secrets(client: Client, namespace: str) -> list[Object]:
    """The records of all revisions, in no order."""
    return (await client.list(SECRETS, namespace, labels=release.SELECTOR)).items


async def read_release(client: Client, namespace: str) -> Object | None:
    """The newest release, decoded, or None when there is none.

    Raises:
        ValueError: the record is damaged.
    """
    secret = release.latest(await release_secrets(client, namespace))
    return None if secret is None else release.decode(secret)
