"""Files of one volume that would take each other's place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.kinds.field_errors import quoted


class _File(NamedTuple):
    """A path in a volume, and what it comes from."""

    path: str
    source: str

    def __str__(self) -> str:
        return f"{quoted(self.path)} ({self.source})" if self.source else quoted(self.path)

    def overlaps(self, other: _File) -> bool:
        if not self.path or not other.path:
            return False
        own, its = f"{self.path}/", f"{other.path}/"
        return own.startswith(its) or its.startswith(own)


def overlap_warnings(volumes: Objects) -> Iterator[str]:
    """What lies on, or below, another file of its volume."""
    for volume in volumes:
        name = quoted(volume.get("name", ""))
        for field, kind, reference in _SINGLE:
            source = volume.get(field)
            if source is not None:
                what = f"{kind} {quoted(source.get(reference) or '')}" if reference else kind
                yield from _collisions(f"volume {name} ({what})", _files(source, ""))
        projected = volume.get("projected")
        if projected is not None:
            sources = projected.get("sources") or ()
            for source in sources:
                if not any(value is not None for value in source.values()):
                    yield f"volume {name} (Projected) has no sources provided"
            files = [file for source in sources for file in _projected(source)]
            yield from _collisions(f"volume {name} (Projected)", files)


_SINGLE = (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName"), ("downwardAPI", "DownwardAPI", ""))


def _files(source: Object, what: str) -> list[_File]:
    return [_File(item.get("path") or "", what) for item in source.get("items") or ()]


def _projected(source: Object) -> list[_File]:
    if found := source.get("configMap"):
        return _files(found, f"ConfigMap {quoted(found.get('name') or '')}")
    if found := source.get("secret"):
        return _files(found, f"Secret {quoted(found.get('name') or '')}")
    if found := source.get("downwardAPI"):
        return _files(found, "DownwardAPI")
    if found := source.get("serviceAccountToken"):
        return [_File(found.get("path") or "", "ServiceAccountToken")]
    if found := source.get("clusterTrustBundle"):
        name = found.get("name") or found.get("signerName") or ""
        return [_File(found.get("path") or "", f"ClusterTrustBundle {quoted(name)}")]
    return []


def _collisions(where: str, files: Sequence[_File]) -> Iterator[str]:
    known: list[_File] = []
    for given in files:
        file = given._replace(path=given.path.rstrip("/"))
        for other in known:
            if file.overlaps(other):
                yield f"{where}: overlapping paths: {file} with {other}"
        known.append(file)
