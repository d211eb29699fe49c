"""The pods behind a service: who they are, in what state, and on which ports they answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS, SERVICES
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.indices import LABELLED, SELECTING, labelled, selected, selected_by, selecting
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Manager

HEADLESS_LABEL = "service.kubernetes.io/headless"
TRIGGER_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time"


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """A port of the pods behind a service port."""

    name: str
    protocol: str
    port: int
    app_protocol: str = ""

    def document(self) -> Object:
        shown: Object = {"port": self.port, "protocol": self.protocol}
        return shown | ({"appProtocol": self.app_protocol} if self.app_protocol else {})


@dataclass(frozen=True, slots=True)
class Backend:
    """One pod behind a service.

    Attributes:
        pod: the pod.
        address: its address.
        ports: where it answers, one for each service port that it has.
        ready: whether it should get traffic.
        serving: whether it could, were it not terminating.
        terminating: whether it is being deleted.
    """

    pod: Object
    address: str
    ports: tuple[Port, ...]
    ready: bool
    serving: bool
    terminating: bool

    @property
    def target(self) -> Object:
        """Reference to the pod, as endpoints carry it."""
        metadata = self.pod["metadata"]
        fields = {key: metadata[key] for key in ("name", "namespace", "uid")}
        return {"kind": "Pod", **fields}

    @property
    def node(self) -> str:
        name: str = self.pod["spec"].get("nodeName") or ""
        return name

    def hostname(self, service: Object) -> str:
        """The pod's own name in the DNS of a headless service, if it has one."""
        spec = self.pod["spec"]
        own: str = spec.get("hostname") or ""
        return own if spec.get("subdomain") == meta.name(service) else ""


class ServicePods:
    """Services and pods as the informers know them, and how a change of a pod leads to services."""

    def __init__(self, manager: Manager) -> None:
        self.services: Informer = manager.informer(SERVICES)
        self.services.add_indexer(SELECTING, selecting)
        self.pods: Informer = manager.informer(PODS)
        self.pods.add_indexer(LABELLED, labelled)

    def services_of(self, pod: Object) -> Iterable[str]:
        """Keys of the services that select `pod`."""
        return map(meta.key, selected_by(self.services, meta.namespace(pod), meta.labels(pod)))

    def backends(self, service: Object) -> list[Backend]:
        """All backends, by address; pods that finished or have no address yet are none."""
        selector = LabelSelector.from_labels(service["spec"].get("selector"))
        pods = selected(self.pods, meta.namespace(service), selector)
        found = [backend for pod in pods if (backend := _backend(service, pod)) is not None]
        return sorted(found, key=lambda backend: (backend.address, meta.uid(backend.pod)))


def has_selector(service: Object) -> bool:
    """Whether endpoints of this service are the controllers' business."""
    return bool(service["spec"].get("selector")) and service["spec"].get("type") != "ExternalName"


def is_headless(service: Object) -> bool:
    return bool(service["spec"].get("clusterIP") == "None")


def _backend(service: Object, pod: Object) -> Backend | None:
    address = meta.get_path(pod, "status", "podIP", default="")
    if not address or meta.pod_is_terminal(pod):
        return None
    serving, terminating = meta.pod_is_ready(pod), meta.is_deleting(pod)
    ready = bool(service["spec"].get("publishNotReadyAddresses")) or (serving and not terminating)
    ports = tuple(sorted(filter(None, (_port(row, pod) for row in service["spec"].get("ports") or []))))
    return Backend(pod, address, ports, ready, serving, terminating)


def _port(row: Object, pod: Object) -> Port | None:
    """Where `pod` answers for a service port; None when it has no port of that name."""
    protocol = row.get("protocol", "TCP")
    target: int | str = row.get("targetPort") or row["port"]
    number = target if isinstance(target, int) else _named_port(pod, target, protocol)
    return None if number is None else Port(row.get("name") or "", protocol, number, row.get("appProtocol") or "")


def _named_port(pod: Object, name: str, protocol: str) -> int | None:
    spec = pod["spec"]
    sidecars = [entry for entry in spec.get("initContainers") or [] if entry.get("restartPolicy") == "Always"]
    for container in [*spec.get("containers", []), *sidecars]:
        for port in container.get("ports") or []:
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                number: int = port["containerPort"]
                return number
    return None


def trigger_time(service: Object, backends: Iterable[Backend]) -> str:
    """When the newest of the changes that led to this state happened, by the pods' own time stamps."""
    times = [service["metadata"].get("creationTimestamp") or ""]
    for backend in backends:
        ready = meta.find_condition(backend.pod, "Ready") or {}
        times.append(ready.get("lastTransitionTime") or "")
    return max(times)


def inherited_labels(service: Object, own: dict[str, str]) -> dict[str, str]:
    """The service's labels, and `own` ones that mark whose work the object is."""
    labels = {key: value for key, value in meta.labels(service).items() if key not in own and key != HEADLESS_LABEL}
    return {**labels, **own, **({HEADLESS_LABEL: ""} if is_headless(service) else {})}
