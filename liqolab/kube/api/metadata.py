"""The part of an object that belongs to the server: identity, revision, generation.

What clients may write into the rest is checked in `liqolab.kube.kinds.metadata`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final

from liqolab.apimachinery import names, timestamps
from liqolab.apimachinery.errors import ApiError, bad_request
from liqolab.apimachinery.resources import Object
from liqolab.kube.api.json_errors import kind_of
from liqolab.kube.kinds.spec import KindSpec

_WIPED: Final = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
"""What a client cannot give to a new object. A generation is the kind's own affair: some keep what they are given."""

_ATTEMPTS: Final = 8
"""How many names are made up before a create gives up."""


def of(obj: Object) -> Object:
    """The metadata of a decoded object, made where it is missing.

    Raises:
        ApiError: it is no object.
    """
    metadata = obj.get("metadata")
    if metadata is None:
        metadata = obj["metadata"] = {}
    if not isinstance(metadata, dict):
        raise bad_request("json: cannot unmarshal metadata into Go value of type v1.ObjectMeta")
    return metadata


def check_types(obj: Object, spec: KindSpec) -> None:
    """Labels and annotations are maps of strings; anything else cannot be decoded at all.

    Raises:
        ApiError: 400 with the decoder's text.
    """
    kind, version = spec.resource.kind, spec.resource.version
    given = obj.get("metadata")
    if given is not None and not isinstance(given, dict):
        target = "v1.ObjectMeta"
        where = f"Go value of type {target}" if spec.custom else f"Go struct field {kind}.metadata of type {target}"
        raise _cannot_handle(kind, version, f"json: cannot unmarshal {kind_of(given)} into {where}")
    path = "ObjectMeta." if spec.custom else "ObjectMeta.metadata."
    for field in ("labels", "annotations"):
        values = of(obj).get(field)
        if values is None:
            of(obj).pop(field, None)
            continue
        wrong = (
            values
            if not isinstance(values, dict)
            else next((v for v in values.values() if not isinstance(v, str)), None)
        )
        if wrong is None:
            continue
        target = "map[string]string" if wrong is values else "string"
        text = f"json: cannot unmarshal {kind_of(wrong)} into Go struct field {path}{field} of type {target}"
        raise _cannot_handle(kind, version, text)


def _cannot_handle(kind: str, version: str, why: str) -> ApiError:
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {why}')


def check_name(obj: Object, name: str) -> None:
    """Whether an object that is written calls itself as the URL does.

    Raises:
        ApiError: 400.
    """
    given = of(obj).get("name")
    if not given:
        text = f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        raise bad_request(text)
    if isinstance(given, str) and given != name:
        raise wrong_name(given, name)


def unspeakable(name: str) -> ApiError | None:
    """The error about a name that cannot be part of a path, if it is one."""
    if name in (".", ".."):
        return bad_request(f"Name parameter invalid: \"{name}\": may not be '{name}'")
    return bad_request(f"Name parameter invalid: \"{name}\": may not contain '%'") if "%" in name else None


def wrong_name(given: Any, name: str) -> ApiError:
    """400: the object calls itself `given`, the URL calls it `name`."""
    return bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")


def begin(obj: Object, spec: KindSpec, namespace: str, taken: Callable[[str], bool]) -> None:
    """Make `obj` a new object of the server: its own identity instead of what the client may have sent.

    Args:
        obj: the object, changed in place.
        spec: its kind.
        namespace: where the URL puts it.
        taken: whether there is an object of some name.

    Raises:
        ApiError: the namespace contradicts the URL.
    """
    metadata = of(obj)
    place(obj, spec, namespace)
    for field in _WIPED:
        metadata.pop(field, None)
    if not metadata.get("name") and metadata.get("generateName"):
        made_up = (names.generate(metadata["generateName"]) for _ in range(_ATTEMPTS))
        # When all are taken the last one meets its object in the store, which answers as it should.
        metadata["name"] = next((name for name in made_up if not taken(name)), names.generate(metadata["generateName"]))
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = timestamps.now()
    if spec.strategy.tracks_generation:
        metadata["generation"] = 1


def place(obj: Object, spec: KindSpec, namespace: str) -> None:
    """Put the object where the URL says.

    Raises:
        ApiError: 400 when the object names another namespace.
    """
    metadata = of(obj)
    check_place(obj, spec, namespace)
    if spec.resource.namespaced:
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)


def check_place(obj: Object, spec: KindSpec, namespace: str) -> None:
    """Whether an object is where the URL says.

    Raises:
        ApiError: 400.
    """
    given = of(obj).get("namespace")
    if spec.resource.namespaced and given and given != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")


def carry_over(new: Object, old: Object) -> None:
    """Keep in an update what only the server may change."""
    metadata, before = of(new), old["metadata"]
    for field in ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"):
        if field in before:
            if field != "uid" or not metadata.get("uid"):
                metadata[field] = before[field]
        else:
            metadata.pop(field, None)
    metadata.pop("selfLink", None)
    if "generateName" in before:
        metadata.setdefault("generateName", before["generateName"])
    metadata["resourceVersion"] = before["resourceVersion"]


def is_held(obj: Object) -> bool:
    """Whether a deleted object stays: for a finalizer, for its grace period, or for what a namespace contains."""
    metadata = obj["metadata"]
    return bool(metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds") or holds_content(obj))


def holds_content(obj: Object) -> bool:
    """Whether it is a namespace that has not been emptied yet."""
    return obj.get("kind") == "Namespace" and bool((obj.get("spec") or {}).get("finalizers"))


def spec_changed(new: Object, old: Object, *, status_counts: bool) -> bool:
    """Whether anything but metadata (and status, unless it counts) differs."""
    ignored = ("metadata",) if status_counts else ("metadata", "status")
    return any(new.get(field) != old.get(field) for field in new.keys() | old.keys() if field not in ignored)
