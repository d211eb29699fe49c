"""Any kind of one cluster: as tables that the server lays out, as manifests, events and logs.

It asks when asked, except for logs, which may be followed. Everything that goes wrong is an `AtlasError`, and all text
from the cluster is made harmless for terminals on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from liqolab.apimachinery.builtin import EVENTS, PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.atlas.explorer_model import AtlasError, Kind, Table
from liqolab.atlas.logs import log_lines
from liqolab.atlas.summary import event_table, summary_lines
from liqolab.atlas.tables import filtered, label_selector, load_table
from liqolab.controller.discovery import Kinds, discover
from liqolab.controller.http import HttpClient
from liqolab.controller.kubeconfig import KubeconfigError, load
from liqolab.kubectl.output import render
from liqolab.steps.failing.redaction import redact

_PATIENCE_SECONDS: Final = 10.0
_CLUSTER_WIDE_EVENTS: Final = "default"
"""Where Kubernetes keeps events about objects without a namespace."""

T = TypeVar("T")


class Explorer:
    """One cluster, looked at through its kubeconfig; connections are opened when first needed."""

    def __init__(self, cluster: str, kubeconfig: Path) -> None:
        self._cluster = cluster
        self._kubeconfig = kubeconfig
        self._client: HttpClient | None = None
        self._kinds: Kinds | None = None

    async def close(self) -> None:
        """Release the connections."""
        if self._client is not None:
            await self._client.close()

    async def kinds(self) -> tuple[Kind, ...]:
        """All kinds that can be listed, the core group first; asked anew, as kinds come and go."""
        with self._errors("the kinds cannot be told"):
            return tuple(_kind(row.resource, row.short_names) for row in (await self._discover()).preferred)

    async def kind(self, word: str) -> Kind:
        """The kind that a word means, as kubectl reads it: plural, singular, short name, with or without ``.group``."""
        with self._errors(f'"{word}" cannot be looked up'):
            found = self._kinds.find(word) if self._kinds is not None else None
            # A kind that appeared since the last look (a CRD) is found on the second.
            found = found or (await self._discover()).find(word)
        if found is None:
            raise AtlasError(
                f'cluster "{self._cluster}" has no "{word}" to show',
                "it knows no kind of that name that can be listed",
                "the list of kinds shows the names that it knows",
            )
        return _kind(found)

    async def table(self, word: str, namespace: str | None = None, filter: str = "") -> Table:
        """What ``kubectl get WORD`` prints.

        Args:
            word: as one would type it: ``po``, ``pod``, ``pods``, ``deployments.apps``.
            namespace: None means all.
            filter: text that a row must contain; with ``!`` in front must not; ``-l a=b`` for a label selector.
        """
        kind, selector = await self.kind(word), label_selector(filter)
        with self._errors(f"{kind.word} cannot be listed"):
            table = await self._patiently(lambda: load_table(self._open(), kind, namespace, selector))
        return filtered(table, filter)

    async def manifest(self, word: str, name: str, namespace: str | None = None, *, reveal: bool = False) -> str:
        """YAML without managed fields; what is secret is only shown with `reveal`."""
        kind = await self.kind(word)
        item = await self._get(kind, name, namespace)
        text = render("yaml", [item], kind.resource, single=True)
        return text if reveal else redact(text)

    async def summary(self, word: str, name: str, namespace: str | None = None) -> list[str]:
        """A few lines about one object, as ``kubectl describe`` begins."""
        kind = await self.kind(word)
        return summary_lines(await self._get(kind, name, namespace))

    async def events(self, word: str, name: str, namespace: str | None = None) -> Table:
        """The events about one object, the latest last."""
        kind = await self.kind(word)
        where = (namespace or self._namespace()) if kind.namespaced else _CLUSTER_WIDE_EVENTS
        fields = f"involvedObject.kind={kind.kind},involvedObject.name={name}"
        with self._errors(f"the events about {kind.word} {name} cannot be listed"):
            answer = await self._patiently(lambda: self._open().list(EVENTS, where, fields=fields))
        return event_table(answer.items)

    async def logs(
        self,
        pod: str,
        namespace: str,
        container: str | None = None,
        *,
        follow: bool = True,
        tail: int | None = 200,
        previous: bool = False,
    ) -> AsyncIterator[str]:
        """Lines of a container's log, from the last `tail` ones on (None: from its beginning)."""
        query = {
            "container": container or "",
            "follow": "true" if follow else "",
            "previous": "true" if previous else "",
            "tailLines": "" if tail is None else str(tail),
        }
        with self._errors(f"the log of pod {pod} cannot be read"):
            async for line in log_lines(self._open().stream(PODS.path(namespace, pod, "log"), query=query)):
                yield line

    async def _get(self, kind: Kind, name: str, namespace: str | None) -> Object:
        where = (namespace or self._namespace()) if kind.namespaced else None
        with self._errors(f"{kind.word} {name} cannot be shown"):
            return await self._patiently(lambda: self._open().get(kind.resource, name, where))

    async def _discover(self) -> Kinds:
        found = await self._patiently(lambda: discover(self._open()))
        self._kinds = Kinds(row for row in found.preferred if "list" in row.verbs)
        return self._kinds

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await ask()

    def _open(self) -> HttpClient:
        if self._client is None:
            self._client = HttpClient(load(self._kubeconfig), user_agent="liqolab-atlas")
        return self._client

    def _namespace(self) -> str:
        return self._open().access.namespace

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """Say of whatever goes wrong what it means for the person who looks."""
        what = f"{self._cluster}: {what}"
        try:
            yield
        except ApiError as error:
            raise AtlasError(what, redact(error.message), _advice(error)) from None
        except TimeoutError:
            raise AtlasError(what, "the cluster does not answer", "see whether it runs: liqolab status") from None
        except OSError as error:
            why = str(error) or "the connection was lost"
            raise AtlasError(what, why, "see whether it runs: liqolab status") from None
        except (KubeconfigError, ValueError, KeyError) as error:
            raise AtlasError(what, str(error)) from None


def _advice(error: ApiError) -> str:
    if error.code in (401, 403):
        return "the kubeconfig's user needs the right to read it"
    return "it may have been deleted meanwhile" if error.not_found else ""


def _kind(found: Resource, short_names: tuple[str, ...] = ()) -> Kind:
    return Kind(found.plural, found.kind, found.group, found.version, found.namespaced, short_names)
