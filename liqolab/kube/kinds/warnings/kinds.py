"""What is said about the objects of each built-in kind, and about custom ones.

Source: ``WarningsOnCreate`` and ``WarningsOnUpdate`` in ``kubernetes/pkg/registry`` of 1.34.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from liqolab.apimachinery import meta, names
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import quoted
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.kinds.warnings.addresses import address_warnings, network_warnings
from liqolab.kube.kinds.warnings.key_pairs import key_pair_problem
from liqolab.kube.kinds.warnings.node_labels import DEPRECATED, selector_warnings, term_warnings
from liqolab.kube.kinds.warnings.pods import claim_warnings, pod_warnings

_Tell = Callable[[Object, Object | None], Iterable[str]]


def warnings_about(spec: KindSpec, new: Object, old: Object | None) -> list[str]:
    """What a client is told about an object that it creates or changes.

    Args:
        spec: its kind.
        new: the object.
        old: what it was; None if it is new.
    """
    tell = _finalizers if spec.custom else _KINDS.get(spec.resource.group_resource)
    return [] if tell is None else list(tell(new, old))


def _finalizers(new: Object, old: Object | None) -> Iterator[str]:
    for finalizer in sorted({*meta.finalizers(new)} - {*(meta.finalizers(old) if old else ())}):
        problems = names.qualified_name(finalizer)
        if "/" not in finalizer and finalizer not in ("orphan", "foregroundDeletion", "kubernetes"):
            path = " including a path (/)" if "." in finalizer else ""
            text = f"prefer a domain-qualified finalizer name{path}"
            problems = [*problems, f"{text} to avoid accidental conflicts with other finalizer writers"]
        yield from (f"metadata.finalizers: {quoted(finalizer)}: {problem}" for problem in problems)


def _spec(obj: Object) -> Object:
    found: Object = obj.get("spec") or {}
    return found


def _name(new: Object, what: str) -> Iterator[str]:
    if problems := names.dns1123_label(new["metadata"].get("name", "")):
        text = "which can result in surprising behavior; a DNS label is recommended"
        yield f"metadata.name: this is used in {what}, {text}: [{' '.join(problems)}]"


def _pod(new: Object, old: Object | None) -> Iterator[str]:
    if old is None:
        yield from _name(new, "the Pod's hostname")
        yield from pod_warnings(new)


def _workload(*path: str, in_names: bool = True) -> _Tell:
    """A kind with a template of pods.

    Args:
        path: where the template is.
        in_names: whether its name becomes part of hostnames.
    """

    def tell(new: Object, old: Object | None) -> Iterator[str]:
        if old is None and in_names:
            yield from _name(new, "Pod names and hostnames")
        if _has_changed(new, old, path) and (template := meta.get_path(new, *path)):
            yield from pod_warnings(template, ".".join(path))

    return tell


def _has_changed(new: Object, old: Object | None, path: Sequence[str]) -> bool:
    """Templates are looked at when the object is another than before."""
    if old is None:
        return True
    if new["metadata"].get("generation") != old["metadata"].get("generation"):
        return True
    return bool(meta.get_path(new, *path) != meta.get_path(old, *path))


def _daemons(new: Object, old: Object | None) -> Iterator[str]:
    if old is None or _spec(new).get("template") != _spec(old).get("template"):
        yield from pod_warnings(_spec(new).get("template") or {}, "spec.template")


_template = _workload("spec", "template", in_names=False)
_jobs_template = _workload("spec", "template")
_cron_jobs_template = _workload("spec", "jobTemplate", "spec", "template")


def _stateful_set(new: Object, old: Object | None) -> Iterator[str]:
    yield from _template(new, old)
    for index, claim in enumerate(_spec(new).get("volumeClaimTemplates") or ()):
        at = f"spec.volumeClaimTemplates[{index}]"
        yield from claim_warnings(claim.get("spec") or {}, at if old is None else f"{at}.Spec")
    if (_spec(new).get("revisionHistoryLimit") or 0) < 0:
        text = "a negative value retains all historical revisions; a value >= 0 is recommended"
        yield f"spec.revisionHistoryLimit: {text}"


_MANY_COMPLETIONS: Final = 100_000
_MUCH_PARALLELISM: Final = 10_000


def _many_indexes(spec: Object, path: str) -> Iterator[str]:
    if spec.get("completionMode") != "Indexed":
        return
    if (spec.get("completions") or 0) > _MANY_COMPLETIONS and (spec.get("parallelism") or 0) > _MUCH_PARALLELISM:
        text = "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4"
        text += ", Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        yield f"{path}: {text}"


def _job(new: Object, old: Object | None) -> Iterator[str]:
    told = list(_jobs_template(new, old))
    first = [text for text in told if text.startswith("metadata.name: ")]
    many = _many_indexes(_spec(new), "spec") if _has_changed(new, old, ("spec",)) else ()
    yield from (*first, *many, *told[len(first) :])


def _cron_job(new: Object, old: Object | None) -> Iterator[str]:
    told = list(_cron_jobs_template(new, old))
    first = [text for text in told if text.startswith("metadata.name: ")]
    spec = meta.get_path(new, "spec", "jobTemplate", "spec") or {}
    many = _many_indexes(spec, "spec.jobTemplate.spec") if _has_changed(new, old, ("spec",)) else ()
    yield from (*first, *many, *told[len(first) :])
    if old is not None and "TZ" in _spec(new).get("schedule", ""):
        where = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
        yield f"cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see {where} for more details"


_HINTS: Final = "service.kubernetes.io/topology-aware-hints"


def _service(new: Object, _: Object | None) -> Iterator[str]:
    spec = _spec(new)
    if _HINTS in (new["metadata"].get("annotations") or {}):
        yield f"annotation {_HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead"
    kind, external = spec.get("type"), spec.get("externalIPs") or ()
    if spec.get("clusterIP") not in (None, "", "None"):
        yield from _each("spec.clusterIPs", spec.get("clusterIPs"))
    if kind == "ClusterIP" and spec.get("clusterIP") == "None":
        if spec.get("loadBalancerIP"):
            yield "spec.loadBalancerIP is ignored for headless services"
        if external:
            yield "spec.externalIPs is ignored for headless services"
        if spec.get("sessionAffinity") != "None":
            yield "spec.SessionAffinity is ignored for headless services"
    yield from _each("spec.externalIPs", external)
    if spec.get("loadBalancerIP"):
        yield from address_warnings("spec.loadBalancerIP", spec["loadBalancerIP"])
    for index, text in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        yield from network_warnings(f"spec.loadBalancerSourceRanges[{index}]", text)
    if kind == "ExternalName" and external:
        yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
    if kind != "ExternalName" and spec.get("externalName"):
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'


def _each(path: str, addresses: Iterable[str] | None) -> Iterator[str]:
    for index, text in enumerate(addresses or ()):
        yield from address_warnings(f"{path}[{index}]", text)


def _endpoints(new: Object, _: Object | None) -> Iterator[str]:
    for index, subset in enumerate(new.get("subsets") or ()):
        for field in ("addresses", "notReadyAddresses"):
            for number, address in enumerate(subset.get(field) or ()):
                at = f"subsets[{index}].{field}[{number}].ip"
                yield from address_warnings(at, address.get("ip") or "")


_MANAGERS: Final = ("endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io")


def _endpoint_slice(new: Object, old: Object | None) -> Iterator[str]:
    if old is None and new.get("addressType") == "FQDN":
        yield "spec.addressType: FQDN endpoints are deprecated"
    if meta.labels(new).get("endpointslice.kubernetes.io/managed-by") in _MANAGERS:
        return
    for index, endpoint in enumerate(new.get("endpoints") or ()):
        yield from _each(f"endpoints[{index}].addresses", endpoint.get("addresses"))


_INGRESS_CLASS: Final = "kubernetes.io/ingress.class"


def _ingress(new: Object, old: Object | None) -> Iterator[str]:
    annotations = new["metadata"].get("annotations") or {}
    if old is None and _INGRESS_CLASS in annotations and meta.get_path(new, "spec", "ingressClassName") is None:
        yield f"annotation {quoted(_INGRESS_CLASS)} is deprecated, please use 'spec.ingressClassName' instead"


def _network_policy(new: Object, _: Object | None) -> Iterator[str]:
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(_spec(new).get(direction) or ()):
            for number, peer in enumerate(rule.get(side) or ()):
                block = peer.get("ipBlock") or {}
                at = f"spec.{direction}[{index}].{side}[{number}].ipBlock"
                yield from network_warnings(f"{at}.cidr", block.get("cidr") or "")
                for place, text in enumerate(block.get("except") or ()):
                    yield from network_warnings(f"{at}.except[{place}]", text)


_STORAGE_CLASS: Final = "volume.beta.kubernetes.io/storage-class"
_VOLUME_ANNOTATIONS: Final[Mapping[str, str]] = {
    _STORAGE_CLASS: 'deprecated since v1.8; use "storageClassName" attribute instead',
    "volume.beta.kubernetes.io/mount-options": 'deprecated since v1.31; use "mountOptions" attribute instead',
}
_VOLUME_SOURCES: Final[Mapping[str, str]] = {
    "cephfs": "cephfs: deprecated in v1.28, non-functional in v1.31+",
    "photonPersistentDisk": "photonPersistentDisk: deprecated in v1.11, non-functional in v1.16+",
    "scaleIO": "scaleIO: deprecated in v1.16, non-functional in v1.22+",
    "storageos": "storageOS: deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "glusterfs: deprecated in v1.25, non-functional in v1.26+",
    "rbd": "rbd: deprecated in v1.28, non-functional in v1.31+",
}


def _volume(new: Object, _: Object | None) -> Iterator[str]:
    spec, annotations = _spec(new), new["metadata"].get("annotations") or {}
    for key, text in _VOLUME_ANNOTATIONS.items():
        if key in annotations:
            yield f"metadata.annotations[{key}]: {text}"
    if spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        text = "Instead, the recommended approach is to use dynamic provisioning."
        yield f"spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. {text}"
    for index, term in enumerate(meta.get_path(spec, "nodeAffinity", "required", "nodeSelectorTerms") or ()):
        yield from term_warnings(f"spec.nodeAffinity.required.nodeSelectorTerms[{index}]", term)
    yield from (f"spec.{text}" for source, text in _VOLUME_SOURCES.items() if spec.get(source) is not None)


def _claim(new: Object, _: Object | None) -> Iterator[str]:
    if _STORAGE_CLASS in (new["metadata"].get("annotations") or {}):
        yield f"metadata.annotations[{_STORAGE_CLASS}]: {_VOLUME_ANNOTATIONS[_STORAGE_CLASS]}"
    yield from claim_warnings(_spec(new), "spec")


def _storage_class(new: Object, _: Object | None) -> Iterator[str]:
    for index, term in enumerate(new.get("allowedTopologies") or ()):
        for number, expression in enumerate(term.get("matchLabelExpressions") or ()):
            if text := DEPRECATED.get(expression.get("key") or ""):
                yield f"allowedTopologies[{index}].matchLabelExpressions[{number}].key: {text}"


def _capacity(new: Object, _: Object | None) -> Iterator[str]:
    return selector_warnings("nodeTopology", new.get("nodeTopology"))


def _runtime_class(new: Object, _: Object | None) -> Iterator[str]:
    for key in sorted(meta.get_path(new, "scheduling", "nodeSelector") or {}):
        if key in DEPRECATED:
            yield f"scheduling.nodeSelector: {DEPRECATED[key]}"


def _node(new: Object, _: Object | None) -> Iterator[str]:
    spec = new.get("spec") or {}
    if spec.get("externalID"):
        yield "spec.externalID: this field is deprecated, and is unused by Kubernetes"
    for index, text in enumerate(spec.get("podCIDRs") or ()):
        yield from network_warnings(f"spec.podCIDRs[{index}]", text)


_MOUNTABLE: Final = "kubernetes.io/enforce-mountable-secrets"


def _service_account(new: Object, old: Object | None) -> Iterator[str]:
    before = (old or {}).get("metadata", {}).get("annotations") or {}
    if _MOUNTABLE in (new["metadata"].get("annotations") or {}) and _MOUNTABLE not in before:
        text = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
        yield f"metadata.annotations[{_MOUNTABLE}]: {text}"


def _secret(new: Object, _: Object | None) -> Iterator[str]:
    if new.get("type") == "kubernetes.io/tls":
        data = new.get("data") or {}
        problem = key_pair_problem(data.get("tls.crt") or "", data.get("tls.key") or "")
        yield from () if problem is None else (problem,)


_KINDS: Final[Mapping[str, _Tell]] = {
    "endpoints": _endpoints,
    "nodes": _node,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "pods": _pod,
    "podtemplates": _workload("template", in_names=False),
    "replicationcontrollers": _workload("spec", "template"),
    "secrets": _secret,
    "serviceaccounts": _service_account,
    "services": _service,
    "daemonsets.apps": _daemons,
    "deployments.apps": _workload("spec", "template"),
    "replicasets.apps": _workload("spec", "template"),
    "statefulsets.apps": _stateful_set,
    "cronjobs.batch": _cron_job,
    "jobs.batch": _job,
    "endpointslices.discovery.k8s.io": _endpoint_slice,
    "ingresses.networking.k8s.io": _ingress,
    "networkpolicies.networking.k8s.io": _network_policy,
    "runtimeclasses.node.k8s.io": _runtime_class,
    "csistoragecapacities.storage.k8s.io": _capacity,
    "storageclasses.storage.k8s.io": _storage_class,
}
