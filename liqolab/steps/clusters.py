"""The clusters a feature talks about, through the official client and nothing else.

`Cluster` is one kubeconfig's view: it finds a kind by the word that kubectl would take, lists, gets and watches.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ApiException, ResourceNotFoundError
from kubernetes.dynamic.resource import ResourceList
from urllib3.exceptions import HTTPError

from liqolab.steps.failure import CheckFailedError

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects and the revision they were read at."""

    items: list[Object]
    revision: str


class Cluster:
    """One cluster, seen through a kubeconfig."""

    def __init__(self, name: str, kubeconfig: Path, scratch: Path) -> None:
        """`scratch` holds the client's discovery cache.

        Raises:
            CheckFailedError: the kubeconfig is unusable or the API server does not answer.
        """
        self.name = name
        self.kubeconfig = kubeconfig
        try:
            client = kubernetes.config.new_client_from_config(str(kubeconfig))
            client.configuration.retries = False
            self._client = DynamicClient(client, cache_file=str(scratch / f"discovery-{name}.json"))
        except (kubernetes.config.ConfigException, HTTPError, OSError) as error:
            raise CheckFailedError(f'cluster "{name}" cannot be reached with {kubeconfig}: {error}') from None

    def list(self, kind: str, namespace: str | None = None, *, labels: str = "", fields: str = "") -> Listing:
        """All objects of a kind that match the selectors. A kind that the cluster does not know has no objects.

        Raises:
            CheckFailedError: the API server does not answer, or refuses.
        """
        resource = self._resource(kind)
        if resource is None:
            return Listing([], "")
        try:
            answer = resource.get(
                namespace=namespace, label_selector=labels or None, field_selector=fields or None
            ).to_dict()
        except ApiException as error:
            if error.status == 404:
                self._client.resources.invalidate_cache()
                return Listing([], "")
            raise CheckFailedError(f'cluster "{self.name}": {_message(error)}') from None
        except HTTPError as error:
            raise CheckFailedError(f'cluster "{self.name}" does not answer: {error}') from None
        return Listing(answer.get("items") or [], answer["metadata"].get("resourceVersion", ""))

    def watch(
        self, kind: str, namespace: str | None, revision: str, seconds: float, *, labels: str = "", fields: str = ""
    ) -> Iterator[tuple[str, Object]]:
        """Changes after `revision` as (type, object), for at most `seconds`."""
        resource = self._resource(kind)
        if resource is None:
            return
        try:
            for event in resource.watch(
                namespace=namespace,
                label_selector=labels or None,
                field_selector=fields or None,
                resource_version=revision,
                timeout=max(1, round(seconds)),
            ):
                yield event["type"], event["raw_object"]
        except (ApiException, HTTPError) as error:
            raise CheckFailedError(f'cluster "{self.name}" ended a watch: {error}') from None

    def _resource(self, kind: str) -> Any:
        """The dynamic client's resource for a word: kind, plural, singular or short name, with or without group."""
        for attempt in range(2):
            found = _search(self._client, kind)
            if found is not None or attempt:
                return found
            # A kind that appeared after discovery was cached (a CRD) is found on the second look.
            try:
                self._client.resources.invalidate_cache()
            except HTTPError as error:
                raise CheckFailedError(f'cluster "{self.name}" does not answer: {error}') from None
        return None


def _search(client: DynamicClient, word: str) -> Any:
    name, _, group = word.lower().partition(".")
    try:
        # The discoverer yields a list for each kind: the resource itself and its list kind.
        known = [entry for entries in client.resources for entry in entries if not isinstance(entry, ResourceList)]
    except (ApiException, ResourceNotFoundError):
        return None
    matching = [
        entry
        for entry in known
        if name in {entry.kind.lower(), entry.name, *(entry.short_names or ())}
        and "/" not in entry.name
        and (not group or entry.group == group)
    ]
    # The core group comes first, as with kubectl; then stable versions before others.
    return min(matching, key=lambda entry: (entry.group or "", "alpha" in entry.api_version), default=None)


def _message(error: ApiException) -> str:
    try:
        return str(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
