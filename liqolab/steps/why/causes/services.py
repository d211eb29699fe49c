"""Services that lead nowhere."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import ENDPOINT_SLICES, PODS, SERVICES
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.steps.why.causes import phrases
from liqolab.steps.why.causes.engine import Case, Finding

_OWNER_LABEL = "kubernetes.io/service-name"


def no_endpoints(case: Case) -> Finding | None:
    """A service with a selector behind which nothing answers."""
    selector = meta.get_path(case.object, "spec", "selector", default={})
    if not selector or meta.get_path(case.object, "spec", "type") == "ExternalName" or _is_served(case):
        return None
    pods = case.evidence.list(case.cluster, PODS, case.namespace)
    matching = [pod for pod in pods if LabelSelector.from_labels(selector).matches(meta.labels(pod))]
    wanted = ",".join(f"{key}={value}" for key, value in selector.items())
    if not matching:
        there = phrases.labels_seen(pods, selector) if pods else ""
        seen = f"labels seen: {there}" if there and there != "none" else f"it has {phrases.counted(len(pods), 'pod')}"
        text = f'it selects {wanted}, and no pod in namespace "{case.namespace}" has that ({seen})'
        return Finding(f"{case.title} leads nowhere: {text}")
    if missing := _unnamed_port(case.object, matching):
        return Finding(
            f'{case.title} leads nowhere: it asks for port "{missing}", which no container of its pods names'
        )
    waiting = [pod for pod in matching if not meta.pod_is_ready(pod)]
    if len(waiting) < len(matching):
        return None
    text = f"{case.title} leads nowhere: none of its {phrases.counted(len(matching), 'pod')} is ready"
    return Finding(text, case.place(PODS, waiting[0]))


def of_service(case: Case) -> Finding | None:
    """The endpoints of a service that leads nowhere."""
    service = case.evidence.get(case.cluster, SERVICES, case.name, case.namespace)
    if service is None or any(row.get("addresses") for row in case.object.get("subsets") or ()):
        return None
    return Finding(f"{case.title} has no addresses", case.place(SERVICES, service))


def _is_served(case: Case) -> bool:
    slices = case.evidence.list(case.cluster, ENDPOINT_SLICES, case.namespace)
    return any(
        (endpoint.get("conditions") or {}).get("ready") is not False and _has_ports(case.object, item)
        for item in slices
        if meta.labels(item).get(_OWNER_LABEL) == case.name
        for endpoint in item.get("endpoints") or ()
    )


def _has_ports(service: Object, item: Object) -> bool:
    """Whether a slice has a port, where the service has any."""
    return bool(item.get("ports")) or not meta.get_path(service, "spec", "ports", default=[])


def _unnamed_port(service: Object, pods: Objects) -> str:
    """A target port that is a name which no container of the pods uses."""
    names = {
        port.get("name")
        for pod in pods
        for container in meta.get_path(pod, "spec", "containers", default=[])
        for port in container.get("ports") or ()
    }
    for port in meta.get_path(service, "spec", "ports", default=[]):
        target = port.get("targetPort")
        if isinstance(target, str) and not target.isdecimal() and target not in names:
            return target
    return ""
