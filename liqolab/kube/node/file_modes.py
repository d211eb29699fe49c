"""Which volume a path of a container is in, and what may be done with its files as far as the pod's spec says.

Files of this machine are for whoever runs the cluster, whatever a pod wants of them. What a container is shown instead
follows from its spec, so it is kept nowhere.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.resources import Object
from liqolab.kube.node.storage import KEPT

MEMORY: Final = "Memory"
"""The medium of an ``emptyDir`` that is kept in memory."""

_DEFAULT: Final = 0o644
_GROUP_READS: Final = 0o440
_TOKEN: Final = 0o600
EVERYBODY: Final = 0o777


def volume_at(pod: Object, container: Object, path: str) -> tuple[Object, str] | None:
    """The volume that a container sees at a path, and the path in it; None where none is mounted."""
    rows = sorted(container.get("volumeMounts") or (), key=lambda row: len(row["mountPath"]), reverse=True)
    for row in rows:
        mount = row["mountPath"].rstrip("/")
        if path == mount or path.startswith(f"{mount}/"):
            inside = "/".join(part for part in (row.get("subPath"), path[len(mount) :].strip("/")) if part)
            volumes = pod["spec"].get("volumes") or ()
            return next(((each, inside) for each in volumes if each["name"] == row["name"]), None)
    return None


def is_in_memory(volume: Object) -> bool:
    """Whether a volume is a file system in memory (tmpfs)."""
    empty = volume.get("emptyDir")
    return empty.get("medium") == MEMORY if empty is not None else "secret" in volume or "projected" in volume


def kept_mode(pod: Object, volume: Object, path: str) -> int | None:
    """The mode of a file that the node keeps up to date; None for files of the containers' own."""
    source = next((volume[kind] for kind in KEPT if kind in volume), None)
    if source is None:
        return None
    context = pod["spec"].get("securityContext") or {}
    for part in (source, *_parts(source)):
        if part.get("path") == path and "expirationSeconds" in part and not context.get("fsGroup"):
            return _TOKEN if context.get("runAsUser") else int(source.get("defaultMode") or _DEFAULT)
        for item in part.get("items") or ():
            if item.get("path") == path and item.get("mode") is not None:
                return _shared(int(item["mode"]), context)
    mode = source.get("defaultMode")
    return _shared(_DEFAULT if mode is None else int(mode), context)


def _parts(source: Object) -> list[Object]:
    return [part for row in source.get("sources") or () for part in row.values() if isinstance(part, dict)]


def _shared(mode: int, context: Object) -> int:
    """A group of the pod's own may read what the owner may."""
    return mode | _GROUP_READS if context.get("fsGroup") else mode
