"""What a pod's RuntimeClass does to it: overhead, and where it may run.

Source: the admission plugin ``RuntimeClass``. It looks at new pods only, so a class that has gone leaves the pods that
were made with it as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.admission.plugin import Attributes, Plugin, creates, refuse
from liqolab.kube.kinds.field_errors import quoted
from liqolab.kube.store.store import Store

_OTHER: Final = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
_BY_HAND: Final = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"


class RuntimeClasses(Plugin):
    """Writes a class's overhead, node selector and tolerations into its pods.

    Args:
        store: where the classes are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if not creates(attributes, resources.PODS) or attributes.object is None:
            return
        found = self._class_of(attributes)
        if found is None:
            return
        spec = attributes.object["spec"]
        overhead = _fixed(found)
        if overhead is not None:
            if spec.get("overhead") and not _equal(spec["overhead"], overhead):
                raise refuse(attributes, _OTHER)
            spec["overhead"] = dict(overhead)
        if scheduling := found.get("scheduling"):
            _place(attributes, spec, scheduling)

    def validate(self, attributes: Attributes) -> None:
        if not creates(attributes, resources.PODS) or attributes.object is None:
            return
        found = self._class_of(attributes)
        overhead, given = _fixed(found or {}), attributes.object["spec"].get("overhead")
        if overhead is None:
            if given is not None:
                raise refuse(attributes, _BY_HAND)
        elif not _equal(given or {}, overhead):
            raise refuse(attributes, _OTHER)

    def _class_of(self, attributes: Attributes) -> Object | None:
        name = (attributes.object or {})["spec"].get("runtimeClassName")
        if name is None:
            return None
        record = self._store.get(resources.RUNTIME_CLASSES.group_resource, "", name)
        if record is None:
            raise refuse(attributes, f"pod rejected: RuntimeClass {quoted(name)} not found")
        return record.object


def _fixed(runtime_class: Object) -> Object | None:
    """The overhead of each pod, empty if the class has a section for it; None without one."""
    overhead = runtime_class.get("overhead")
    return None if overhead is None else overhead.get("podFixed") or {}


def _equal(one: Object, other: Object) -> bool:
    return one.keys() == other.keys() and all(Quantity.parse(one[key]) == Quantity.parse(other[key]) for key in one)


def _place(attributes: Attributes, spec: Object, scheduling: Object) -> None:
    selector = dict(spec.get("nodeSelector") or {})
    for key, value in (scheduling.get("nodeSelector") or {}).items():
        own = selector.setdefault(key, value)
        if own != value:
            text = (
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own}"
            )
            raise refuse(attributes, text)
    if selector:
        spec["nodeSelector"] = selector
    if merged := _merge([*(spec.get("tolerations") or []), *(scheduling.get("tolerations") or [])]):
        spec["tolerations"] = merged


def _merge(tolerations: Sequence[Object]) -> Objects:
    """The tolerations without those that another one includes."""
    merged: Objects = []
    for index, one in enumerate(tolerations):
        after = [other for other in tolerations[index + 1 :] if other != one]
        if not any(_includes(other, one) for other in (*merged, *after)):
            merged.append(dict(one))
    return merged


def _includes(wide: Object, narrow: Object) -> bool:
    """Whether `wide` tolerates all that `narrow` does."""
    if wide == narrow:
        return True
    key, operator = wide.get("key") or "", wide.get("operator") or "Equal"
    if (narrow.get("key") or "") != key and (key or operator != "Exists"):
        return False
    effect = wide.get("effect") or ""
    if effect not in ("", narrow.get("effect") or ""):
        return False
    if effect == "NoExecute" and (seconds := wide.get("tolerationSeconds")) is not None:
        others = narrow.get("tolerationSeconds")
        if others is None or others > seconds:
            return False
    if operator == "Exists":
        return True
    same = (narrow.get("value") or "") == (wide.get("value") or "")
    return (narrow.get("operator") or "Equal") == "Equal" and same
