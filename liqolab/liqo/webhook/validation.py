"""The rules for writing a NamespaceOffloading. Pure."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.webhook.reviews import Verdict, denied


def validate_offloading(new: Object, old: Object | None) -> Verdict:
    """The verdict on creating `new` (`old` is None) or on changing `old` into `new`."""
    if meta.name(new) != names.NAMESPACE_OFFLOADING:
        return denied(texts.OFFLOADING_NAME_MUST_MATCH)
    if old is None:
        return Verdict()
    after, before = new.get("spec") or {}, old.get("spec") or {}
    if after.get("namespaceMappingStrategy") != before.get("namespaceMappingStrategy"):
        return denied(texts.MAPPING_STRATEGY_IMMUTABLE)
    strategy = after.get("podOffloadingStrategy")
    if strategy not in (before.get("podOffloadingStrategy"), texts.STRATEGY_LOCAL_AND_REMOTE):
        return Verdict(warnings=[texts.POD_STRATEGY_RESTRICTED])
    return Verdict()
