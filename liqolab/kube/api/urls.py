"""The URL grammar of the API: from a path to the kind, object and subresource that it names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

_NAMESPACE_SUBRESOURCES = ("status", "finalize")
"""``/namespaces/x/status`` is a subresource of the namespace, not a resource in it."""


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """What follows ``/api/v1/`` or ``/apis/<group>/<version>/``.

    Attributes:
        group, version, plural: the kind.
        namespace: empty for cluster scope and for a list over all namespaces.
        name, subresource, tail: empty where the path ends before them.
        watch: the deprecated ``/watch/`` prefix was used.
    """

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    tail: str = ""
    watch: bool = False


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """The path of a request target, still percent-encoded, and the first value of each query parameter."""
    path, _, text = target.partition("?")
    if not text:
        return path, {}
    pairs = parse_qsl(text, keep_blank_values=True)
    query: dict[str, str] = {}
    for key, value in pairs:
        query.setdefault(key, value)
    return path, query


def parse(path: str) -> ResourcePath | None:
    """The resource that a (still percent-encoded) path names; None for every other path, discovery included."""
    parts = path.split("/")[1:]
    if parts[:1] == ["api"]:
        group, rest = "", parts[1:]
    elif parts[:1] == ["apis"] and len(parts) > 2:
        group, rest = unquote(parts[1]), parts[2:]
    else:
        return None
    version, rest = rest[0] if rest else "", rest[1:]
    watch = rest[:1] == ["watch"]
    rest = rest[1:] if watch else rest
    if not version or not rest or not rest[0]:
        return None
    namespace = ""
    in_namespace = rest[0] == "namespaces" and len(rest) > 2 and rest[2]
    if in_namespace and not (group == "" and rest[2] in _NAMESPACE_SUBRESOURCES and len(rest) == 3):
        namespace, rest = unquote(rest[1]), rest[2:]
    plural, name, subresource = (*(unquote(part) for part in rest[:3]), "", "")[:3]
    tail = "/".join(rest[3:])
    return ResourcePath(group, version, plural, namespace, name, subresource, tail, watch)
