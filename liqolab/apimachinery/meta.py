"""What every object has: name, labels, owners, finalizers, conditions; read and written in one way everywhere.

Readers never fail on absent parts. Writers come in two kinds, told by their names: `with_…`/`without_…`/`set_…` return
new values and leave their argument alone, because objects from clients and caches are shared.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from liqolab.apimachinery import timestamps
from liqolab.apimachinery.resources import Object, Resource

T = TypeVar("T")

TERMINAL_PHASES = frozenset(("Succeeded", "Failed"))
"""Phases of a pod that will never run again."""


def deep_copy(value: T) -> T:
    """A copy of a JSON value that shares nothing with it. A tenth of the cost of `copy.deepcopy`."""
    copied: T = orjson.loads(orjson.dumps(value))
    return copied


def _metadata(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    return obj.get("metadata") or {}


def name(obj: Mapping[str, Any]) -> str:
    return _metadata(obj).get("name") or ""


def namespace(obj: Mapping[str, Any]) -> str:
    """The namespace, empty for cluster-scoped objects."""
    return _metadata(obj).get("namespace") or ""


def uid(obj: Mapping[str, Any]) -> str:
    return _metadata(obj).get("uid") or ""


def resource_version(obj: Mapping[str, Any]) -> str:
    return _metadata(obj).get("resourceVersion") or ""


def generation(obj: Mapping[str, Any]) -> int:
    return _metadata(obj).get("generation") or 0


def key(obj: Mapping[str, Any]) -> str:
    """``namespace/name``, or the name alone for cluster-scoped objects: what work queues hold."""
    space = namespace(obj)
    return f"{space}/{name(obj)}" if space else name(obj)


def split_key(text: str) -> tuple[str, str]:
    """Namespace (empty if none) and name of a `key`."""
    space, _, own = text.rpartition("/")
    return space, own


def labels(obj: Mapping[str, Any]) -> dict[str, str]:
    """The labels: the object's own dictionary, not a copy."""
    return _metadata(obj).get("labels") or {}


def annotations(obj: Mapping[str, Any]) -> dict[str, str]:
    """The annotations: the object's own dictionary, not a copy."""
    return _metadata(obj).get("annotations") or {}


def is_deleting(obj: Mapping[str, Any]) -> bool:
    """Whether a deletion has been asked for and waits for finalizers or a grace period."""
    return bool(_metadata(obj).get("deletionTimestamp"))


def get_path(obj: Any, *keys: str | int, default: Any = None) -> Any:
    """The value under a chain of keys (and list indexes), or `default` where the chain breaks or ends in null."""
    value = obj
    for step in keys:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return default
    return default if value is None else value


def owner_reference(owner: Object, resource: Resource | str | None = None, controller: bool = True) -> Object:
    """A reference to `owner`.

    Args:
        owner: the owning object, with its uid.
        resource: its resource, or its kind with the apiVersion taken from the object; by default both are taken from
            the object (items of lists may not carry them).
        controller: whether it is the managing owner, whose deletion waits for this object in the foreground.
    """
    api_version, kind = owner.get("apiVersion", ""), owner.get("kind", "")
    if isinstance(resource, Resource):
        api_version, kind = resource.api_version, resource.kind
    elif resource:
        kind = resource
    reference: Object = {"apiVersion": api_version, "kind": kind, "name": name(owner), "uid": uid(owner)}
    if controller:
        reference["controller"] = True
        reference["blockOwnerDeletion"] = True
    return reference


def owner_references(obj: Mapping[str, Any]) -> list[Object]:
    return _metadata(obj).get("ownerReferences") or []


def controller_of(obj: Mapping[str, Any]) -> Object | None:
    """The owner reference of the managing controller."""
    return next((row for row in owner_references(obj) if row.get("controller")), None)


def is_controlled_by(obj: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference.get("uid") == uid(owner)


def conditions(source: Mapping[str, Any] | Iterable[Object] | None) -> Iterable[Object]:
    if isinstance(source, Mapping):
        return (source.get("status") or {}).get("conditions") or ()
    return source or ()


def find_condition(source: Mapping[str, Any] | Sequence[Object] | None, type: str) -> Object | None:
    """The condition of a type, of an object (``status.conditions``) or of a list of conditions."""
    return next((row for row in conditions(source) if row.get("type") == type), None)


def condition_is_true(source: Mapping[str, Any] | Sequence[Object] | None, type: str) -> bool:
    found = find_condition(source, type)
    return found is not None and found.get("status") == "True"


def set_condition(conditions: Sequence[Object] | None, condition: Mapping[str, Any]) -> list[Object]:
    """A new list with `condition` in place of the one of its type, or at the end.

    ``lastTransitionTime`` is kept while the status stays, and is now (unless given) when it changes.
    """
    rows = list(conditions or ())
    fresh = dict(condition)
    for index, row in enumerate(rows):
        if row.get("type") != fresh.get("type"):
            continue
        if row.get("status") == fresh.get("status") and row.get("lastTransitionTime"):
            fresh["lastTransitionTime"] = row["lastTransitionTime"]
        else:
            fresh.setdefault("lastTransitionTime", timestamps.now())
        rows[index] = fresh
        return rows
    fresh.setdefault("lastTransitionTime", timestamps.now())
    rows.append(fresh)
    return rows


def pod_is_ready(pod: Mapping[str, Any]) -> bool:
    return condition_is_true(pod, "Ready")


def pod_is_terminal(pod: Mapping[str, Any]) -> bool:
    """Whether the pod has succeeded or failed for good."""
    return (pod.get("status") or {}).get("phase") in TERMINAL_PHASES


def finalizers(obj: Mapping[str, Any]) -> list[str]:
    return _metadata(obj).get("finalizers") or []


def has_finalizer(obj: Mapping[str, Any], finalizer: str) -> bool:
    return finalizer in finalizers(obj)


def with_finalizer(obj: Object, finalizer: str) -> Object:
    """The object with the finalizer; a new one unless it has it already. Only metadata is copied."""
    if has_finalizer(obj, finalizer):
        return obj
    return {**obj, "metadata": {**_metadata(obj), "finalizers": [*finalizers(obj), finalizer]}}


def without_finalizer(obj: Object, finalizer: str) -> Object:
    """The object without the finalizer; a new one unless it lacks it already. Only metadata is copied."""
    if not has_finalizer(obj, finalizer):
        return obj
    rest = [row for row in finalizers(obj) if row != finalizer]
    return {**obj, "metadata": {**_metadata(obj), "finalizers": rest}}


def secret_data(values: Mapping[str, bytes]) -> dict[str, str]:
    """The ``data`` of a Secret."""
    return {key: base64.b64encode(value).decode() for key, value in values.items()}


def secret_value(secret: Mapping[str, Any], key: str, default: bytes | None = None) -> bytes:
    """What a Secret holds under a key.

    Raises:
        KeyError: nothing, and there is no default. An empty text must not be taken for a password by mistake.
    """
    found = (secret.get("data") or {}).get(key)
    if found is None and default is None:
        raise KeyError(key)
    return base64.b64decode(found) if found is not None else default or b""
