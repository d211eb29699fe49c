"""Things that are there and should not be: who keeps them."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES
from liqolab.steps.failing.evidence import SilentError
from liqolab.steps.why.causes import policy
from liqolab.steps.why.causes.engine import Case, Finding, titled
from liqolab.steps.why.causes.owners import owners

_MANAGED = "liqo.io/managed-by-namespace-map"
_ORIGINAL = "liqo.io/original-name"


def kept_by_offloading(case: Case) -> Finding | None:
    """A namespace that another cluster offloads to this one."""
    if case.resource != NAMESPACES or _MANAGED not in meta.annotations(case.object):
        return None
    original = meta.annotations(case.object).get(_ORIGINAL, case.name)
    for cluster in case.evidence.clusters:
        if cluster == case.cluster:
            continue
        try:
            offloading = policy.of_namespace(case.evidence, cluster, original)
            node = policy.node_of(case.evidence, cluster, case.cluster)
        except SilentError:
            continue
        if offloading is not None and node is not None and offloading.selects(node):
            return Finding(
                f'{case.title} is in cluster "{case.cluster}" because cluster "{cluster}" offloads its namespace '
                f'"{original}" there (it allows {offloading.wording})'
            )
    return None


def kept_by_owner(case: Case) -> Finding | None:
    """Something that its owner makes anew whenever it is deleted."""
    found = owners(case.evidence, case.cluster, case.object)
    if not found or meta.is_deleting(case.object):
        return None
    return Finding(f"{case.title} is there because {titled(found[-1].resource, meta.name(found[-1].object))} keeps it")
