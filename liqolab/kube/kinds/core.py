"""The core group: pods, services, nodes, namespaces and what goes with them."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds.declaring import CONNECT, PROXY, READ_WRITE, SCALE, field_getter, fields_at, kind
from liqolab.kube.kinds.printers import core as core_printers
from liqolab.kube.kinds.printers import network, workloads
from liqolab.kube.kinds.printers.common import CREATED_AT, counted
from liqolab.kube.kinds.printers.pods import POD
from liqolab.kube.kinds.spec import VERBS, Subresource
from liqolab.kube.kinds.strategies import budgets, configuration, nodes, pods, services, volumes
from liqolab.kube.kinds.strategies import workloads as workload_strategies
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.strategies.namespaces import NamespaceStrategy
from liqolab.kube.kinds.validation.events import validate_event
from liqolab.kube.kinds.validation.services import validate_endpoints

_ALL = ("all",)


def _other(plural: str, kind_name: str, namespaced: bool = True) -> Resource:
    return Resource("", "v1", plural, kind_name, namespaced)


def _connect(name: str, kind_name: str, verbs: tuple[str, ...] = CONNECT) -> Subresource:
    return Subresource(name, verbs, kind=kind_name)


_POD_SUBRESOURCES = (
    _connect("attach", "PodAttachOptions"),
    _connect("binding", "Binding", ("create",)),
    _connect("ephemeralcontainers", "Pod", READ_WRITE),
    Subresource("eviction", ("create",), kind="Eviction", group="policy", version="v1"),
    _connect("exec", "PodExecOptions"),
    _connect("log", "Pod", ("get",)),
    _connect("portforward", "PodPortForwardOptions"),
    _connect("proxy", "PodProxyOptions", PROXY),
    _connect("resize", "Pod", READ_WRITE),
)

_POD_FIELDS: dict[str, Any] = {
    **fields_at(
        *("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"),
        *("status.phase", "status.podIP", "status.nominatedNodeName"),
    ),
    "spec.hostNetwork": field_getter("spec.hostNetwork", "false"),
    "status.podIPs": lambda pod: ",".join(ip.get("ip", "") for ip in (pod.get("status") or {}).get("podIPs") or []),
}

_EVENT_FIELDS = {
    **fields_at(
        *(f"involvedObject.{key}" for key in ("kind", "namespace", "name", "uid", "apiVersion")),
        *("involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "type"),
    ),
    "source": lambda event: (event.get("source") or {}).get("component") or event.get("reportingComponent", ""),
}

COMPONENT_STATUSES = _other("componentstatuses", "ComponentStatus", False)


def _without_history(component: Object) -> Object:
    """A component as it is served: what is worked out anew for each request has neither age nor version."""
    return {**component, "metadata": {"name": component["metadata"]["name"]}}


KINDS = (
    kind(_other("bindings", "Binding"), verbs=("create",)),
    kind(
        COMPONENT_STATUSES,
        short=("cs",),
        verbs=("get", "list"),
        error_name="componentstatus",
        printer=core_printers.COMPONENT_STATUS,
        from_storage=_without_history,
        deprecation="v1 ComponentStatus is deprecated in v1.19+",
        deprecated=19,
    ),
    kind(
        resources.CONFIG_MAPS,
        short=("cm",),
        strategy=configuration.CONFIG_MAP,
        printer=counted("Data", lambda obj: len(obj.get("data") or {}) + len(obj.get("binaryData") or {})),
    ),
    kind(
        resources.ENDPOINTS,
        short=("ep",),
        strategy=Plain(validate=validate_endpoints),
        deprecation="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        deprecated=33,
        printer=network.ENDPOINTS,
    ),
    kind(
        resources.EVENTS,
        short=("ev",),
        strategy=Plain(validate=validate_event),
        printer=core_printers.EVENT,
        selectable=_EVENT_FIELDS,
    ),
    kind(_other("limitranges", "LimitRange"), short=("limits",), strategy=budgets.LIMIT_RANGE, printer=CREATED_AT),
    kind(
        resources.NAMESPACES,
        short=("ns",),
        has_status=True,
        subresources=(_connect("finalize", "Namespace", ("update",)),),
        strategy=NamespaceStrategy(),
        printer=core_printers.NAMESPACE,
        selectable={**fields_at("status.phase"), "name": field_getter("metadata.name")},
        verbs=tuple(verb for verb in VERBS if verb != "deletecollection"),
    ),
    kind(
        resources.NODES,
        short=("no",),
        has_status=True,
        subresources=(_connect("proxy", "NodeProxyOptions", PROXY),),
        strategy=nodes.NodeStrategy(),
        printer=core_printers.NODE,
        selectable={"spec.unschedulable": field_getter("spec.unschedulable", "false")},
    ),
    kind(
        resources.PERSISTENT_VOLUME_CLAIMS,
        short=("pvc",),
        has_status=True,
        strategy=volumes.ClaimStrategy(),
        printer=core_printers.CLAIM,
    ),
    kind(
        _other("persistentvolumes", "PersistentVolume", False),
        short=("pv",),
        has_status=True,
        strategy=volumes.VolumeStrategy(),
        printer=core_printers.VOLUME,
    ),
    kind(
        resources.PODS,
        short=("po",),
        categories=_ALL,
        has_status=True,
        subresources=_POD_SUBRESOURCES,
        strategy=pods.PodStrategy(),
        printer=POD,
        selectable=_POD_FIELDS,
    ),
    kind(
        _other("podtemplates", "PodTemplate"),
        strategy=Plain(returns_object=True, generation=True, validate=pods.validate_pod_template),
        printer=workloads.POD_TEMPLATE,
    ),
    kind(
        resources.REPLICATION_CONTROLLERS,
        short=("rc",),
        categories=_ALL,
        has_status=True,
        subresources=(SCALE,),
        strategy=workload_strategies.REPLICATION_CONTROLLER,
        printer=workloads.REPLICATION_CONTROLLER,
        selectable={"status.replicas": field_getter("status.replicas", "0")},
    ),
    kind(
        _other("resourcequotas", "ResourceQuota"),
        short=("quota",),
        has_status=True,
        strategy=budgets.RESOURCE_QUOTA,
        printer=core_printers.QUOTA,
    ),
    kind(
        resources.SECRETS,
        strategy=configuration.SECRET,
        printer=core_printers.SECRET,
        selectable=fields_at("type"),
    ),
    kind(
        resources.SERVICE_ACCOUNTS,
        short=("sa",),
        subresources=(
            Subresource("token", ("create",), kind="TokenRequest", group="authentication.k8s.io", version="v1"),
        ),
        strategy=Plain(returns_object=True),
        printer=counted("Secrets", lambda obj: len(obj.get("secrets") or [])),
    ),
    kind(
        resources.SERVICES,
        short=("svc",),
        categories=_ALL,
        has_status=True,
        subresources=(_connect("proxy", "ServiceProxyOptions", PROXY),),
        strategy=services.ServiceStrategy(),
        printer=network.SERVICE,
        selectable=fields_at("spec.clusterIP", "spec.type"),
    ),
)
