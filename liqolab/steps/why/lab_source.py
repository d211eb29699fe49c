"""Evidence from the API servers of a lab's clusters, through the official client's connections, within a time limit."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from liqolab.apimachinery.resources import Object
from liqolab.controller.discovery import ACCEPT, Kinds, carry_out
from liqolab.steps.failing.evidence import Answer, Query, SilentError, UnknownKindError
from liqolab.steps.lab import Lab
from liqolab.steps.transport import OfficialClient, import_client

_CONNECT_SECONDS = 0.5
_ANSWER_SECONDS = 0.9
_JSON = "application/json"
_LOG_BYTES = 64 * 1024


class LabSource:
    """The clusters of a lab. `seconds` bounds everything that is asked; what comes too late is not known."""

    def __init__(self, lab: Lab, seconds: float = 1.7) -> None:
        # Half a second the first time, which is not the clusters' fault.
        import_client()
        self.clusters: Sequence[str] = tuple(lab.names)
        self._lab = lab
        self._deadline = time.monotonic() + seconds
        self._clients: dict[str, OfficialClient] = {}
        self._silent: dict[str, SilentError] = {}

    def close(self) -> None:
        """End all connections."""
        for client in self._clients.values():
            client.close()

    def has(self, cluster: str) -> bool:
        return self._lab.has_cluster(cluster)

    def kubeconfig(self, cluster: str) -> str:
        found = self._path(cluster)
        return str(found) if found else ""

    def read(self, query: Query) -> Answer:
        parameters = {"fieldSelector": f"metadata.name={query.name}"} if query.name else {}
        try:
            status, content = self._get(query.cluster, query.resource.path(query.namespace), parameters)
            document = json.loads(content)
        except SilentError as error:
            return error
        except ValueError:
            return SilentError(query.cluster, "its answer is no JSON", reached=True)
        if status == 404:
            return UnknownKindError(query.cluster, query.resource)
        if status != 200:
            return SilentError(query.cluster, str(document.get("message") or f"HTTP {status}"), reached=True)
        kind = {"kind": query.resource.kind, "apiVersion": query.resource.api_version}
        return [cast(Object, {**kind, **item}) for item in document.get("items") or ()]

    def kinds(self, cluster: str) -> Kinds:
        def ask(path: str) -> Object:
            document: Object = json.loads(self._get(cluster, path, {}, accept=ACCEPT)[1])
            if not str(document.get("kind", "")).startswith("APIGroupDiscovery"):
                # There is no time for the twenty questions that older servers have to be asked.
                raise SilentError(cluster, "it does not say in one answer which kinds it serves", reached=True)
            return document

        return carry_out(ask)

    def log(self, cluster: str, namespace: str, pod: str, container: str, lines: int, *, previous: bool) -> list[str]:
        query = {"container": container, "tailLines": str(lines), "limitBytes": str(_LOG_BYTES)}
        if previous:
            query["previous"] = "true"
        try:
            status, content = self._get(cluster, f"/api/v1/namespaces/{namespace}/pods/{pod}/log", query)
        except SilentError:
            return []
        # What is no UTF-8 is shown as the bytes that it is.
        return content.decode(errors="backslashreplace").splitlines()[-lines:] if status == 200 else []

    def _get(self, cluster: str, path: str, query: dict[str, str], accept: str = _JSON) -> tuple[int, bytes]:
        import urllib3

        if cluster in self._silent:
            raise self._silent[cluster]
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise SilentError(cluster, "there was no time left to ask", reached=True)
        client = self._open(cluster)
        limits = min(_CONNECT_SECONDS, left), min(_ANSWER_SECONDS, left)
        try:
            answer = client.ask("get", path, query, limits, accept=accept)
        except urllib3.exceptions.NewConnectionError as error:
            # A refusal, although urllib3 counts it among the timeouts.
            raise self._given_up(cluster, _why(client.server, error)) from None
        except urllib3.exceptions.TimeoutError as error:
            if left < _ANSWER_SECONDS:
                raise SilentError(cluster, "there was no time left to wait for it", reached=True) from None
            raise self._given_up(cluster, _too_slow(client.server, error)) from None
        except urllib3.exceptions.HTTPError as error:
            raise self._given_up(cluster, _why(client.server, error)) from None
        return answer.status, answer.data

    def _given_up(self, cluster: str, why: str) -> SilentError:
        """The cluster is not asked again: a second wait would tell nothing new."""
        self._silent[cluster] = SilentError(cluster, why)
        return self._silent[cluster]

    def _open(self, cluster: str) -> OfficialClient:
        if cluster not in self._clients:
            path = self._path(cluster)
            if path is None:
                raise SilentError(cluster, "the playground has no such cluster", reached=True)
            try:
                self._clients[cluster] = OfficialClient(path)
            except ValueError as error:
                raise SilentError(cluster, f"{path} cannot be used: {error}", reached=True) from None
        return self._clients[cluster]

    def _path(self, cluster: str) -> Path | None:
        # Not `lab.cluster(...)`, which asks the API server what it knows and waits for as long as that takes.
        return self._lab.kubeconfig(cluster) if self._lab.has_cluster(cluster) else None


def _too_slow(server: str, error: Exception) -> str:
    if "ConnectTimeout" in type(error).__name__:
        return f"{server} cannot be reached within {_CONNECT_SECONDS:g}s"
    return f"{server} accepts connections and says nothing for {_ANSWER_SECONDS:g}s"


def _why(server: str, error: Exception) -> str:
    text = str(error)
    if "refused" in text:
        return f"nothing listens at {server} (connection refused)"
    return f"{server}: {text.rpartition(': ')[2] or text}"
