"""Wakes whoever judges when the clusters change: watches exactly what the last judgement has looked at.

A judgement lists objects; the lab that it is made in notes down which, and at which revision. From there on they are
watched, and any change is a reason to judge again. Nothing is asked periodically, except whether a cluster that does
not answer is back, less and less often.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from liqolab.apimachinery.errors import ApiError
from liqolab.steps.lab import Lab

if TYPE_CHECKING:
    from liqolab.controller.http import HttpClient
    from liqolab.steps.clusters import Cluster, Listing

_FIRST_RETRY_SECONDS = 0.25
_LONGEST_RETRY_SECONDS = 5.0

# Kinds come and go, which no list of their objects tells; and a cluster that does not answer is to be heard when it
# comes back.
_ALWAYS = ("/api/v1/namespaces", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")


@dataclass(frozen=True, slots=True)
class Seen:
    """A list that was asked for; `path` is that of the collection."""

    cluster: str
    kubeconfig: Path
    path: str
    labels: str = ""
    fields: str = ""


class NotingLab(Lab):
    """A lab that notes down which lists its clusters were asked for; it never runs a command.

    Attributes:
        seen: lists, each with the revision of the answer; empty revisions where there was none.
    """

    seen: dict[Seen, str]

    def start(self) -> None:
        """Forget what was noted down."""
        self.seen = {}

    def cluster(self, name: str | None = None) -> Cluster:
        found = super().cluster(name)
        for path in _ALWAYS:
            self.seen.setdefault(Seen(found.name, found.kubeconfig, path), "")
        return cast("Cluster", _NotingCluster(found, self._note))

    def _note(
        self, cluster: Cluster, kind: str, namespace: str | None, labels: str, fields: str, revision: str
    ) -> None:
        known = cluster.discovery.find(kind)
        if known is not None:
            seen = Seen(cluster.name, cluster.kubeconfig, known.path(namespace), labels, fields)
            self.seen[seen] = revision or self.seen.get(seen, "")


class _NotingCluster:
    """A cluster that tells what it lists, and is otherwise what it stands for."""

    def __init__(self, cluster: Cluster, note: Callable[[Cluster, str, str | None, str, str, str], None]) -> None:
        self._cluster = cluster
        self._note = note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)

    def list(self, kind: str, namespace: str | None = None, *, labels: str = "", fields: str = "") -> Listing:
        listing = self._cluster.list(kind, namespace, labels=labels, fields=fields)
        self._note(self._cluster, kind, namespace, labels, fields, listing.revision)
        return listing

    def get(self, kind: str, name: str, namespace: str | None = None) -> Any:
        self._note(self._cluster, kind, namespace, "", f"metadata.name={name}", "")
        return self._cluster.get(kind, name, namespace)


class Watches:
    """The watches of one event loop; an asynchronous context manager."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called in the loop, after every change."""
        self._changed = changed
        self._clients: dict[str, tuple[bytes, HttpClient]] = {}
        self._tasks: dict[Seen, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Watches:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.follow({})
        for _, client in self._clients.values():
            await client.close()

    async def follow(self, seen: dict[Seen, str]) -> None:
        """Watch these from their revisions on, and nothing else; watches that go on already are left alone."""
        await self._stop([entry for entry in self._tasks if entry not in seen or self._tasks[entry].done()])
        for entry, revision in seen.items():
            if entry not in self._tasks:
                self._tasks[entry] = asyncio.create_task(self._watch(entry, revision))

    async def _stop(self, entries: Iterable[Seen]) -> None:
        tasks = [self._tasks.pop(entry) for entry in entries]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, entry: Seen, revision: str) -> None:
        """Follow one list until it changes while nobody can tell how: then whoever judges lists again."""
        query = {"watch": "1", "labelSelector": entry.labels, "fieldSelector": entry.fields}
        delay = _FIRST_RETRY_SECONDS
        while True:
            # A revision that is too old, a cluster that is down or gone: no reason to stop looking out for it.
            with contextlib.suppress(ApiError, OSError, ValueError):
                client = await self._client(entry)
                async for _ in client.stream(entry.path, query={**query, "resourceVersion": revision}):
                    self._changed()
                    delay = _FIRST_RETRY_SECONDS
            revision = ""
            self._changed()
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_RETRY_SECONDS)

    async def _client(self, entry: Seen) -> HttpClient:
        """A client for the cluster as it is now; one that was made anew has other credentials."""
        from liqolab.controller.http import HttpClient

        content = await asyncio.to_thread(entry.kubeconfig.read_bytes)
        known = self._clients.get(entry.cluster)
        if known is None or known[0] != content:
            if known is not None:
                await known[1].close()
            client = HttpClient.from_kubeconfig(entry.kubeconfig)
            self._clients[entry.cluster] = (content, client)
            return client
        return known[1]
