"""The clusters a feature talks about, through the official client and nothing else.

`Cluster` is one kubeconfig's view: it finds a kind by the word that kubectl would take, lists, watches, reads and
writes. It promises an end to every wait and never takes silence for absence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from liqolab.apimachinery.resources import Resource
from liqolab.steps.discovery import Discovery
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.liqo_names import VIRTUAL_NODE_SELECTOR
from liqolab.steps.transport import WATCH_GRACE_SECONDS, RefusedError, StreamCutError, Transport

Object = dict[str, Any]

FIELD_MANAGER = "liqolab"
_NOT_FOUND, _GONE = 404, 410


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects and the revision they were read at; no revision where the cluster does not know the kind."""

    items: list[Object]
    revision: str


class Cluster:
    """One cluster, seen through a kubeconfig."""

    def __init__(self, name: str, kubeconfig: Path, scratch: Path | None = None) -> None:
        """No request is made yet; `scratch` is not needed any more.

        Raises:
            UnreachableError: the kubeconfig is unusable.
        """
        self.name = name
        self.kubeconfig = kubeconfig
        self.transport = Transport(name, kubeconfig)
        self.discovery = Discovery(self.transport)

    def list(self, kind: str, namespace: str | None = None, *, labels: str = "", fields: str = "") -> Listing:
        """All objects of a kind that match the selectors. A kind that the cluster does not know has no objects.

        Raises:
            RefusedError, UnreachableError: the API server refuses, or does not answer.
        """
        found = self.discovery.find(kind)
        if found is None:
            return Listing([], "")
        query = {"labelSelector": labels, "fieldSelector": fields}
        try:
            answer = self.transport.call("get", found.path(namespace), query)
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise
            self.discovery.forget()
            return Listing([], "")
        items = answer.get("items") or []
        for item in items:
            # A list says once of what it is; its items are taken for objects of their own from here on.
            item.setdefault("apiVersion", found.api_version)
            item.setdefault("kind", found.kind)
        return Listing(items, answer["metadata"].get("resourceVersion", ""))

    def watch(
        self, kind: str, namespace: str | None, revision: str, seconds: float, *, labels: str = "", fields: str = ""
    ) -> Iterator[tuple[str, Object]]:
        """Changes after `revision` as (type, object), for `seconds` rounded up to whole ones.

        The server ends the watch itself; that it does so in good order proves that it lived to the end of it.

        Raises:
            StreamCutError: it broke off, or the revision is too old: list again.
            RefusedError, UnreachableError: the API server refuses, or stopped answering.
        """
        found = self.discovery.find(kind)
        if found is None:
            return
        query: dict[str, str | int | None] = {
            "watch": "true",
            "labelSelector": labels,
            "fieldSelector": fields,
            "resourceVersion": revision,
            "timeoutSeconds": max(1, ceil(seconds)),
        }
        try:
            changes = self.transport.stream(found.path(namespace), query, max(1, ceil(seconds)) + WATCH_GRACE_SECONDS)
            for change in changes:
                item = change["object"]
                if change["type"] == "ERROR":
                    raise RefusedError(
                        self.name, item.get("code", 500), item.get("reason", ""), item.get("message", "")
                    )
                yield change["type"], item
        except RefusedError as error:
            if error.status in (_GONE, _NOT_FOUND):
                raise StreamCutError(error.failure.summary) from None
            raise

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None when there is none (or the cluster does not know the kind)."""
        found = self.discovery.find(kind)
        return None if found is None else self.read(found, name, namespace)

    def read(self, kind: Resource, name: str, namespace: str | None = None) -> Object | None:
        """One object of a kind that has been found, or None."""
        try:
            document: Object = self.transport.call("get", kind.path(namespace, name))
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise
            return None
        return document

    def kind(self, word: str) -> Resource:
        """The kind that a word means.

        Raises:
            CheckFailedError: the cluster knows none.
        """
        found = self.discovery.find(word)
        if found is None:
            raise CheckFailedError(f'cluster "{self.name}" knows no kind "{word}"')
        return found

    def create(
        self, kind: Resource, manifest: Object, namespace: str | None = None, *, dry_run: bool = False
    ) -> Object:
        """A new object; a name that is taken is refused with status 409. A dry run leaves nothing."""
        query = {"fieldManager": FIELD_MANAGER, "dryRun": "All" if dry_run else None}
        document: Object = self.transport.call("post", kind.path(namespace), query, body=manifest)
        return document

    def apply(self, kind: Resource, manifest: Object, namespace: str | None = None) -> Object:
        """Server-side apply: what the manifest says holds afterwards, whoever said otherwise before."""
        document: Object = self.transport.call(
            "patch",
            kind.path(namespace, manifest["metadata"]["name"]),
            {"fieldManager": FIELD_MANAGER, "force": "true"},
            body=manifest,
            content_type="application/apply-patch+yaml",
        )
        return document

    def patch(
        self,
        kind: Resource,
        name: str,
        patch: Any,
        namespace: str | None = None,
        *,
        subresource: str = "",
        form: str = "merge",
    ) -> Object:
        """Change some fields; `form` is ``merge``, ``strategic-merge`` or ``json``."""
        document: Object = self.transport.call(
            "patch",
            kind.path(namespace, name, subresource),
            {"fieldManager": FIELD_MANAGER},
            body=patch,
            content_type=f"application/{form}-patch+json",
        )
        return document

    def replace(self, kind: Resource, manifest: Object, namespace: str | None = None) -> Object:
        """The object as the manifest has it."""
        path = kind.path(namespace, manifest["metadata"]["name"])
        document: Object = self.transport.call("put", path, {"fieldManager": FIELD_MANAGER}, body=manifest)
        return document

    def delete(
        self, kind: Resource, name: str, namespace: str | None = None, *, grace_seconds: int | None = None
    ) -> bool:
        """Delete an object with all that depends on it; False when there is none. It may linger: it has finalizers."""
        options: Object = {"propagationPolicy": "Background"}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            self.transport.call("delete", kind.path(namespace, name), body=options)
        except RefusedError as error:
            if error.status != _NOT_FOUND:
                raise
            return False
        return True

    def log(self, pod: str, namespace: str, container: str = "", tail: int | None = None) -> str:
        """What a container has printed; its only one where none is named.

        Raises:
            RefusedError: it has none (yet), or the pod has several.
        """
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        said = self.transport.call("get", path, {"container": container, "tailLines": tail}, accept="*/*")
        return said if isinstance(said, str) else json.dumps(said)

    def follow_log(self, pod: str, namespace: str, container: str, seconds: float) -> Iterator[str]:
        """The lines of a container's log from its beginning, then each as it is printed, until the container ends.

        Raises:
            UnreachableError: nothing was printed for `seconds`, or the connection broke.
        """
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        for line in self.transport.lines(path, {"container": container, "follow": "true"}, seconds):
            yield line.decode(errors="replace")


def is_virtual(cluster: Cluster, node: str) -> bool:
    """Whether Liqo has another cluster behind a node."""
    return bool(cluster.list("node", labels=VIRTUAL_NODE_SELECTOR, fields=f"metadata.name={node}").items)
