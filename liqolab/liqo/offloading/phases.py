"""The status of a NamespaceOffloading, derived from the NamespaceMaps. Pure functions.

Each NamespaceMap gives one remote cluster's conditions: OffloadingRequired, and Ready once there is something to say
about it. What the maps say about the namespace also counts up to the one phase that ``liqoctl offload`` waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.meta import find_condition, get_path, name
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.texts import ConditionText, OffloadingTexts

Conditions = dict[str, list[Object]]
"""Name of a NamespaceMap → the conditions of its cluster."""


def desired_mapping(namespace_map: Object) -> Mapping[str, str]:
    """Local → remote name of the namespaces that are asked for on the map's cluster."""
    return get_path(namespace_map, "spec", "desiredMapping", default=None) or {}


def is_desired(namespace_map: Object, namespace: str) -> bool:
    """Whether `namespace` is asked for on the map's cluster."""
    return namespace in desired_mapping(namespace_map)


def mapping_phase(namespace_map: Object, namespace: str) -> str | None:
    """What the map's cluster says about `namespace`; None while (or once) it says nothing."""
    entry = (get_path(namespace_map, "status", "currentMapping", default=None) or {}).get(namespace)
    return entry.get("phase") if entry else None


def failures(namespace_map: Object) -> dict[str, str]:
    """What the map's cluster says about namespaces that it cannot provide: from local name to reason."""
    note = meta.annotations(namespace_map).get(names.ANNOTATION_NAMESPACE_FAILURES)
    try:
        said = orjson.loads(note) if note else {}
    except ValueError:
        return {}
    return {key: str(value) for key, value in said.items()} if isinstance(said, dict) else {}


def failure(namespace_map: Object, namespace: str) -> str:
    """Why the map's cluster has no namespace for `namespace`, as far as is known; empty when nothing has failed."""
    if mapping_phase(namespace_map, namespace) != texts.MAPPING_LOOP_BACK_OFF:
        return ""
    remote = desired_mapping(namespace_map).get(namespace, "")
    if len(remote) > names.NAME_LIMIT:
        return texts.REMOTE_NAME_TOO_LONG.format(name=remote, length=len(remote), limit=names.NAME_LIMIT)
    return failures(namespace_map).get(namespace, "")


def remote_conditions(
    namespace: str,
    maps: Iterable[Object],
    before: Mapping[str, list[Object]],
    words: OffloadingTexts,
    now: str,
    *,
    deleting: bool,
) -> Conditions:
    """``status.remoteNamespacesConditions``.

    Args:
        namespace: the offloaded namespace.
        maps: the NamespaceMaps of this cluster's virtual nodes; clusters without one are forgotten.
        before: the field's present value; a condition that still says the same keeps its lastTransitionTime.
        words: texts of the dialect.
        now: the moment of a transition, RFC 3339.
        deleting: whether the NamespaceOffloading goes away; then clusters that have nothing left are forgotten.
    """
    conditions: Conditions = {}
    for namespace_map in maps:
        desired, phase = is_desired(namespace_map, namespace), mapping_phase(namespace_map, namespace)
        if deleting and not desired and phase is None:
            continue
        old = list(before.get(name(namespace_map), ()))
        required = words.selected if desired else words.not_selected
        entry = [_condition(old, texts.OFFLOADING_REQUIRED, required, now)]
        ready = _ready_text(desired, phase, words, failure(namespace_map, namespace))
        if ready is not None:
            entry.append(_condition(old, texts.READY, ready, now))
        elif (stale := find_condition(old, texts.READY)) is not None:
            # Upstream never prunes the last word about a namespace that is gone; it tells that there was one.
            entry.append(stale)
        conditions[name(namespace_map)] = entry
    return conditions


def offloading_phase(namespace: str, maps: Iterable[Object], *, deleting: bool) -> str:
    """``status.offloadingPhase``. A cluster that is not asked for any more keeps the offloading in progress until its
    namespace is gone.
    """
    if deleting:
        return texts.PHASE_TERMINATING
    required = ready = failed = left_over = 0
    for namespace_map in maps:
        desired, phase = is_desired(namespace_map, namespace), mapping_phase(namespace_map, namespace)
        required += desired
        ready += desired and phase == texts.MAPPING_ACCEPTED
        failed += phase == texts.MAPPING_LOOP_BACK_OFF
        left_over += not desired and phase == texts.MAPPING_ACCEPTED
    if required == 0:
        return texts.PHASE_NO_CLUSTER_SELECTED
    if ready == required and not left_over:
        return texts.PHASE_READY
    if failed == required:
        return texts.PHASE_ALL_FAILED
    return texts.PHASE_SOME_FAILED if failed > 0 else texts.PHASE_IN_PROGRESS


def _ready_text(desired: bool, phase: str | None, words: OffloadingTexts, why: str) -> ConditionText | None:
    if phase == texts.MAPPING_ACCEPTED:
        return words.created
    if phase == texts.MAPPING_LOOP_BACK_OFF:
        message = f"{words.loop_back_off.message}: {why}" if why else words.loop_back_off.message
        return replace(words.loop_back_off, message=message)
    if phase == texts.MAPPING_TERMINATING:
        return words.terminating
    return words.creating if desired else None


def _condition(before: list[Object], type: str, text: ConditionText, now: str) -> Object:
    """The condition as it was if neither status nor reason changed (but for what else there is to say), else a new
    one.
    """
    old = find_condition(before, type)
    same = old is not None and (old.get("status"), old.get("reason")) == (text.status, text.reason)
    return {
        "lastTransitionTime": old.get("lastTransitionTime", now) if old is not None and same else now,
        "message": text.message,
        "reason": text.reason,
        "status": text.status,
        "type": type,
    }
