"""What a node writes for a pod: config maps, secrets, the downward API and tokens, below the cluster's folder.

Volumes that containers write to are in `storage`. One of these is a folder ``pods/UID/volumes/NAME`` (0700) whose files
(0600) hold what the volume's source says. Files are replaced by renaming: a reader sees the old or the new content,
never half of one. Sources that change (config maps, secrets, downward API, tokens that expire) are written again.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SERVICE_ACCOUNTS
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import parse
from liqolab.controller.client import Client
from liqolab.kube.node import texts
from liqolab.kube.node.environment import expand
from liqolab.kube.node.fields import pod_field, resource_field
from liqolab.kube.node.lookups import Lookups, MissingReferenceError
from liqolab.kube.node.storage import KEPT, MountError

Files = dict[str, bytes]
"""Path below the volume → content."""

_REFRESH_AT = 0.8
"""A token is renewed when this part of its life has passed."""

_TOKEN_SECONDS = 3600


@dataclass(slots=True)
class _Token:
    content: bytes
    renew_at: float


class Volumes:
    """The volumes of one pod.

    Volumes that hold a service account's token are left out for pods that only imitate servers: nothing there could
    read them, and a token is the dearest part of starting a pod.

    Args:
        pod: the pod.
        directory: the pod's own folder.
        client: to request tokens with.
        lookups: finds config maps and secrets.
        addresses: see `fields.pod_field`.
        allocatable: the node's.
        tokens: whether anything in the pod can read a token.
    """

    def __init__(
        self,
        pod: Object,
        directory: Path,
        client: Client,
        lookups: Lookups,
        addresses: Mapping[str, str],
        allocatable: Mapping[str, str],
        *,
        tokens: bool = True,
    ) -> None:
        self.pod = pod
        self._wants_tokens = tokens
        self._root = directory / "volumes"
        self._client = client
        self._lookups = lookups
        self._addresses = addresses
        self._allocatable = allocatable
        self._written: dict[str, Files] = {}
        self._tokens: dict[tuple[str, str], _Token] = {}

    @property
    def renew_at(self) -> float | None:
        """When the first token wants to be renewed (seconds since the epoch); None without tokens."""
        return min((token.renew_at for token in self._tokens.values()), default=None)

    async def materialise(self, now: float) -> None:
        """Write everything that is not yet written as it should be.

        Args:
            now: seconds since the epoch.

        Raises:
            MountError: a source does not exist.
            ApiError, OSError: the API server refuses a token or is away.
        """
        for volume in self.pod["spec"].get("volumes") or ():
            name = volume["name"]
            if KEPT.isdisjoint(volume) or (not self._wants_tokens and _holds_token(volume)):
                continue
            target = self._root / name
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                files = await self._files(volume, now)
            except MissingReferenceError as error:
                raise MountError(name, str(error)) from error
            write_files(target, files, self._written.get(name, {}))
            self._written[name] = files

    def mounts(self, container: Object, env: Mapping[str, str]) -> dict[str, Path]:
        """Container path → path on this machine."""
        kept = {row["name"] for row in self.pod["spec"].get("volumes") or () if not KEPT.isdisjoint(row)}
        return {
            row["mountPath"]: _inside(
                self._root / row["name"], row.get("subPath") or expand(row.get("subPathExpr") or "", env)
            )
            for row in container.get("volumeMounts") or ()
            if row["name"] in kept
        }

    async def _files(self, volume: Object, now: float) -> Files:
        if source := volume.get("configMap"):
            return await self._config_map(source, source.get("name") or "")
        if source := volume.get("secret"):
            return await self._secret(source, source.get("secretName") or "")
        if source := volume.get("downwardAPI"):
            return self._downward(source)
        if source := volume.get("projected"):
            files: Files = {}
            for part in source.get("sources") or ():
                files |= await self._projection(part, now)
            return files
        return {}

    async def _projection(self, part: Object, now: float) -> Files:
        if source := part.get("configMap"):
            return await self._config_map(source, source.get("name") or "")
        if source := part.get("secret"):
            return await self._secret(source, source.get("name") or "")
        if source := part.get("downwardAPI"):
            return self._downward(source)
        if source := part.get("serviceAccountToken"):
            return {source["path"]: await self._token(source, now)}
        return {}

    async def _config_map(self, source: Object, name: str) -> Files:
        try:
            found = await self._lookups.config_map(name, meta.namespace(self.pod))
        except MissingReferenceError:
            if source.get("optional"):
                return {}
            raise
        rows = {key: value.encode() for key, value in (found.get("data") or {}).items()}
        rows |= {key: base64.b64decode(value) for key, value in (found.get("binaryData") or {}).items()}
        return _chosen(rows, source, "config")

    async def _secret(self, source: Object, name: str) -> Files:
        try:
            found = await self._lookups.secret(name, meta.namespace(self.pod))
        except MissingReferenceError:
            if source.get("optional"):
                return {}
            raise
        rows = {key: base64.b64decode(value) for key, value in (found.get("data") or {}).items()}
        return _chosen(rows, source, "secret")

    def _downward(self, source: Object) -> Files:
        files: Files = {}
        for item in source.get("items") or ():
            if reference := item.get("fieldRef"):
                text = pod_field(self.pod, reference["fieldPath"], self._addresses)
            else:
                reference = item["resourceFieldRef"]
                containers = self.pod["spec"].get("containers") or ()
                named: Object = next((c for c in containers if c["name"] == reference.get("containerName")), {})
                text = resource_field(named, reference, self._allocatable)
            files[item["path"]] = text.encode()
        return files

    async def _token(self, source: Object, now: float) -> bytes:
        audience = source.get("audience") or ""
        key = (source["path"], audience)
        known = self._tokens.get(key)
        if known is not None and now < known.renew_at:
            return known.content
        seconds = int(source.get("expirationSeconds") or _TOKEN_SECONDS)
        pod = {"kind": "Pod", "apiVersion": "v1", "name": meta.name(self.pod), "uid": meta.uid(self.pod)}
        body: Object = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds, "boundObjectRef": pod},
        }
        if audience:
            body["spec"]["audiences"] = [audience]
        account = self.pod["spec"].get("serviceAccountName") or "default"
        answer = await self._client.create(
            SERVICE_ACCOUNTS, body, meta.namespace(self.pod), name=account, subresource="token"
        )
        status = answer["status"]
        expires = parse(status["expirationTimestamp"]).timestamp()
        token = _Token(status["token"].encode(), now + (expires - now) * _REFRESH_AT)
        self._tokens[key] = token
        return token.content


def write_files(target: Path, files: Files, before: Files) -> None:
    """Make `target` contain `files`, given that it contained `before`."""
    for path in before:
        if path not in files:
            _inside(target, path).unlink(missing_ok=True)
    for path, content in files.items():
        final = _inside(target, path)
        if before.get(path) == content and final.exists():
            continue
        if final.parent != target:
            final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            # Nobody has opened what is not there yet: most files are written once, in one go.
            _write(final, content, os.O_EXCL)
        except FileExistsError:
            fresh = final.with_name(f".{final.name}.new")
            _write(fresh, content, os.O_TRUNC)
            fresh.replace(final)


def _write(path: Path, content: bytes, flag: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _inside(target: Path, path: str) -> Path:
    """A path below `target`.

    Raises:
        MountError: it leads out of it.
    """
    if path.startswith("/") or ".." in path.split("/"):
        raise MountError(target.name, f"{path}: must be a relative path without '..'")
    return target / path


def _chosen(rows: Files, source: Object, kind: str) -> Files:
    """The rows that ``items`` picks, or all."""
    items = source.get("items")
    if not items:
        return rows
    files: Files = {}
    for item in items:
        if item["key"] in rows:
            files[item["path"]] = rows[item["key"]]
        elif not source.get("optional"):
            raise MissingReferenceError(texts.MISSING_REFERENCES.format(kind=kind, key=item["key"]))
    return files


def _holds_token(volume: Object) -> bool:
    sources = (volume.get("projected") or {}).get("sources") or ()
    return any(source.get("serviceAccountToken") for source in sources)
